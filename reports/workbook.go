package reports

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"tieout/reconcile/money"
)

// workbook is the Excel file being made. Its sheets are streamed: long ones spill to files in the folder it is given.
type workbook struct {
	file   *excelize.File
	styles styles
	day    Day
	spill  string
	limit  int   // rows that a sheet holds
	rows   int64 // of data, in all sheets
	sheets int
	spans  map[string][]span // where the rows of each table lie, by its name
	long   []string          // names of the tables that go on on a further sheet
}

func newWorkbook(day Day, spill string, limit int) (*workbook, error) {
	file := excelize.NewFile(excelize.Options{TmpDir: spill})
	book := &workbook{file: file, styles: styles{file: file, ids: map[styleKey]int{}}, day: day, spill: spill, limit: limit, spans: map[string][]span{}}
	asOf := day.AsOf.UTC().Format(time.RFC3339)
	err := file.SetDocProps(&excelize.DocProperties{
		Creator: "tieout " + day.Version, LastModifiedBy: "tieout " + day.Version, Title: "tieout " + day.FinanceDay,
		Created: asOf, Modified: asOf,
	})
	return book, err
}

// fill writes the sheets. The first, the summary, is written last: it says which of the others go on on further sheets.
func (b *workbook) fill(found digest, pages []page, surveys map[string]survey) error {
	if err := b.newSheet(pages[0].name); err != nil {
		return err
	}
	for _, p := range pages[1:] {
		if err := b.addPage(p, surveys); err != nil {
			return fmt.Errorf("sheet %s: %w", p.name, err)
		}
	}
	if err := b.addSummary(pages[0], found, surveys); err != nil {
		return fmt.Errorf("sheet %s: %w", pages[0].name, err)
	}
	return nil
}

// changedError says that a sequence broke its promise: totals that were counted first would not fit the rows.
func changedError(table string, first, second int64) error {
	return fmt.Errorf("the rows of %s changed while they were read: %d, then %d", table, first, second)
}

// writeTo packs the workbook straight into its file; excelize on its own would hold the whole archive in memory.
func (b *workbook) writeTo(to io.Writer) (err error) {
	spool, err := os.CreateTemp(b.spill, "parts-")
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := spool.Close(); err == nil {
			err = closeErr
		}
	}()
	zip, err := newArchive(to, spool)
	if err != nil {
		return err
	}
	b.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip })
	return b.file.Write(io.Discard)
}

// value renders a cell.
func (b *workbook) value(c cell, k kind, l look, rowCurrency string) (excelize.Cell, error) {
	key := keyOf(c, k, l, rowCurrency, "")
	id, err := b.styles.id(key)
	return excelize.Cell{StyleID: id, Value: valueOf(c, k, key.digits, b.day.Zone)}, err
}

// keyOf is what the style of a cell depends on. Amounts beside a currency column that says another currency carry their own.
func keyOf(c cell, k kind, l look, rowCurrency, tint string) styleKey {
	key := styleKey{look: l, kind: k, tint: tint}
	switch {
	case !c.set:
		key.kind = kindText
	case k == kindAmount:
		key.digits, _ = money.Exponent(c.amount.Currency)
		key.suffix = foreign(c, rowCurrency)
	}
	return key
}

// valueOf is what Excel keeps of a cell.
func valueOf(c cell, k kind, digits int, zone *time.Location) any {
	switch {
	case !c.set:
		return nil
	case k == kindCount:
		return c.number
	case k == kindRate:
		return float64(c.number) / 10_000
	case k == kindTime:
		return serial(c.at.In(zone))
	case k == kindAmount:
		return excelNumber(c.amount, digits)
	}
	return c.text
}

// excelNumber is an amount in major units. The double nearest to the decimal prints as that decimal up to 15 digits, which is
// all that Excel holds. Up to 53 bits it is the quotient; a longer one is read from its decimal.
func excelNumber(a money.Amount, digits int) float64 {
	const exact = 1 << 53
	if -exact < a.Minor && a.Minor < exact && digits < len(powers) {
		return float64(a.Minor) / powers[digits]
	}
	number, _ := strconv.ParseFloat(a.Decimal(), 64) // Decimal writes nothing that does not parse
	return number
}

var powers = [...]float64{1, 10, 100, 1000, 10_000}

// words is a cell of the report's own text.
func (b *workbook) words(text string, l look) (excelize.Cell, error) {
	return b.value(textCell(text), kindText, l, "")
}

// serial is the wall time of t as Excel counts time: days since the end of 1899, without a zone.
func serial(t time.Time) float64 {
	const epoch = -2_209_161_600 // 1899-12-30 in Unix seconds
	_, offset := t.Zone()
	return float64(t.Unix()+int64(offset)-epoch) / (24 * 60 * 60)
}
