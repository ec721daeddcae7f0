// Package feedtest is one suite over real HTTP that the client of every payment provider passes.
//
// A provider's tests call Run with a Provider, which says
//
//   - how to start a small world of the provider's: a server that speaks its wire format and knows what it holds (World),
//   - how to make a client that asks that server (Connect), and how its observations are read (Normalise),
//   - which kinds of objects there are, and how each is found (Kinds),
//   - which of them change without a new creation (Changes),
//   - what must never be told: secrets, and the personal data that the world's objects carry,
//   - which request moves money (MovesMoney), what can go wrong with answers of this provider alone (Faults), and what its
//     client says of refused credentials (Denied).
//
// The world begins at Provider.Since and goes on until a day after Provider.Now; the suite shows it at instants of the last
// fortnight, in any order. It should be small (some hundred objects) and its pages short, so that lists have several, and it must
// hold at least: an object of each kind that has a list, one of the other mode, a payment that succeeded and was not given back
// in the last weeks, a source or payment that is open at Now, a payment on the day after, and an object of each of Changes that
// changes from one day of the fortnight to another.
//
// The checks know the contract of package feeds and nothing of a provider; only the lists of faults know two wire formats. The
// suite tells what is wrong; that a check bites is shown by clients with planted mistakes in this package's own tests.
package feedtest
