package stripe

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"tieout/feeds"
	"tieout/reconcile/money"
)

// reader reads one object by paths and keeps the first thing that is wrong with it. What is absent is never read as zero.
type reader struct {
	object  feeds.JSON
	problem string
}

func newReader(body []byte) *reader {
	r := &reader{}
	object, err := feeds.ParseJSON(string(body))
	if err != nil || !object.IsObject() {
		r.fail("not a JSON object")
		return r
	}
	r.object = object
	return r
}

// fail notes a problem; the first one stands.
func (r *reader) fail(format string, values ...any) {
	if r.problem == "" {
		r.problem = fmt.Sprintf(format, values...)
	}
}

// each returns a reader of each object of an array. What is no object is read as an empty one.
func (r *reader) each(path string) []*reader {
	var readers []*reader
	for element := range r.object.At(path).Elements() {
		readers = append(readers, &reader{object: element})
	}
	return readers
}

// text returns a string, or nothing. A string with a NUL is a problem: PostgreSQL stores none.
func (r *reader) text(path string) string {
	text := r.object.At(path).Text()
	if strings.IndexByte(text, 0) >= 0 {
		r.fail("%s holds a NUL character", path)
		return ""
	}
	return text
}

// id returns the id of another object, which Stripe gives as the id or as the object.
func (r *reader) id(path string) string {
	if id := r.text(path); id != "" {
		return id
	}
	return r.text(path + ".id")
}

// is reports whether a flag is given and has this value.
func (r *reader) is(path string, value bool) bool {
	flag, ok := r.object.At(path).Flag()
	return ok && flag == value
}

// given reports whether there is anything but null at a path.
func (r *reader) given(path string) bool { return r.object.At(path).Given() }

// whole returns a whole number. Absent, fractional or out of range is a problem.
func (r *reader) whole(path string) int64 {
	value := r.object.At(path)
	number, ok := value.Number()
	switch {
	case !value.Given():
		r.fail("%s is missing", path)
	case !ok:
		r.fail("%s is not a number", path)
	default:
		whole, err := strconv.ParseInt(number, 10, 64)
		if err == nil && whole != math.MinInt64 { // which has no negative
			return whole
		}
		r.fail("%s %s is not a whole number in range", path, number)
	}
	return 0
}

// amount returns an amount of money, which may be negative, in the object's currency.
func (r *reader) amount(path string) money.Amount {
	minor, currency := r.whole(path), r.text("currency")
	if r.problem != "" {
		return money.Amount{}
	}
	amount, err := fromStripe(minor, currency)
	if err != nil {
		r.fail("%v", err)
	}
	return amount
}

// positive returns an amount of money that may not be negative.
func (r *reader) positive(path string) money.Amount {
	amount := r.amount(path)
	if amount.Minor < 0 {
		r.fail("%s %d is negative", path, amount.Minor)
	}
	return amount
}

const year10000 = 253402300800 // the first second that RFC 3339 cannot write

// instant returns the time of a Unix second, which must be there.
func (r *reader) instant(path string) time.Time {
	seconds := r.whole(path)
	if r.problem == "" && (seconds <= 0 || seconds >= year10000) {
		r.fail("%s %d is no time", path, seconds)
	}
	if r.problem != "" {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// instantIfGiven returns the time of a Unix second, or zero where it is absent or null.
func (r *reader) instantIfGiven(path string) time.Time {
	if !r.given(path) {
		return time.Time{}
	}
	return r.instant(path)
}

// join writes a code and what it means as one sentence, as far as given.
func join(code, meaning string) string {
	if code != "" && meaning != "" {
		return code + ": " + meaning
	}
	return code + meaning
}
