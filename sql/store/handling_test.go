package store_test

import (
	"errors"
	"testing"
	"time"

	"tieout/reconcile"
	"tieout/reconcile/money"
	"tieout/sql/store"
	"tieout/sql/store/storetest"
)

// Each condition alone, at its edge; two together.
func TestExceptionsAreFiltered(t *testing.T) {
	one := exception(reconcile.AmountMismatch, reconcile.High, "R-1", "ch_1")
	two := exception(reconcile.AmountMismatch, reconcile.High, "R-2", "1-2-3")
	two.Feed, two.Account, two.FirstSeen, two.DueAt, two.Difference = reconcile.FeedTrustPayments, "site", noon.Add(time.Hour), time.Time{}, eur(250)
	yen := exception(reconcile.DuplicatePayment, reconcile.High, "R-3", "ch_3")
	yen.Currency, yen.Difference, yen.DueAt = "JPY", money.Amount{Minor: 150, Currency: "JPY"}, noon.Add(2*time.Hour)
	silent := exception(reconcile.Unexplained, reconcile.Low, "", "")
	silent.Currency, silent.Difference, silent.Status, silent.ResolvedAt = "EUR", money.Amount{}, reconcile.StatusResolved, noon
	all := []reconcile.ExceptionRecord{one, two, yen, silent}
	tests := []struct {
		name   string
		filter store.ExceptionFilter
		want   string // the references
	}{
		{"ids", store.ExceptionFilter{IDs: []string{yen.ID(), one.ID(), "none"}}, "R-1 R-3 "},
		{"feed", store.ExceptionFilter{Feeds: []string{reconcile.FeedTrustPayments}}, "R-2 "},
		{"account", store.ExceptionFilter{Accounts: []string{"default"}}, "R-1 R-3 - "},
		{"currency", store.ExceptionFilter{Currency: "EUR"}, "R-1 R-2 - "},
		{"seen before", store.ExceptionFilter{SeenBefore: noon.Add(time.Microsecond)}, "R-1 R-3 - "},
		{"seen at that instant is not before it", store.ExceptionFilter{SeenBefore: noon}, ""},
		{"due before, and not what is never due", store.ExceptionFilter{DueBefore: noon.Add(2 * time.Hour)}, "R-1 - "},
		{"at least", store.ExceptionFilter{AtLeast: eur(100)}, "R-1 R-2 "},
		{"at least, a cent more", store.ExceptionFilter{AtLeast: eur(101)}, "R-2 "},
		{"at most", store.ExceptionFilter{AtMost: eur(100)}, "R-1 "},
		{"at most, a cent less", store.ExceptionFilter{AtMost: eur(99)}, ""},
		{"at most nothing", store.ExceptionFilter{AtMost: eur(0)}, ""},
		{"yen are no cents", store.ExceptionFilter{AtLeast: money.Amount{Minor: 150, Currency: "JPY"}, AtMost: money.Amount{Minor: 250, Currency: "JPY"}}, "R-3 "},
		{"code and feed", store.ExceptionFilter{Codes: []string{"AMOUNT_MISMATCH"}, Feeds: []string{reconcile.FeedStripe}}, "R-1 "},
		{"standing and account", store.ExceptionFilter{Standing: true, Accounts: []string{"default"}}, "R-1 R-3 "},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 1, At: noon, Exceptions: all}))
		for _, test := range tests {
			got := ""
			for _, record := range collect(t, s.Exceptions(ctx, test.filter)) {
				if record.OrderReference == "" {
					record.OrderReference = "-"
				}
				got += record.OrderReference + " "
			}
			equal(t, test.name, got, test.want)
		}
	})
}

func TestPeopleChangeExceptions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		one, two := exception(reconcile.AmountMismatch, reconcile.High, "R-1", ""), exception(reconcile.Disputed, reconcile.High, "R-2", "dp_1")
		succeed(t, s.SaveJudgement(ctx, reconcile.Judgement{RunID: 1, At: noon, Exceptions: []reconcile.ExceptionRecord{one, two},
			Changes: []reconcile.ExceptionChange{{ID: one.ID(), At: noon, Who: "tieout", To: reconcile.StatusOpen, RunID: 1}}}))
		acknowledge := reconcile.Handling{To: reconcile.StatusAcknowledged, Who: "ada", Note: "asked the bank", At: noon.Add(time.Hour)}
		resolve := reconcile.Handling{To: reconcile.StatusResolved, Who: "ada", Reason: reconcile.ReasonCustomerAgreed, Note: "by mail", At: noon.Add(2 * time.Hour)}
		handle := func(h reconcile.Handling, expected string, ids ...string) (reconcile.Plan, error) {
			return s.HandleExceptions(ctx, store.ExceptionFilter{IDs: ids}, h, expected)
		}
		count := func(plan reconcile.Plan) []int { return []int{len(plan.Records), len(plan.Left)} }
		before := dump(t, s)
		if _, err := handle(resolve, "", one.ID(), "nonsense"); !errors.Is(err, store.ErrUnknownException) {
			t.Errorf("unknown id: %v", err)
		}
		if _, err := handle(reconcile.Handling{To: reconcile.StatusReopened, Who: "ada"}, "", one.ID()); err == nil {
			t.Error("a person reopened an exception")
		}
		planned := must(s.PlanExceptions(ctx, store.ExceptionFilter{Currency: "EUR"}, acknowledge, ""))(t)
		equal(t, "planned", count(planned), []int{2, 0})
		if _, err := handle(acknowledge, planned.Mark(), one.ID()); !errors.Is(err, store.ErrOtherPlan) {
			t.Errorf("another plan: %v", err)
		}
		equal(t, "rows", dump(t, s), before)
		equal(t, "acknowledged", must(s.HandleExceptions(ctx, store.ExceptionFilter{Currency: "EUR"}, acknowledge, planned.Mark()))(t), planned)
		equal(t, "acknowledged again", count(must(handle(acknowledge, "", one.ID()))(t)), []int{0, 1})
		equal(t, "resolved", count(must(handle(resolve, "1", one.ID()))(t)), []int{1, 0})
		equal(t, "a resolved one stays so", count(must(handle(acknowledge, "", one.ID(), two.ID()))(t)), []int{0, 2})
		one.Status, one.Note = reconcile.StatusResolved, "by mail"
		one.ResolvedAt, one.ResolvedBy, one.Resolution = noon.Add(2*time.Hour), "ada", "customer-agreed"
		equal(t, "exception", must(s.ExceptionsOf(ctx, nil, []string{one.ID()}))(t), []reconcile.ExceptionRecord{one})
		equal(t, "life", must(s.ExceptionChanges(ctx, one.ID()))(t), []reconcile.ExceptionChange{
			{ID: one.ID(), At: noon, Who: "tieout", To: reconcile.StatusOpen, RunID: 1},
			{ID: one.ID(), At: noon.Add(time.Hour), Who: "ada", From: reconcile.StatusOpen, To: reconcile.StatusAcknowledged, Note: "asked the bank"},
			{ID: one.ID(), At: noon.Add(2 * time.Hour), Who: "ada", From: reconcile.StatusAcknowledged, To: reconcile.StatusResolved, Reason: "customer-agreed", Note: "by mail"},
		})
	})
}
