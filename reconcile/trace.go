package reconcile

import (
	"time"

	"tieout/reconcile/money"
)

// Topics of a question besides the codes.
const (
	TopicMatched = "matched"
	TopicCancel  = "cancel"
	TopicRefund  = "refund"
)

// Question is what a judgement asked: is this code to be raised about this object, may this order be canceled, may this
// refund be made. The answer is yes when every one of its conditions held; one that did not hold ends the question.
type Question struct {
	Topic      string // a Code or one of the topics above
	Feed       string // of what it is about
	Account    string
	About      string // the transaction reference that the exception has, the order, or the refund asked for
	Conditions []Condition
}

// Yes reports whether every condition held.
func (q Question) Yes() bool {
	for _, condition := range q.Conditions {
		if !condition.Held {
			return false
		}
	}
	return len(q.Conditions) > 0
}

// Condition is one thing that was asked, with the two values that were compared.
type Condition struct {
	Asks        string
	Held        bool
	Left, Right Value // Right is empty where one value says it all
}

// Value is one side of a comparison. One of Amount, At and Text is set.
type Value struct {
	Who    string // whose it is: "the order says", "now"
	Amount money.Amount
	At     time.Time
	Text   string
}

// Empty reports whether the value says nothing.
func (v Value) Empty() bool { return v == Value{} }

// String writes the value for people, without whose it is.
func (v Value) String() string {
	switch {
	case v.Amount.Currency != "":
		return v.Amount.String()
	case !v.At.IsZero():
		return at(v.At)
	default:
		return v.Text
	}
}

// Review is an instant at which time alone may change the answer, and what is then so.
type Review struct {
	At   time.Time
	Then string
}

// trace collects the questions of a judgement. Judge has none: its methods do nothing on nil, and take nothing that
// would have to be made for them.
type trace struct {
	questions []Question
	current   int
	reviews   []Review
}

// open begins a question. The conditions that follow are its, until another one is opened.
func (t *trace) open(topic string, of Key, about string) {
	if t == nil {
		return
	}
	t.questions = append(t.questions, Question{Topic: topic, Feed: of.Feed, Account: of.Account, About: about})
	t.current = len(t.questions) - 1
}

// resume goes back to the last question of a topic.
func (t *trace) resume(topic string) {
	if t == nil {
		return
	}
	for i := range t.questions {
		if t.questions[i].Topic == topic {
			t.current = i
		}
	}
}

func (t *trace) note(asks string, held bool, left, right Value) {
	if t == nil {
		return
	}
	question := &t.questions[t.current]
	question.Conditions = append(question.Conditions, Condition{Asks: asks, Held: held, Left: left, Right: right})
}

func (t *trace) review(at time.Time, then string) {
	if t != nil {
		t.reviews = append(t.reviews, Review{At: at, Then: then})
	}
}

// given notes a condition that needs no figures, and returns whether it holds.
func (j *judge) given(asks string, held bool) bool {
	if j.trace != nil {
		text := "no"
		if held {
			text = "yes"
		}
		j.trace.note(asks, held, Value{Who: "it is so", Text: text}, Value{})
	}
	return held
}

// unless is given for what must not be: it returns whether that was found.
func (j *judge) unless(asks string, found bool) bool {
	if j.trace != nil {
		text := "none"
		if found {
			text = "at least one"
		}
		j.trace.note(asks, !found, Value{Who: "found", Text: text}, Value{})
	}
	return found
}

// rulesOut notes that something else would explain the missing payment, with the reason that was settled on if so.
func (j *judge) rulesOut(asks string, found bool) bool {
	if j.trace == nil {
		return found
	}
	j.trace.resume(string(MissingAtProvider))
	value := Value{Who: "it is so", Text: "yes"}
	if found {
		value = Value{Who: "because:", Text: j.explains()}
	}
	j.trace.note(asks, !found, value, Value{})
	return found
}

// explains is what explains a missing payment: the reason settled on, or else the exception just raised.
func (j *judge) explains() string {
	if n := len(j.verdict.Exceptions); j.reason == "" && n > 0 {
		return j.verdict.Exceptions[n-1].Explanation
	}
	return j.reason
}
