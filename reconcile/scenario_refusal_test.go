package reconcile_test

import (
	"strings"
	"testing"
)

// goodStory is a story that comes out as it says; the tests below change one thing in it.
const goodStory = `Paid and recorded.

-- what happens --
2026-03-10 12:00 the shop makes order A-1 for 100.00 EUR, to be paid by stripe
           12:05 stripe charges 99.00 EUR for A-1 as ch_1
           12:06 order A-1 becomes paid

-- expected at 2026-03-10 13:00 --
order A-1 is excepted, with ch_1 by reference
    AMOUNT_MISMATCH of ch_1 at stripe: expected 100.00 EUR, actual 99.00 EUR, high, open, first seen 2026-03-10 13:00
    it says "1.00 EUR too little"
    next review never
`

func TestScenariosAreRefused(t *testing.T) {
	if _, err := parseScenario("good.txtar", []byte(goodStory)); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, old, new, want string
	}{
		{"no story in plain words", "Paid and recorded.\n\n", "", "bad.txtar:1: the file must begin by telling the story"},
		{"an unknown section", "-- what happens --", "-- later --", `bad.txtar:3: a section is called "what happens" or "expected at 2026-03-10 13:00", not "later"`},
		{"a moment that is no time", "expected at 2026-03-10 13:00", "expected at 2026-03-32 13:00", `bad.txtar:8: "2026-03-32 13:00" is not a time`},
		{"a line without a time", "2026-03-10 12:00 the shop", "the shop", "bad.txtar:4: a line begins with its time"},
		{"a first line without a day", "2026-03-10 12:00 the shop", "12:00 the shop", "bad.txtar:4: the first line of a section must say the day, as in: 2026-03-10 12:00"},
		{"a time that does not exist", "2026-03-10 12:00 the shop", "2026-03-10 25:00 the shop", `bad.txtar:4: "2026-03-10 25:00" is not a time`},
		{"time that runs backwards", "12:05 stripe", "11:59 stripe", "bad.txtar:5: the lines of a section must be in the order of time"},
		{"an unknown sentence", "stripe charges 99.00 EUR for A-1 as", "stripe takes 99.00 EUR for A-1 as", "bad.txtar:5: no sentence reads \"stripe takes 99.00 EUR for A-1 as ch_1\"; expected one such as: stripe charges {amount}"},
		{"an unknown expectation", "next review never", "next review soon", `bad.txtar:12: no expectation reads "next review soon"`},
		{"an unknown code", "AMOUNT_MISMATCH of", "AMOUNT_DRIFT of", "bad.txtar:10: there is no code AMOUNT_DRIFT"},
		{"an amount with the wrong decimals in an expectation", "expected 100.00 EUR", "expected 100 EUR", "bad.txtar:10: write 100 EUR as 100.00 EUR"},
		{"an expectation of nothing", "order A-1 is excepted, with ch_1 by reference\n", "", "bad.txtar:9: say first what it is about"},
		{"no next review", "    next review never\n", "", "bad.txtar:9: order A-1 must say 1 times when its next review is, not 0"},
		{"a subject told twice", "    next review never\n", "    next review never\norder A-1 is matched\n    next review never\n", "bad.txtar:13: order A-1 is expected twice"},
		{"an empty expectation", goodStory[strings.Index(goodStory, "order A-1 is"):], "", "bad.txtar:8: nothing is expected here"},
		{"no expectation", goodStory[strings.Index(goodStory, "-- expected"):], "", "bad.txtar:8: the story must end with a section such as"},
		{"moments that run backwards", "    next review never\n", "    next review never\n-- expected at 2026-03-10 12:59 --\n", "bad.txtar:13: the moments must be in the order of time"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseScenario("bad.txtar", []byte(withOne(t, test.old, test.new)))
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("refused with %v\nwant %s", err, test.want)
			}
		})
	}
}

func withOne(t *testing.T, old, new string) string {
	t.Helper()
	text := strings.Replace(goodStory, old, new, 1)
	if text == goodStory {
		t.Fatalf("the story has no %q", old)
	}
	return text
}

