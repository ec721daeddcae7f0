package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/user"
	"testing"
	"time"

	"tieout/feeds/simulator"
	"tieout/reconcile"
	"tieout/sql/store"
)

// Who decides is a person: the one named, or the user of the system where that has a person's name.
func TestWhoDecides(t *testing.T) {
	tests := []struct {
		name, given string
		system      user.User
		err         error
		want        string // empty: exit code 2
	}{
		{"named", "ann", user.User{Username: "root", Uid: "0"}, nil, "ann"},
		{"the user of the system", "", user.User{Username: "ann", Uid: "1000"}, nil, "ann"},
		{"root", "", user.User{Username: "root", Uid: "0"}, nil, ""},
		{"a user without a name", "", user.User{Uid: "65532"}, nil, ""},
		{"a user whose name is a number", "", user.User{Username: "65532", Uid: "65532"}, nil, ""},
		{"no user", "", user.User{Username: "ann"}, errors.New("unknown userid 65532"), ""},
	}
	for _, test := range tests {
		got, err := person(test.given, func() (*user.User, error) { return &test.system, test.err })
		if got != test.want || (err != nil) != (test.want == "") || err != nil && exitCode(err) != exitWrong {
			t.Errorf("%s: %q, %v; want %q", test.name, got, err, test.want)
		}
	}
}

// What changes while the question stands on the terminal is not what the answer was about.
func TestAnAnswerHoldsForWhatWasAsked(t *testing.T) {
	s := newScene(t, sqliteApart, newWorld(t, simulator.Config{Seed: 11, Orders: 2, Stories: map[string]int{"paid": 1}}))
	s.moveTo(firstDay)
	execute(t, inDatabase(t, s.shop), "UPDATE shop_orders SET total_minor = total_minor + 1")
	s.must("run", "--as-of", firstDay.Format(time.RFC3339))
	tieoutDB := inDatabase(t, s.database)
	ids := texts(t, tieoutDB, "SELECT id FROM tieout_exceptions WHERE code = 'AMOUNT_MISMATCH' ORDER BY id")
	if len(ids) != 2 {
		t.Fatalf("%d exceptions, want 2", len(ids))
	}
	change := &exceptionChange{
		verb: "resolve", filter: store.ExceptionFilter{Codes: []string{"AMOUNT_MISMATCH"}},
		handling: reconcile.Handling{To: reconcile.StatusResolved, Who: "ann", Reason: reconcile.ReasonWrittenOff, At: firstDay},
	}
	answer := func(meanwhile func()) io.Reader {
		return readerFunc(func(p []byte) (int, error) {
			meanwhile()
			return copy(p, "y\n"), nil
		})
	}
	a := &app{configPath: s.config, stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}}
	err := a.changeExceptions(context.Background(), change, answer(func() { s.must("exceptions", "acknowledge", "--by", "bob", ids[0]) }))
	if !errors.Is(err, store.ErrOtherPlan) || exitCode(err) != exitWrong {
		t.Errorf("one was acknowledged while the question stood: %v", err)
	}
	if resolved := texts(t, tieoutDB, "SELECT id FROM tieout_exceptions WHERE status = 'resolved'"); len(resolved) != 0 {
		t.Errorf("%d were resolved all the same", len(resolved))
	}
	change.expect = ""
	if err := a.changeExceptions(context.Background(), change, answer(func() {})); err != nil {
		t.Error(err)
	}
	if resolved := texts(t, tieoutDB, "SELECT id FROM tieout_exceptions WHERE status = 'resolved'"); len(resolved) != 2 {
		t.Errorf("%d were resolved, want 2", len(resolved))
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
