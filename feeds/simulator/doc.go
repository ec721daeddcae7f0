// Package simulator stands in for Stripe and Trust Payments, and for the shop beside them, with a world whose truth is
// known.
//
// A World is a set of shoppers. Each shopper's story is told once, at New: what the shop wrote down, what the provider
// saw, and what an honest reconciler has to say about it from which instant until which (an Expectation). Every object
// is a timeline of states, so what anybody sees at an instant is a pure function of that instant: the world moves on
// because the clock does, and the same Config gives the same bytes everywhere. The only things that change a World
// afterwards are the refunds that a client asks for over HTTP.
//
// Truth answers what should be found, Server speaks both providers' wire formats, and SyncShop writes the merchant's
// tables. The package imports nothing else of tieout: the rules are stated here a second time, from the source
// documents and design §4 and §5, so that what is checked is not the thing that checks it.
package simulator
