package reports

import (
	"fmt"
	"io"
	"strings"
)

// briefFile is the report in a few lines of plain text: what a mail or a chat shows.
const briefFile = "brief.txt"

// writeBrief writes what a person should know without opening the workbook: whether the day ties out, then the exceptions by
// code, then what is matched in each account and currency. Its first line is the first of the headline.
func writeBrief(to io.Writer, day Day, found digest) (lines int64, err error) {
	sentence, _ := headline(day, found)
	said := strings.Split(sentence, "\n")
	said = append(said, "", "As of "+inZone(day.AsOf, day.Zone)+".")
	if len(found.lines) > 0 {
		said = append(said, "", "Exceptions:")
	}
	for _, line := range found.lines {
		said = append(said, "- "+line.inWords(day))
	}
	rates, err := matchRates(day)
	if err != nil {
		return 0, err
	}
	if len(rates) > 0 {
		said = append(said, "", "Matched:")
	}
	for _, rate := range rates {
		said = append(said, "- "+rate.inWords())
	}
	if day.Checkpoint != "" {
		said = append(said, "", checkpointNote(day))
	}
	_, err = io.WriteString(to, strings.Join(said, "\n")+"\n")
	return int64(len(said)), err
}

func (l codeLine) inWords(day Day) string {
	text := fmt.Sprintf("%s, %s: %s", l.code, l.severity, grouped(fmt.Sprint(l.count)))
	if l.amount.Currency != "" {
		text += fmt.Sprintf(", %s %s", grouped(l.amount.Decimal()), l.amount.Currency)
	}
	return text + fmt.Sprintf(", the oldest %s old", plural(age(l.oldest, day.AsOf), "day", "days"))
}

// inWords writes one match rate; like the table's, it is rounded down, so that 100.00% is all of it.
func (r matchRate) inWords() string {
	return fmt.Sprintf("%s: %s of %s (%s), %s of %s by value (%s)", r.currency,
		grouped(fmt.Sprint(r.matched)), plural(r.due, "case", "cases"), rateCell(r.matched, r.due).display(kindRate),
		grouped(r.paidValue.Decimal()), grouped(r.dueValue.Decimal()), rateCell(r.paidValue.Minor, r.dueValue.Minor).display(kindRate))
}
