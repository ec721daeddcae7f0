package reports

import (
	"strconv"

	"github.com/xuri/excelize/v2"
)

// feed writes rows of cells to a sheet while the next ones are read and rendered: excelize takes about as long for a row as
// all that comes before. Rows go over in batches, of which a few are under way.
type feed struct {
	sheet  *sheet
	filled batch
	full   chan batch
	free   chan batch
	ended  chan error
}

const (
	batchRows = 128
	batches   = 4
)

// batch is some rows that follow one another. Its memory is used again.
type batch struct {
	first   int // the number of the first row
	cells   []excelize.Cell
	row     []any // as many of the cells as a row has, side by side
	heights []float64
}

func newFeed(s *sheet, columns int) *feed {
	f := &feed{sheet: s, full: make(chan batch), free: make(chan batch, batches), ended: make(chan error, 1)}
	for range batches {
		f.free <- batch{cells: make([]excelize.Cell, 0, batchRows*columns), row: make([]any, columns)}
	}
	f.filled = <-f.free
	go f.run()
	return f
}

// add takes the sheet's next row. An error in writing it comes to light in close.
func (f *feed) add(cells []excelize.Cell, height float64) {
	f.sheet.row++
	if len(f.filled.heights) == 0 {
		f.filled.first = f.sheet.row
	}
	f.filled.cells = append(f.filled.cells, cells...)
	f.filled.heights = append(f.filled.heights, height)
	if len(f.filled.heights) == batchRows {
		f.hand()
	}
}

func (f *feed) hand() {
	f.full <- f.filled
	f.filled = <-f.free
}

// close waits until all rows are written.
func (f *feed) close() error {
	f.hand()
	close(f.full)
	return <-f.ended
}

func (f *feed) run() {
	var err error
	for b := range f.full {
		for i := range b.heights {
			if err == nil {
				err = f.write(b, i)
			}
		}
		b.cells, b.heights = b.cells[:0], b.heights[:0]
		f.free <- b
	}
	f.ended <- err
}

func (f *feed) write(b batch, i int) error {
	columns := len(b.row)
	for c := range b.row {
		b.row[c] = &b.cells[i*columns+c]
	}
	return f.sheet.SetRow("A"+strconv.Itoa(b.first+i), b.row, excelize.RowOpts{Height: min(b.heights[i], maxRowHeight)})
}
