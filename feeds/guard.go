package feeds

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// Guard does a piece of work, and returns what panicked in it as its error, with the place in the code. A panic is a bug of tieout; it must not
// take down what else a run has to do. In a goroutine of its own nobody else could catch it: the process would end with Go's exit code, 2, which
// tells Kubernetes that the configuration is wrong.
func Guard(work func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("this is a bug, please report it: %v, at %s", cause, placeOfPanic())
		}
	}()
	return work()
}

// placeOfPanic is the innermost line of code that was at work when a deferred function runs because of a panic.
func placeOfPanic() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	panicked := false
	for {
		frame, more := frames.Next()
		if panicked && !strings.HasPrefix(frame.Function, "runtime.") {
			return fmt.Sprintf("%s (%s:%d)", frame.Function, filepath.Base(frame.File), frame.Line)
		}
		panicked = panicked || frame.Function == "runtime.gopanic"
		if !more {
			return "an unknown place"
		}
	}
}
