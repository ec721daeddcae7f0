package trustpayments

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// text is a scalar as the gateway writes it. All samples have strings, but a number, a boolean (as 1 or 0) and null (as
// empty) are read too. An object or an array stays as its JSON: no scalar's value equals it, so it is rejected by name
// where a value is needed and does no harm elsewhere.
type text string

// UnmarshalJSON accepts any JSON value.
func (t *text) UnmarshalJSON(raw []byte) error {
	switch {
	case bytes.Equal(raw, []byte("null")):
		*t = ""
	case bytes.Equal(raw, []byte("true")):
		*t = "1"
	case bytes.Equal(raw, []byte("false")):
		*t = "0"
	case raw[0] == '"':
		var value string
		if err := json.Unmarshal(raw, &value); err != nil {
			return err
		}
		*t = text(value)
	default:
		*t = text(raw)
	}
	return nil
}

// list is an array of elements of type T; a value that stands alone is a list of one, null an empty one.
type list[T any] []T

// UnmarshalJSON accepts an array, one element or null.
func (l *list[T]) UnmarshalJSON(raw []byte) error {
	if bytes.Equal(raw, []byte("null")) {
		*l = nil
		return nil
	}
	if raw[0] == '[' {
		return json.Unmarshal(raw, (*[]T)(l))
	}
	*l = make(list[T], 1)
	return json.Unmarshal(raw, &(*l)[0])
}

// envelope is the outside of a reply. The wire says "response"; the vendor's libraries, and documents made with them, say
// "responses" (source document 002).
type envelope struct {
	RequestReference text                  `json:"requestreference"`
	Response         list[json.RawMessage] `json:"response"`
	Responses        list[json.RawMessage] `json:"responses"`
}

// answer is what the gateway said to one request: to a query the records found, to a refund the transaction made.
type answer struct {
	record
	to        text                  // the reference of the request that it answers; empty where it does not say
	ErrorData list[text]            `json:"errordata"`
	Found     text                  `json:"found"`
	Records   list[json.RawMessage] `json:"records"`
}

// decodeAnswer reads the reply to a request of one element. An answer with an errorcode other than 0 is a *businessError.
func decodeAnswer(body []byte) (answer, error) {
	var outside envelope
	if err := json.Unmarshal(body, &outside); err != nil {
		return answer{}, err
	}
	elements := append(outside.Response, outside.Responses...)
	if len(elements) != 1 {
		return answer{}, fmt.Errorf("%d responses to one request", len(elements))
	}
	only := answer{to: outside.RequestReference}
	if err := json.Unmarshal(elements[0], &only); err != nil {
		return answer{}, err
	}
	switch only.ErrorCode {
	case "0":
		return only, nil
	case "":
		return answer{}, errors.New("a response without errorcode")
	default:
		return only, &businessError{code: string(only.ErrorCode), message: string(only.ErrorMessage), data: only.ErrorData}
	}
}

// page is the answer to a query.
type page struct {
	records []json.RawMessage
	found   int // how many the gateway says it found: in all, or those sent (undocumented); those sent when it is silent
}

func (a answer) page() (page, error) {
	if a.Found == "" {
		return page{records: a.Records, found: len(a.Records)}, nil
	}
	found, err := strconv.Atoi(string(a.Found))
	if err != nil {
		return page{}, fmt.Errorf("found %q is not a number", a.Found)
	}
	return page{records: a.Records, found: found}, nil
}

// whole reports whether nothing was cut off: a full page may be one of several, and a count that differs says so.
func (p page) whole(maxRecords int) bool {
	return len(p.records) < maxRecords && p.found == len(p.records)
}