// A story that does not come out as it says fails with file and line: of what happened, or of what was expected.
func TestScenariosFail(t *testing.T) {
	tests := []struct {
		name, old, new, want string
	}{
		{"an amount with the wrong decimals", "charges 99.00 EUR", "charges 99 EUR", "bad.txtar:5: write 99 EUR as 99.00 EUR"},
		{"something of which nothing was told", "order A-1 becomes", "order A-2 becomes", "bad.txtar:6: nothing has been told of A-2 yet"},
		{"something told twice", "12:06 order A-1 becomes paid", "12:06 the shop makes order A-1 for 1.00 EUR", "bad.txtar:6: A-1 has been told of already"},
		{"an unknown settlestatus", "12:06 order A-1 becomes paid", "12:06 AUTH 1-9-1 goes to settlestatus 77", "bad.txtar:6: there is no settlestatus 77"},
		{"an unknown setting", "12:06 order A-1 becomes paid", "12:06 the setting grace.nothing is 1h", "bad.txtar:6: there is no setting grace.nothing"},
		{"an exception that does not stand", "12:06 order A-1 becomes paid", "12:06 finance acknowledges DISPUTED of dp_1", `bad.txtar:6: no DISPUTED of "dp_1" stands`},
		{"another outcome", "is excepted", "is matched", "  - matched\n  + excepted"},
		{"an exception that is not listed", goodStory[strings.Index(goodStory, "    AMOUNT"):strings.Index(goodStory, "    it says")], "", "AMOUNT_MISMATCH"},
		{"an exception that is not raised", "    next review never", "    DISPUTED of dp_1 at stripe: expected empty, actual 1.00 EUR, high\n    next review never", "DISPUTED"},
		{"another figure", "actual 99.00 EUR", "actual 98.00 EUR", "actual 98.00 EUR, difference -2.00 EUR"},
		{"another severity", ", high", ", low", "low"},
		{"another due time", ", high", ", high, due 2026-03-11 13:00", "due 2026-03-11T13:00:00Z"},
		{"another status", ", open", ", reopened", "reopened"},
		{"another first day", "first seen 2026-03-10 13:00", "first seen 2026-03-10 12:59", "was first seen at 2026-03-10T13:00:00Z, not at 2026-03-10T12:59:00Z"},
		{"another link", "by reference", "by stored id", `linked with "ch_1" by "reference", not with "ch_1" by "stored id"`},
		{"other words", "too little", "too much", `nowhere is said "1.00 EUR too much"`},
		{"another review", "next review never", "next review at 2026-03-11 13:00", "next review at 2026-03-11T13:00:00Z"},
		{"a cancel that is not proposed", "    next review never", "    cancel the order\n    next review never", "cancel the order"},
		{"money that is not owed", "    next review never", "    owed 1.00 EUR of ch_1: duplicate payment, needs a person\n    next review never", "owed 1.00 EUR"},
		{"a subject that is not there", "    next review never\n", "    next review never\norder A-2 is matched\n    next review never\n", "bad.txtar:13: at 2026-03-10T13:00:00Z, there is no order A-2"},
		{"a subject that is not listed", "12:06 order A-1 becomes paid", "12:06 order A-1 becomes paid\n12:07 stripe charges 1.00 EUR as ch_9", "nothing is expected of payment ch_9"},
		{"a cause that is not gone", "order A-1 is excepted", "resolved: DISPUTED of dp_1\norder A-1 is excepted", "resolved because their cause is gone"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			story, err := parseScenario("bad.txtar", []byte(withOne(t, test.old, test.new)))
			if err != nil {
				t.Fatal(err)
			}
			faults := strings.Join(story.faults("bad.txtar"), "\n")
			if !strings.HasPrefix(faults, "bad.txtar:") || !strings.Contains(faults, test.want) {
				t.Errorf("fails with %q\nwant %s", faults, test.want)
			}
		})
	}
	story, _ := parseScenario("good.txtar", []byte(goodStory))
	if faults := story.faults("good.txtar"); len(faults) != 0 {
		t.Errorf("the story itself fails: %q", faults)
	}
}
