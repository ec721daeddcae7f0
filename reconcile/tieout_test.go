package reconcile_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tieout/reconcile"
	"tieout/reconcile/money"
)

// march10 is a finance day in UTC.
var march10 = reconcile.Window{From: time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 11, 0, 0, 0, 0, time.UTC)}

func flow(category string, count int, gross, fee int64) reconcile.Flow {
	return reconcile.Flow{Category: category, Count: count, Gross: gross, Fee: fee, WithFee: min(count, int(fee))}
}

// renderStatement writes a statement as "payments 2 12.00", a line each; what is not known is "?".
func renderStatement(s reconcile.Statement) []string {
	entry := func(name string, e reconcile.Entry) string {
		amount := "?"
		if e.Amount.Currency != "" {
			amount = e.Amount.Decimal()
		}
		return fmt.Sprintf("%s %d %s", name, e.Count, amount)
	}
	lines := []string{entry("opening", s.Opening)}
	for _, line := range s.Lines {
		lines = append(lines, entry(string(line.Line), line.Entry))
	}
	lines = append(lines, entry("closing", s.Closing), entry("provider", s.Provider), entry("unexplained", s.Unexplained))
	for _, gaps := range s.Gaps {
		lines = append(lines, entry("  "+string(gaps.Kind), gaps.Entry))
	}
	return append(lines, entry("not booked", s.NotBooked))
}

// A day on which everything that can move a balance does, and nothing is unexplained: every reversal is in the line that it
// reverses, and every fee in the line of fees.
func TestStatementOfEverything(t *testing.T) {
	ledger := reconcile.Ledger{
		Feed: "stripe", Account: "main", Currency: "EUR", Window: march10,
		Before: []reconcile.Flow{flow("charge", 9, 90000, 900), flow("payout", 1, -50000, 0)},
		Inside: []reconcile.Flow{
			flow("charge", 3, 30000, 3), flow("charge_failure", 1, -1000, 0), flow("partial_capture_reversal", 1, -500, 0),
			flow("refund", 2, -4000, 0), flow("refund_failure", 1, 1500, 0), flow("dispute", 1, -2000, 1), flow("dispute_reversal", 1, 2000, 0),
			flow("fee", 1, -200, 0), flow("transfer", 1, 70, 0), flow("a category of next year", 1, -7, 0),
			flow("payout", 1, -20000, 0), flow("payout_reversal", 1, 20000, 0),
		},
		Stated: &reconcile.StatedBalance{
			First: reconcile.Figure{Stated: eur(45000), At: march10.From.Add(-time.Hour), Held: 39100},
			Last:  reconcile.Figure{Stated: eur(70859), At: march10.To, Held: 64959},
		},
		NotBooked: reconcile.Entry{Count: 2, Amount: eur(77)},
	}
	want := []string{
		"opening 0 450.00", "payments 5 285.00", "refunds 3 -25.00", "disputes 2 0.00", "fees 5 -2.04", "adjustments 2 0.63", "payouts 2 0.00",
		"closing 0 708.59", "provider 0 708.59", "unexplained 0 0.00", "not booked 2 0.77",
	}
	got := reconcile.Tie(ledger)
	if diff := gocmp.Diff(want, renderStatement(got)); diff != "" {
		t.Error(diff)
	}
	if got.Taken.Amount != eur(5900) || !got.TakenAt.Equal(ledger.Stated.First.At) || !got.ProviderAt.Equal(march10.To) {
		t.Errorf("taken over %v as of %v, stated as of %v", got.Taken, got.TakenAt, got.ProviderAt)
	}
}

