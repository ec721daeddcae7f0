package reports

// relay writes rows into a file while the next ones are read, which takes about as long. Rows go over in batches, of which a
// few are under way; their memory is used again.
type relay struct {
	out     encoder
	columns int
	filled  []cell
	full    chan []cell
	free    chan []cell
	ended   chan error
	done    bool
}

func newRelay(out encoder, columns int) *relay {
	r := &relay{out: out, columns: columns, full: make(chan []cell), free: make(chan []cell, batches), ended: make(chan error, 1)}
	for range batches {
		r.free <- make([]cell, 0, batchRows*columns)
	}
	r.filled = <-r.free
	go r.run()
	return r
}

func (r *relay) run() {
	var err error
	for rows := range r.full {
		for at := 0; at < len(rows) && err == nil; at += r.columns {
			err = r.out.add(rows[at : at+r.columns])
		}
		r.free <- rows[:0]
	}
	r.ended <- err
}

// add takes the next row. An error in writing it comes to light in finish.
func (r *relay) add(cells []cell) error {
	r.filled = append(r.filled, cells...)
	if len(r.filled) == cap(r.filled) {
		r.full <- r.filled
		r.filled = <-r.free
	}
	return nil
}

// finish waits until all rows are written and ends the file.
func (r *relay) finish() error {
	r.full <- r.filled
	if err := r.stop(); err != nil {
		return err
	}
	return r.out.finish()
}

// stop ends the writing, with what was handed over.
func (r *relay) stop() error {
	if r.done {
		return nil
	}
	r.done = true
	close(r.full)
	return <-r.ended
}
