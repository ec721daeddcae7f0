package reports

// fileFeed writes rows of cells into a file, through a relay. A batch is rows side by side.
type fileFeed struct {
	out     encoder
	columns int
	filled  []cell
	relay   *relay[[]cell]
}

func newFileFeed(out encoder, columns int) *fileFeed {
	f := &fileFeed{out: out, columns: columns}
	f.relay = newRelay(func() []cell { return make([]cell, 0, batchRows*columns) }, f.write)
	f.filled = f.relay.first()
	return f
}

// add takes the next row. An error in writing it comes to light in finish.
func (f *fileFeed) add(cells []cell) error {
	f.filled = append(f.filled, cells...)
	if len(f.filled) == cap(f.filled) {
		f.filled = f.relay.hand(f.filled)[:0]
	}
	return nil
}

func (f *fileFeed) write(rows []cell) error {
	for ; len(rows) > 0; rows = rows[f.columns:] {
		if err := f.out.add(rows[:f.columns]); err != nil {
			return err
		}
	}
	return nil
}

// finish waits until all rows are written and ends the file.
func (f *fileFeed) finish() error {
	f.relay.hand(f.filled)
	if err := f.relay.close(); err != nil {
		return err
	}
	return f.out.finish()
}
