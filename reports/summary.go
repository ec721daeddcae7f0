package reports

import (
	"fmt"
	"strings"
	"time"
)

// summaryColumns is the width of the summary in columns; it is that of the accounts.
const summaryColumns = 14

// summaryPage is the page that is read first: whether the day ties out, then why.
func summaryPage(day Day, d digest) (page, error) {
	rates, err := matchRates(day)
	return page{name: "Summary", blocks: []block{
		{title: "Accounts", table: accountTable(day), note: accountNote},
		{title: flowTitle(day), table: flowTable(day, d), cells: []int{1, 1, 1, 1, 1, 1}},
		{title: "Exceptions by code", table: codeTable(day, d), cells: []int{1, 1, 1, 1, 1, 1, 2, summaryColumns - 8}},
		{title: "Exceptions by age", table: exceptionAgeingTable(d), cells: []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
		{title: "Match rate", table: rateTable(rates), cells: []int{1, 1, 1, 1, 1, 1, 1}, note: rateNote},
		{title: "How far each feed is known", table: feedTable(day), cells: []int{1, 1, 1, 2, summaryColumns - 5}},
	}}, err
}

func flowTitle(day Day) string {
	if day.Since.IsZero() {
		return "Exceptions since the last report"
	}
	return "Exceptions since the last report, as of " + inZone(day.Since, day.Zone)
}

// addSummary writes the summary into the first sheet, which was made before all others.
func (b *workbook) addSummary(p page, found digest, surveys map[string]survey) error {
	s, err := b.openPage(p, surveys)
	if err != nil {
		return err
	}
	if err := s.top(found); err != nil {
		return err
	}
	room, err := s.reserveCharts(found)
	if err != nil {
		return err
	}
	if err := s.addBlocks(p.blocks, surveys); err != nil {
		return err
	}
	if err := s.addCharts(room, found); err != nil {
		return err
	}
	return s.finish(0)
}

// top writes the title, the verdict, when it was true, and which tables go on on further sheets.
func (s *sheet) top(found digest) error {
	day := s.book.day
	sentence, tiesOut := headline(day, found)
	verdict := lookExcepted
	if tiesOut {
		verdict = lookTiesOut
	}
	asOf := fmt.Sprintf("As of %s (%s UTC), tieout %s. Amounts are in major units of the currency named in their row. A dash is zero; an empty cell does not apply.",
		day.AsOf.In(day.Zone).Format("2006-01-02 15:04:05 ")+day.Zone.String(), day.AsOf.UTC().Format(time.DateTime), day.Version)
	// The verdict is set larger than the body, so a line of it holds fewer characters and is higher.
	lines := wrappedLines(sentence, across(s.widths)*5/6)
	return firstError(
		func() error { return s.banner("tieout: finance day "+day.FinanceDay, lookTitle, 27) },
		func() error { return s.banner(sentence, verdict, float64(lines)*18+10) },
		func() error { return s.wrapped(asOf) },
		func() error {
			if continued := s.book.continued(); continued != "" {
				return s.wrapped(continued)
			}
			return nil
		},
		func() error {
			if day.Checkpoint != "" {
				return s.wrapped(checkpointNote(day))
			}
			return nil
		},
	)
}

// continued says which tables are too long for one sheet, and where they go on.
func (b *workbook) continued() string {
	var parts []string
	for _, name := range b.long {
		var sheets []string
		for _, s := range b.spans[name][1:] {
			sheets = append(sheets, s.sheet)
		}
		parts = append(parts, fmt.Sprintf("%s goes on on %s", b.spans[name][0].sheet, strings.Join(sheets, ", ")))
	}
	if len(parts) == 0 {
		return ""
	}
	return "Too long for one sheet: " + strings.Join(parts, "; ") + "."
}
