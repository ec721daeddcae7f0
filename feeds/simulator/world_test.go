package simulator

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// endOfDay is the Now of the worlds in these tests: late evening in Europe, early morning in Shanghai.
var endOfDay = time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC)

func newWorld(t *testing.T, cfg Config) *World {
	t.Helper()
	if cfg.Now.IsZero() {
		cfg.Now = endOfDay
	}
	if cfg.Seed == 0 {
		cfg.Seed = 7
	}
	w, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// truthText is the truth file at t.
func truthText(t *testing.T, w *World, at time.Time) string {
	t.Helper()
	var b bytes.Buffer
	if err := w.WriteTruth(&b, at); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSameConfigSameWorld(t *testing.T) {
	a, b := newWorld(t, Config{Orders: 2000}), newWorld(t, Config{Orders: 2000})
	for _, at := range []time.Time{endOfDay.Add(-30 * day), endOfDay, endOfDay.Add(day)} {
		if diff := cmp.Diff(truthText(t, a, at), truthText(t, b, at)); diff != "" {
			t.Errorf("truth at %s differs:\n%s", at, diff)
		}
	}
	for _, path := range []string{"/v1/charges", "/v1/events", "/v1/balance_transactions", "/v1/payouts", "/v1/refunds"} {
		if diff := cmp.Diff(stripeGet(t, a, path+"?limit=100"), stripeGet(t, b, path+"?limit=100")); diff != "" {
			t.Errorf("%s differs:\n%s", path, diff)
		}
	}
	other := newWorld(t, Config{Orders: 2000, Seed: 8})
	if truthText(t, a, endOfDay) == truthText(t, other, endOfDay) {
		t.Error("another seed gave the same truth")
	}
}

func TestEveryStoryIsTold(t *testing.T) {
	told := map[string]int{}
	w := newWorld(t, Config{Orders: 2000})
	for _, w := range []*World{w, newWorld(t, Config{Orders: 200, Stories: AlipayStories()})} {
		for _, o := range w.orders {
			told[o.story]++
		}
		for _, e := range w.Expected(endOfDay) {
			told[e.story]++
		}
		for _, p := range w.payouts.items {
			told[p.fault]++
		}
	}
	told["card_sale"] = countCharges(w, func(c *charge) bool { return c.method == "card" })
	told["other_mode"] = countCharges(w, func(c *charge) bool { return c.foreign })
	for _, name := range StoryNames() {
		if told[name] == 0 {
			t.Errorf("no shopper tells %q", name)
		}
	}
}

func countCharges(w *World, keep func(*charge) bool) int {
	n := 0
	for _, c := range w.charges.items {
		if keep(c) {
			n++
		}
	}
	return n
}

func TestEveryCodeStandsOnSomeDay(t *testing.T) {
	w := newWorld(t, Config{Orders: 4000})
	want := []string{
		codeMissingAtProvider, codeMissingOrder, codeAmountMismatch, codeCurrencyMismatch, codeDuplicate, codeNotRecorded,
		codePaidAfterCancel, codeNotCharged, codeLost, codeOverdue, codeSuspended, codePaymentCancelled, codeWindowClosing,
		codeOutOfWindow, codeRefundExceeds, codeRefundTooEarly, codeRefundNotRecorded, codeRefundMissing, codeRefundFailed,
		codeDisputed, codePayoutMismatch, codeAmbiguous, codeInvalid,
	}
	for _, at := range []time.Time{endOfDay, endOfDay.Add(day)} {
		stands := map[string]bool{}
		for _, e := range w.Expected(at) {
			stands[e.Code] = true
		}
		for _, code := range want {
			if !stands[code] {
				t.Errorf("%s: nothing expects %s", at, code)
			}
		}
	}
}

func TestSecondDayDiffers(t *testing.T) {
	w := newWorld(t, Config{Orders: 4000})
	first, second := standing(w, endOfDay), standing(w, endOfDay.Add(day))
	opened, closed := map[string]bool{}, map[string]bool{}
	for key := range second {
		if !first[key] {
			opened[strings.Fields(key)[0]] = true
		}
	}
	for key := range first {
		if !second[key] {
			closed[strings.Fields(key)[0]] = true
		}
	}
	for _, code := range []string{codeOverdue, codeLost, codeOutOfWindow, codeWindowClosing, codePayoutMismatch, codePaidAfterCancel} {
		if !opened[code] {
			t.Errorf("no %s opens on the second day", code)
		}
	}
	for _, code := range []string{codeOverdue, codeNotCharged, codeNotRecorded, codeDuplicate, codeDisputed, codeRefundFailed} {
		if !closed[code] {
			t.Errorf("no %s closes on the second day", code)
		}
	}
}

func standing(w *World, at time.Time) map[string]bool {
	out := map[string]bool{}
	for _, e := range w.Expected(at) {
		out[e.Code+" "+e.OrderReference+" "+e.TransactionReference] = true
	}
	return out
}

func TestShareOfOddOrders(t *testing.T) {
	w := newWorld(t, Config{Orders: 20_000})
	odd := 0
	rows := w.Truth(endOfDay)
	for _, row := range rows {
		if len(row.Codes) > 0 {
			odd++
		}
	}
	if share := float64(odd) / float64(len(rows)); share < 0.06 || share > 0.15 {
		t.Errorf("%d of %d rows have codes", odd, len(rows))
	}
}

func TestPlainWorldExpectsNothing(t *testing.T) {
	w := newWorld(t, Config{Orders: 2000, Stories: PlainStories()})
	for d := -historyDays; d <= 2; d++ {
		if got := w.Expected(endOfDay.AddDate(0, 0, d)); len(got) > 0 {
			t.Fatalf("day %d: %+v", d, got[0])
		}
	}
}

func TestOneKindOfWorld(t *testing.T) {
	w := newWorld(t, Config{Orders: 40, Stories: map[string]int{"duplicate": 1}})
	for _, o := range w.orders {
		if o.story != "duplicate" {
			t.Fatalf("order %s tells %q", o.reference, o.story)
		}
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, tc := range map[string]struct {
		cfg  Config
		want string
	}{
		"no now":        {Config{Orders: 1}, "Config.Now"},
		"no orders":     {Config{Now: endOfDay}, "Config.Orders"},
		"unknown story": {Config{Now: endOfDay, Orders: 1, Stories: map[string]int{"piad": 1}}, `"piad"`},
		"no weight":     {Config{Now: endOfDay, Orders: 1, Stories: map[string]int{"paid": 0}}, "no weight"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := New(tc.cfg); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("New: %v, want an error about %s", err, tc.want)
			}
		})
	}
}

func TestReferencesDifferWithin25Characters(t *testing.T) {
	w := newWorld(t, Config{Orders: 4000})
	owner := map[string]string{}
	for _, o := range w.orders {
		short := truncateReference(o.reference)
		if other, ok := owner[short]; ok && o.story != "ambiguous" {
			t.Errorf("%s and %s share 25 characters", o.reference, other)
		}
		owner[short] = o.reference
	}
}

func TestIDsAreUnique(t *testing.T) {
	w := newWorld(t, Config{Orders: 4000})
	for name, sizes := range map[string][2]int{
		"charges": {len(w.charges.items), len(w.charges.byID)}, "movements": {len(w.movements.items), len(w.movements.byID)},
		"events": {len(w.events.items), len(w.events.byID)}, "payouts": {len(w.payouts.items), len(w.payouts.byID)},
		"transactions": {len(w.transactions.items), len(w.transactions.byID)},
		"sources":      {len(w.sources.items), len(w.sources.byID)}, "refunds": {len(w.refunds.items), len(w.refunds.byID)},
	} {
		if sizes[0] != sizes[1] || sizes[0] == 0 {
			t.Errorf("%s: %d objects, %d ids", name, sizes[0], sizes[1])
		}
	}
}

func TestTruthFile(t *testing.T) {
	w := newWorld(t, Config{Orders: 3000})
	lines := strings.Split(strings.TrimSpace(truthText(t, w, endOfDay)), "\n")
	if lines[0] != "order_reference,transaction_reference,story,codes,cancel" {
		t.Errorf("header %q", lines[0])
	}
	wantRows := []string{",missing_order,MISSING_ORDER,no", ",payout_failed,PAYOUT_MISMATCH,no", ",ambiguous,AMBIGUOUS,no",
		",left,,yes", ",canceled_by_shop,,shop", ",paid,,no", ",invalid_order,DATA_INVALID,no"}
	for _, want := range wantRows {
		if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasSuffix(line, want) }) {
			t.Errorf("no line ends with %s", want)
		}
	}
}

