package simulator

import "time"

// Trust Payments sessions that stick. The order may be paid or open here: either way one code says it.
var settlementStories = []story{
	{name: "settlement_overdue", weight: 30, tell: tellOverdue},
	{name: "settlement_overdue_tomorrow", weight: 15, tell: tellOverdueTomorrow},
	{name: "settlement_late", weight: 15, tell: tellSettledLate},
	{name: "settlement_suspended", weight: 25, tell: tellSuspended},
}

// stuck is an order whose AUTH stays at 10; every second one is recorded as paid at the authorisation.
func (t *teller) stuck(created time.Time, alwaysPaid bool) (*shopOrder, *transaction) {
	o := t.order(gatewayTrust, created)
	auth := t.session(o, created, o.total, o.currency)
	if alwaysPaid || t.coin(2) {
		t.record(o, created.Add(5*time.Minute), payment{id: auth.id})
	}
	return o, auth
}

// overdueSince is the first instant that is more than seven days after the session's start.
func overdueSince(auth *transaction) time.Time {
	return auth.created.Add(overdueAfter + time.Nanosecond)
}

func tellOverdue(t *teller) {
	o, auth := t.stuck(t.aged(7*day+time.Hour, 60*day), false)
	t.expect(codeOverdue, o, auth.id, overdueSince(auth), time.Time{})
}

func tellOverdueTomorrow(t *teller) {
	o, auth := t.stuck(t.tomorrow().Add(-overdueAfter), false)
	t.expect(codeOverdue, o, auth.id, overdueSince(auth), time.Time{})
}

// tellSettledLate settles on the day after Now, long after the window of its start.
func tellSettledLate(t *teller) {
	o, auth := t.stuck(t.aged(8*day, 40*day), true)
	settled := t.tomorrow()
	auth.settle(settled)
	t.expect(codeOverdue, o, auth.id, overdueSince(auth), settled)
}

func tellSuspended(t *teller) {
	o, auth := t.stuck(t.aged(0, 60*day), false)
	at := auth.created.Add(t.between(10*time.Minute, 2*day))
	auth.turn(at, "2")
	t.expect(codeSuspended, o, auth.id, at, time.Time{})
}
