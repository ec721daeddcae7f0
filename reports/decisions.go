package reports

import (
	"fmt"

	"github.com/xuri/excelize/v2"

	"tieout/reconcile"
)

// The columns of the sheet of exceptions in which a person decides, and what may be chosen there.
const (
	decisionKey = "decision"
	reasonKey   = "reason"
)

// Decisions are the words of the decision column.
var Decisions = []string{"acknowledge", "resolve"}

func reasonWords() []string {
	var words []string
	for _, reason := range reconcile.Reasons() {
		words = append(words, string(reason))
	}
	return words
}

// addChoices puts the drop-downs on the rows of data, where a table has columns to decide in.
func (s *sheet) addChoices(columns []column, rows span) error {
	for i, c := range columns {
		choice := excelize.NewDataValidation(true)
		choice.Sqref = fmt.Sprintf("%s:%s", cellName(i, rows.first), cellName(i, rows.last))
		words := Decisions
		switch {
		case !c.blank || c.key != decisionKey && c.key != reasonKey:
			continue
		case c.key == decisionKey:
			choice.SetInput("Decision", "acknowledge: somebody is looking into it. resolve: it is done; choose a reason.")
		default:
			words = reasonWords()
			choice.SetInput("Reason", "Why it is resolved. The reason other needs a note.")
		}
		if err := choice.SetDropList(words); err != nil {
			return err
		}
		choice.SetError(excelize.DataValidationErrorStyleStop, c.heading, "Choose from the list, or leave it empty.")
		if err := s.book.file.AddDataValidation(s.name, choice); err != nil {
			return err
		}
	}
	return nil
}
