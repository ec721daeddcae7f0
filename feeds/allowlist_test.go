package feeds

import (
	"strings"
	"testing"
)

func TestAllowListKeepsOnlyWhatItNames(t *testing.T) {
	list := NewAllowList("id", "amount", "metadata.order_id", "source.id", "refunds.data.id", "flow")
	for name, test := range map[string]struct{ raw, want string }{
		"personal data goes":            {`{"id":"ch_1","receipt_email":"a@example.com","billing_details":{"name":"A"}}`, `{"id":"ch_1"}`},
		"keys are sorted":               {`{"id":"ch_1","amount":5}`, `{"amount":5,"id":"ch_1"}`},
		"numbers stay as written":       {`{"amount":1.50,"id":12345678901234567890}`, `{"amount":1.50,"id":12345678901234567890}`},
		"one key of an object":          {`{"metadata":{"order_id":"A-1","email":"a@example.com"}}`, `{"metadata":{"order_id":"A-1"}}`},
		"an id in place of an object":   {`{"source":"src_1"}`, `{"source":"src_1"}`},
		"through an array":              {`{"refunds":{"data":[{"id":"re_1","note":"x"},{"id":"re_2"}]}}`, `{"refunds":{"data":[{"id":"re_1"},{"id":"re_2"}]}}`},
		"all below a name":              {`{"flow":{"a":[1,{"b":null}]}}`, `{"flow":{"a":[1,{"b":null}]}}`},
		"no escape that was not there":  {`{"id":"<a&b>"}`, `{"id":"<a&b>"}`},
		"what is not there is not made": {`{}`, `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := list.Apply([]byte(test.raw))
			if err != nil || string(got) != test.want {
				t.Errorf("got %s, error %v; want %s", got, err, test.want)
			}
		})
	}
}

func TestAllowListRefusesWhatIsNoObject(t *testing.T) {
	for _, raw := range []string{``, `null`, `"ch_1"`, `[{"id":"ch_1"}]`, `{"id":`, `{"id":"a"}{"id":"b"}`} {
		if got, err := NewAllowList("id").Apply([]byte(raw)); err == nil {
			t.Errorf("%q became %s", raw, got)
		}
	}
}

// A row that cannot be keyed is kept all the same: under an id of its own, the same each time, and without what is not
// allowed where it is an object.
func TestUnreadableRowsAreKept(t *testing.T) {
	list := NewAllowList("amount")
	object := list.Unreadable("stripe", "main", "charge", []byte(`{"amount":5,"email":"a@example.com"}`))
	again := list.Unreadable("stripe", "main", "charge", []byte(`{"amount":5,"email":"a@example.com"}`))
	other := list.Unreadable("stripe", "main", "charge", []byte(`{"amount":6}`))
	text := list.Unreadable("stripe", "main", "charge", []byte(`<html>`))
	if string(object.Body) != `{"amount":5}` || object.Key != again.Key || object.Key == other.Key {
		t.Errorf("object %s %v, again %v, another %v", object.Body, object.Key, again.Key, other.Key)
	}
	if string(text.Body) != `{"unreadable":"<html>"}` || !strings.HasPrefix(text.Key.ID, "unreadable-") || text.Key.Kind != "charge" {
		t.Errorf("text %s under %v", text.Body, text.Key)
	}
}