func TestCancelFollowsTheClock(t *testing.T) {
	w := newWorld(t, Config{Orders: 200, Stories: map[string]int{"left": 1, "declined": 1, "abandoned": 1}})
	for _, o := range w.orders {
		if before, after := o.cancelAt(o.cancelFrom.Add(-time.Second)), o.cancelAt(o.cancelFrom); before != CancelNo || after != CancelYes {
			t.Errorf("%s %s: %s, then %s", o.story, o.reference, before, after)
		}
		if o.story != "left" && o.cancelFrom.Before(o.created.Add(day)) {
			t.Errorf("%s canceled %s after it was created", o.story, o.cancelFrom.Sub(o.created))
		}
	}
}

func TestDeadline(t *testing.T) {
	at := func(text string) time.Time {
		parsed, err := time.ParseInLocation("2006-01-02 15:04:05", text, shanghai)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	for _, tc := range []struct{ chargeable, want string }{
		{"2026-03-01 10:00:00", "2026-03-01 16:00:00"},
		{"2026-03-01 17:45:00", "2026-03-01 23:45:00"},
		{"2026-03-01 17:45:01", "2026-03-01 23:45:00"},
		{"2026-03-01 23:44:59", "2026-03-01 23:45:00"},
		{"2026-03-01 23:45:00", "2026-03-02 05:45:00"},
		{"2026-03-01 23:59:00", "2026-03-02 05:59:00"},
	} {
		if got := deadline(at(tc.chargeable)); !got.Equal(at(tc.want)) {
			t.Errorf("deadline of %s: %s, want %s", tc.chargeable, got.In(shanghai), tc.want)
		}
	}
}

// TestFaultFreeWorldTiesOut adds up the balance day by day: what came in is what was paid out and what is left.
func TestFaultFreeWorldTiesOut(t *testing.T) {
	w := newWorld(t, Config{Orders: 3000, Stories: PlainStories()})
	for _, p := range w.payouts.items {
		var sum int64
		for _, m := range p.movements.items {
			if m != p.own {
				sum += m.net()
			}
		}
		if sum != p.amount {
			t.Errorf("payout %s pays %d, its movements make %d", p.id, p.amount, sum)
		}
	}
	for d := -historyDays; d <= 2; d++ {
		checkBalance(t, w, endOfDay.AddDate(0, 0, d))
	}
}

// checkBalance computes each currency's balance at an instant twice: from all movements, and from what is not paid out.
func checkBalance(t *testing.T, w *World, at time.Time) {
	t.Helper()
	all, unpaid := map[string]int64{}, map[string]int64{}
	for _, m := range w.movements.between(time.Time{}, at) {
		all[m.currency] += m.net()
		if m.payout == nil || m.payout.created.After(at) {
			unpaid[m.currency] += m.net()
		}
	}
	for _, currency := range sortedKeys(all) {
		if all[currency] != unpaid[currency] {
			t.Errorf("%s %s: the balance is %d, what is not paid out makes %d", at, currency, all[currency], unpaid[currency])
		}
	}
}

// TestMovementsMatchTheirObjects looks at every movement from the other side.
func TestMovementsMatchTheirObjects(t *testing.T) {
	w := newWorld(t, Config{Orders: 3000})
	for _, c := range w.charges.items {
		if c.foreign || c.failure != "" || c.currency == "ZZZ" {
			continue
		}
		if c.movement == nil || c.movement.source != c.id {
			t.Fatalf("charge %s has no movement of its own", c.id)
		}
		if wait := c.movement.created.Sub(c.created); wait < 0 || wait > 7*day {
			t.Errorf("charge %s is booked after %s", c.id, wait)
		}
		if c.movement.rateMicros == 0 && (c.movement.amount != c.amount || c.movement.currency != c.currency) {
			t.Errorf("charge %s of %d %s is booked as %d %s", c.id, c.amount, c.currency, c.movement.amount, c.movement.currency)
		}
	}
	for _, r := range w.refunds.items {
		if r.movement == nil || r.movement.source != r.id || r.movement.amount >= 0 {
			t.Errorf("refund %s: movement %+v", r.id, r.movement)
		}
		if failed := r.states.last() == "failed"; failed != (r.returned != nil) || failed && r.returned.net() != -r.movement.net() {
			t.Errorf("refund %s is %s: %+v and %+v", r.id, r.states.last(), r.movement, r.returned)
		}
	}
}

// TestBigWorld builds a world of the size that the daily run is tested with. Some stories have no order, a few have two.
func TestBigWorld(t *testing.T) {
	w := newWorld(t, Config{Orders: 25_000})
	orders := 0
	for _, row := range w.Truth(endOfDay) {
		if row.TransactionReference == "" {
			orders++
		}
	}
	if orders < 24_000 || orders > 25_000 {
		t.Errorf("the truth tells of %d orders", orders)
	}
}
