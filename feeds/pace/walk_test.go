package pace

import (
	"context"
	"strings"
	"testing"
)

// brittle is a walk over numbers, of which one panics.
type brittle struct{ taken int }

func (*brittle) Ask(_ context.Context, n int) (int, error) {
	if n == 3 {
		panic("three of all numbers")
	}
	return n, nil
}

func (*brittle) Rest(int, int, int) ([]int, error) { return nil, nil }

func (b *brittle) Take(context.Context, int) error { b.taken++; return nil }

// A panic in a request is the walk's error, wherever it was asked: in a goroutine, nobody else could catch it.
func TestAPanicInARequestIsTheError(t *testing.T) {
	walker := &brittle{}
	err := Walk(t.Context(), []int{1, 2, 3, 4, 5, 6}, func() int { return 2 }, walker)
	if err == nil || !strings.Contains(err.Error(), "three of all numbers") || !strings.Contains(err.Error(), "walk_test.go") {
		t.Errorf("error %v", err)
	}
	if walker.taken > 4 {
		t.Errorf("%d answers were taken after the panic", walker.taken)
	}
}
