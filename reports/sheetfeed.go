package reports

import (
	"strconv"

	"github.com/xuri/excelize/v2"
)

// sheetFeed writes rows of cells to a sheet, through a relay.
type sheetFeed struct {
	sheet   *sheet
	columns int
	filled  rowBatch
	relay   *relay[rowBatch]
}

// rowBatch is some rows that follow one another.
type rowBatch struct {
	first   int // the number of the first row
	cells   []excelize.Cell
	row     []any // as many of the cells as a row has, side by side
	heights []float64
}

func newSheetFeed(s *sheet, columns int) *sheetFeed {
	f := &sheetFeed{sheet: s, columns: columns}
	f.relay = newRelay(func() rowBatch {
		return rowBatch{cells: make([]excelize.Cell, 0, batchRows*columns), row: make([]any, columns)}
	}, f.write)
	f.filled = f.relay.first()
	return f
}

// add takes the sheet's next row. An error in writing it comes to light in close.
func (f *sheetFeed) add(cells []excelize.Cell, height float64) {
	f.sheet.row++
	if len(f.filled.heights) == 0 {
		f.filled.first = f.sheet.row
	}
	f.filled.cells = append(f.filled.cells, cells...)
	f.filled.heights = append(f.filled.heights, height)
	if len(f.filled.heights) == batchRows {
		f.filled = f.relay.hand(f.filled)
		f.filled.cells, f.filled.heights = f.filled.cells[:0], f.filled.heights[:0]
	}
}

func (f *sheetFeed) write(rows rowBatch) error {
	for i, height := range rows.heights {
		for c := range rows.row {
			rows.row[c] = &rows.cells[i*f.columns+c]
		}
		err := f.sheet.SetRow("A"+strconv.Itoa(rows.first+i), rows.row, excelize.RowOpts{Height: min(height, maxRowHeight)})
		if err != nil {
			return err
		}
	}
	return nil
}

// close waits until all rows are written.
func (f *sheetFeed) close() error {
	f.relay.hand(f.filled)
	return f.relay.close()
}
