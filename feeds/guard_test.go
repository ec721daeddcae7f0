package feeds

import (
	"errors"
	"strings"
	"testing"
)

func TestGuardTellsWhatPanickedAndWhere(t *testing.T) {
	var none []int
	for name, work := range map[string]func() error{
		"index out of range [3]": func() error { none[3]++; return nil },
		"no such thing":          func() error { panic("no such thing") },
		"nil pointer":            func() error { var p *struct{ n int }; p.n++; return nil },
	} {
		err := Guard(work)
		if err == nil || !strings.Contains(err.Error(), "this is a bug") || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "TestGuardTellsWhatPanickedAndWhere") ||
			!strings.Contains(err.Error(), "guard_test.go:") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGuardReturnsWhatTheWorkReturns(t *testing.T) {
	full := errors.New("full")
	if err := Guard(func() error { return full }); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	if err := Guard(func() error { return nil }); err != nil {
		t.Errorf("got %v", err)
	}
}
