package feeds

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"tieout/reconcile"
)

// lives are the ways that an object may go, oldest first.
var lives = map[string][]reconcile.Record{
	"an AUTH that settles":         payments("0", "10", "100"),
	"an AUTH that settles late":    payments("1", "10", "3", "100"),
	"a suspended AUTH":             payments("0", "2", "10", "2", "1", "10", "100"),
	"a charge":                     payments("pending", "100"),
	"a refund that fails at last":  refunds(reconcile.RefundPending, reconcile.RefundSucceeded, reconcile.RefundFailed),
	"a payout that comes back":     payouts(reconcile.PayoutPending, reconcile.PayoutPaid, reconcile.PayoutFailed),
	"a movement, which is forever": {reconcile.Movement{Category: "charge"}},
}

func payments(states ...string) (records []reconcile.Record) {
	status := map[string]reconcile.PaymentStatus{"2": reconcile.PaymentSuspended, "3": reconcile.PaymentCanceled, "100": reconcile.PaymentSucceeded}
	for _, state := range states {
		payment := reconcile.Payment{SettleStatus: state, Status: status[state]}
		if payment.Status == "" {
			payment.Status = reconcile.PaymentPending
		}
		records = append(records, payment)
	}
	return records
}

func refunds(states ...reconcile.RefundStatus) (records []reconcile.Record) {
	for _, state := range states {
		records = append(records, reconcile.Refund{Status: state})
	}
	return records
}

func payouts(states ...reconcile.PayoutStatus) (records []reconcile.Record) {
	for _, state := range states {
		records = append(records, reconcile.Payout{Status: state})
	}
	return records
}

// teller folds what is told of one object, as observing and importing do.
type teller struct{ held *Item }

// api: what the API shows is the newest.
func (h *teller) api(record reconcile.Record) {
	h.held = &Item{Observation: Observation{Body: []byte(`{"id":"x"}`)}, Record: record}
}

// file: a row counts by the rule.
func (h *teller) file(record reconcile.Record, row string) {
	item := Item{Observation: Observation{Body: RowBody("test", map[string]string{"row": row})}, Record: record}
	if Supersedes(h.held, item) {
		h.held = &item
	}
}

// TestFilesAndAPIMix tells the life of an object by the API at some of its times, and by files of any of its times up to
// then, in random orders: what is held in the end depends on what was told and not on when the files came.
func TestFilesAndAPIMix(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for name, life := range lives {
		for round := range 300 {
			looks := make([]int, 1+rng.IntN(3)) // when the API was asked
			for i := range looks {
				looks[i] = rng.IntN(len(life))
			}
			slices.Sort(looks)
			exports := make([]int, rng.IntN(4)) // when the files were made
			for i := range exports {
				exports[i] = rng.IntN(len(life))
			}
			first, second := tellInOrder(rng, life, looks, exports), tellInOrder(rng, life, looks, exports)
			if !reflect.DeepEqual(first.held.Record, second.held.Record) {
				t.Fatalf("%s, round %d: looks %v, exports %v end in %+v and in %+v", name, round, looks, exports, first.held.Record, second.held.Record)
			}
		}
	}
}

// tellInOrder interleaves looks at the API with imports. A file is imported at any time after it was made; some twice.
func tellInOrder(rng *rand.Rand, life []reconcile.Record, looks, exports []int) *teller {
	due := slices.Clone(exports)
	if len(exports) > 0 {
		due = append(due, exports[rng.IntN(len(exports))])
	}
	rng.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] })
	h := &teller{}
	for at := 0; at < len(looks) || len(due) > 0; {
		if len(due) > 0 && (at == len(looks) || due[0] <= looks[at] && rng.IntN(2) == 0) {
			h.file(life[due[0]], fmt.Sprint(due[0]))
			due = due[1:]
			continue
		}
		h.api(life[looks[at]])
		at++
	}
	return h
}

func TestSupersedes(t *testing.T) {
	file := func(row string, record reconcile.Record) Item {
		return Item{Observation: Observation{Body: RowBody("test", map[string]string{"row": row})}, Record: record}
	}
	api := func(record reconcile.Record) *Item {
		return &Item{Observation: Observation{Body: []byte(`{"id":"x"}`)}, Record: record}
	}
	pending, settled, other := payments("0")[0], payments("100")[0], reconcile.Payment{Status: reconcile.PaymentSucceeded, Reference: "another"}
	failed := reconcile.Payment{Status: reconcile.PaymentFailed}
	rowB := file("b", settled)
	refused := file("r", reconcile.Rejection{Reason: "no"})
	for name, test := range map[string]struct {
		held *Item
		row  Item
		want bool
	}{
		"nothing is held":                   {nil, file("a", pending), true},
		"nothing is held of what is no row": {nil, refused, true},
		"the API showed less":               {api(pending), file("a", settled), true},
		"the API showed the same":           {api(settled), file("a", settled), false},
		"the API showed it otherwise":       {api(settled), file("a", other), false},
		"the API showed another end":        {api(failed), file("a", settled), false},
		"the API showed more":               {api(settled), file("a", pending), false},
		"the API's cannot be read":          {api(reconcile.Rejection{Reason: "no"}), file("a", settled), false},
		"the file's could not be read":      {&refused, file("a", settled), true},
		"a row that cannot be read":         {&rowB, refused, false},
		"a file that says more":             {&rowB, file("c", other), true},
		"a file that says less":             {&rowB, file("a", other), false},
	} {
		if got := Supersedes(test.held, test.row); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
