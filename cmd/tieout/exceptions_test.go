package main

import (
	"errors"
	"os/user"
	"testing"
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
