package reports

const (
	batchRows = 128 // rows in a batch
	batches   = 4   // batches of a relay
)

// relay has batches written by a goroutine of its own while the next ones are filled: writing rows takes about as long as all that comes
// before. The memory of the batches is used again. After an error nothing more is written.
type relay[B any] struct {
	full  chan B
	free  chan B
	ended chan error
	done  bool
}

// newRelay makes its batches by blank and has each full one written by write.
func newRelay[B any](blank func() B, write func(B) error) *relay[B] {
	r := &relay[B]{full: make(chan B), free: make(chan B, batches), ended: make(chan error, 1)}
	for range batches {
		r.free <- blank()
	}
	go func() {
		var err error
		for batch := range r.full {
			if err == nil {
				err = write(batch)
			}
			r.free <- batch
		}
		r.ended <- err
	}()
	return r
}

// first is a batch to fill.
func (r *relay[B]) first() B { return <-r.free }

// hand takes a full batch and returns the next one to fill, with what it held before.
func (r *relay[B]) hand(batch B) B {
	r.full <- batch
	return <-r.free
}

// close waits until all that was handed over is written, and returns the first error. Closed again, it does nothing.
func (r *relay[B]) close() error {
	if r.done {
		return nil
	}
	r.done = true
	close(r.full)
	return <-r.ended
}