func TestStatements(t *testing.T) {
	gap := func(kind reconcile.GapKind, category string, minor int64, at time.Time) reconcile.Gap {
		return reconcile.Gap{Kind: kind, ID: "x", Category: category, Amount: eur(minor), At: at}
	}
	inside, before := march10.From, march10.From.Add(-time.Second)
	tests := []struct {
		name   string
		change func(*reconcile.Ledger)
		want   []string // the lines that differ from those of nothing unexplained
	}{
		{"nothing is unexplained", func(*reconcile.Ledger) {}, nil},
		{"a movement of an object that is not held", func(l *reconcile.Ledger) {
			l.Gaps = append(l.Gaps, gap(reconcile.GapUnknownObject, "charge", 300, inside))
		}, []string{"payments 2 7.00", "closing 0 56.00", "unexplained 1 3.00", "  movement of an object that is not held 1 3.00"}},
		{"a refund booked twice", func(l *reconcile.Ledger) {
			l.Gaps = append(l.Gaps, gap(reconcile.GapDiffers, "refund", -100, inside))
		}, []string{"refunds 1 0.00", "closing 0 60.00", "unexplained 1 -1.00", "  object whose movements differ from it 1 -1.00"}},
		{"a payment without a movement for too long", func(l *reconcile.Ledger) {
			l.Gaps = append(l.Gaps, gap(reconcile.GapNoMovement, "charge", -400, inside))
		}, []string{"payments 4 14.00", "closing 0 63.00", "unexplained 1 -4.00", "  payment without a movement 1 -4.00"}},
		{"gaps that cancel out", func(l *reconcile.Ledger) {
			l.Gaps = append(l.Gaps, gap(reconcile.GapUnknownObject, "charge", 300, inside), gap(reconcile.GapUnknownObject, "refund", -300, inside))
		}, []string{"payments 2 7.00", "refunds 0 2.00", "unexplained 2 0.00", "  movement of an object that is not held 2 0.00"}},
		{"a gap of the day before stands", func(l *reconcile.Ledger) {
			l.Gaps = append(l.Gaps, gap(reconcile.GapUnknownObject, "charge", 300, before))
		}, []string{"opening 0 47.00", "closing 0 56.00", "unexplained 1 3.00", "  movement of an object that is not held 1 3.00"}},
		{"a gap of the day after is none yet", func(l *reconcile.Ledger) {
			l.Gaps = append(l.Gaps, gap(reconcile.GapUnknownObject, "charge", 300, march10.To))
		}, nil},
		{"the provider states less", func(l *reconcile.Ledger) { l.Stated.Last.Stated.Minor -= 5 },
			[]string{"provider 0 58.95", "unexplained 1 -0.05", "  balance that the provider states otherwise 1 -0.05"}},
		{"the provider stated it at noon", func(l *reconcile.Ledger) {
			l.Stated.Last = reconcile.Figure{Stated: eur(5500), At: inside.Add(12 * time.Hour), Held: 5500}
		}, nil},
		{"the provider stated it only later", func(l *reconcile.Ledger) { l.Stated.Last.At = march10.To.Add(time.Second) }, []string{"provider 0 ?"}},
		{"the provider never stated it", func(l *reconcile.Ledger) { l.Stated = nil }, []string{"opening 0 ?", "closing 0 ?", "provider 0 ?"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			held := reconcile.Figure{Stated: eur(5900), At: march10.To, Held: 5900}
			ledger := reconcile.Ledger{
				Feed: "stripe", Account: "main", Currency: "EUR", Window: march10, NotBooked: reconcile.Entry{Amount: eur(0)},
				Before: []reconcile.Flow{flow("charge", 5, 5000, 0)}, Inside: []reconcile.Flow{flow("charge", 3, 1000, 0), flow("refund", 1, -100, 0)},
				Stated: &reconcile.StatedBalance{First: reconcile.Figure{Stated: eur(5000), At: before, Held: 5000}, Last: held},
			}
			want := []string{"opening 0 50.00", "payments 3 10.00", "refunds 1 -1.00", "disputes 0 0.00", "fees 0 0.00", "adjustments 0 0.00", "payouts 0 0.00",
				"closing 0 59.00", "provider 0 59.00", "unexplained 0 0.00", "not booked 0 0.00"}
			test.change(&ledger)
			if diff := gocmp.Diff(replaced(want, test.want), renderStatement(reconcile.Tie(ledger))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// replaced puts each line in the place of the one of the same name; a line about a kind of gap goes below the unexplained.
func replaced(lines, by []string) []string {
	out := append([]string(nil), lines...)
	for _, line := range by {
		name := strings.Fields(line)[0]
		for i, old := range out {
			if strings.HasPrefix(line, "  ") && strings.HasPrefix(old, "not booked") {
				out = append(out[:i], append([]string{line}, out[i:]...)...)
				break
			}
			if !strings.HasPrefix(line, "  ") && strings.Fields(old)[0] == name {
				out[i] = line
			}
		}
	}
	return out
}

// Whatever moved and whatever is wrong: the lines make the closing, what the provider holds less the closing is what is
// unexplained, that is the sum of its kinds, and the closing of a day is the opening of the next.
func TestStatementsAddUpAndChain(t *testing.T) {
	categories := []string{"charge", "refund", "refund_failure", "dispute", "fee", "payout", "payout_reversal", "other_adjustment"}
	flows := func(t *rapid.T, label string) (drawn []reconcile.Flow) {
		for range rapid.IntRange(0, 6).Draw(t, label) {
			drawn = append(drawn, flow(rapid.SampledFrom(categories).Draw(t, "category"), 1, rapid.Int64Range(-1e9, 1e9).Draw(t, "gross"), rapid.Int64Range(0, 1e6).Draw(t, "fee")))
		}
		return drawn
	}
	net := func(flows []reconcile.Flow) (sum int64) {
		for _, f := range flows {
			sum += f.Gross - f.Fee
		}
		return sum
	}
	rapid.Check(t, func(t *rapid.T) {
		old, first, second := flows(t, "old"), flows(t, "first"), flows(t, "second")
		day := march10
		next := reconcile.Window{From: day.To, To: day.To.Add(24 * time.Hour)}
		var gaps []reconcile.Gap
		for range rapid.IntRange(0, 5).Draw(t, "gaps") {
			kind := rapid.SampledFrom([]reconcile.GapKind{reconcile.GapUnknownObject, reconcile.GapDiffers, reconcile.GapNoMovement}).Draw(t, "kind")
			at := day.From.Add(time.Duration(rapid.IntRange(-30, 50).Draw(t, "hour")) * time.Hour)
			gaps = append(gaps, reconcile.Gap{Kind: kind, Category: rapid.SampledFrom(categories).Draw(t, "category"), Amount: eur(rapid.Int64Range(-1e6, 1e6).Draw(t, "gap")), At: at})
		}
		start, residue := rapid.Int64Range(-1e6, 1e6).Draw(t, "start"), rapid.Int64Range(-100, 100).Draw(t, "residue")
		figure := func(at time.Time, residue int64, flows ...[]reconcile.Flow) reconcile.Figure {
			f := reconcile.Figure{At: at}
			for _, part := range flows {
				f.Held += net(part)
			}
			f.Stated = eur(start + f.Held + residue)
			return f
		}
		ledger := reconcile.Ledger{Currency: "EUR", Window: day, Before: old, Inside: first, Gaps: gaps,
			Stated: &reconcile.StatedBalance{First: figure(day.From, 0, old), Last: figure(day.To, residue, old, first)}}
		one := reconcile.Tie(ledger)
		ledger.Window, ledger.Before, ledger.Inside = next, append(append([]reconcile.Flow(nil), old...), first...), second
		ledger.Stated = &reconcile.StatedBalance{First: figure(day.From, 0, old), Last: figure(next.To, residue, old, first, second)}
		two := reconcile.Tie(ledger)
		for _, s := range []reconcile.Statement{one, two} {
			sum := s.Opening.Amount.Minor
			for _, line := range s.Lines {
				sum += line.Amount.Minor
			}
			kinds := int64(0)
			for _, kind := range s.Gaps {
				kinds += kind.Amount.Minor
			}
			if sum != s.Closing.Amount.Minor || s.Provider.Amount.Minor-sum != s.Unexplained.Amount.Minor || kinds != s.Unexplained.Amount.Minor {
				t.Fatalf("does not add up: %v", renderStatement(s))
			}
		}
		if one.Closing != two.Opening {
			t.Fatalf("closes with %v and opens with %v", one.Closing, two.Opening)
		}
	})
}

func TestNothingMovedIsNoStatement(t *testing.T) {
	s := reconcile.Tie(reconcile.Ledger{Currency: "CNY", Window: march10, NotBooked: reconcile.Entry{Count: 1, Amount: money.Amount{Minor: 5, Currency: "CNY"}}})
	if len(s.Lines) != 0 || s.Unexplained != (reconcile.Entry{}) || s.NotBooked.Count != 1 {
		t.Errorf("%v", renderStatement(s))
	}
}

// The stated figure against the computed one, from the first one on.
func TestStatedBalances(t *testing.T) {
	first := reconcile.Figure{Stated: eur(1000), At: noon, Held: 400}
	tests := []struct {
		name string
		last reconcile.Figure
		want string
	}{
		{"the first figure is where it begins", first, ""},
		{"what was moved since explains it", reconcile.Figure{Stated: eur(1500), At: noon.Add(time.Hour), Held: 900}, ""},
		{"more than was moved", reconcile.Figure{Stated: eur(1501), At: noon.Add(time.Hour), Held: 900},
			"0.01 EUR: 15.01 EUR stated, 15.00 EUR computed, as of 2026-03-10 13:00:00 UTC"},
		{"less than was moved", reconcile.Figure{Stated: eur(-1), At: noon.Add(time.Hour), Held: 900},
			"-15.01 EUR: -0.01 EUR stated, 15.00 EUR computed, as of 2026-03-10 13:00:00 UTC"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			balance := reconcile.StatedBalance{Feed: "stripe", Account: "main", First: first, Last: test.last}
			gap, ok := balance.Gap()
			if ok != (test.want != "") || ok && gap.Amount.String()+": "+gap.ID != strings.ReplaceAll(test.want, "2026-03-10 13:00:00", noon.Add(time.Hour).UTC().Format(time.DateTime)) {
				t.Errorf("gap %+v (%t), want %q", gap, ok, test.want)
			}
			if ok {
				raised := reconcile.JudgeBalance([]reconcile.Gap{gap})
				if len(raised) != 1 || raised[0].Code != reconcile.Unexplained || raised[0].Difference != gap.Amount || !strings.Contains(raised[0].Explanation, gap.ID) {
					t.Errorf("raised %+v", raised)
				}
			}
		})
	}
}

// Authorisations: opening + authorised − settled − canceled = closing, in count and in money; nothing of the provider's is
// made up.
func TestStatementOfAuths(t *testing.T) {
	entry := func(count int, minor int64) reconcile.Entry { return reconcile.Entry{Count: count, Amount: eur(minor)} }
	got := renderStatement(reconcile.TieAuths(reconcile.AuthLedger{
		Currency: "EUR", Window: march10, Opening: entry(5, 500), Authorised: entry(4, 450), Settled: entry(3, 330), Canceled: entry(1, 20), Refunded: entry(1, 7),
	}))
	want := []string{"opening 5 5.00", "authorised 4 4.50", "settled 3 -3.30", "canceled 1 -0.20", "closing 5 6.00", "provider 0 ?", "unexplained 0 ?", "not booked 0 ?"}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	unread := renderStatement(reconcile.TieAuths(reconcile.AuthLedger{Unread: 3}))
	if diff := gocmp.Diff([]string{"opening 0 ?", "closing 0 ?", "provider 0 ?", "unexplained 3 ?", "not booked 0 ?"}, unread); diff != "" {
		t.Error(diff)
	}
}
