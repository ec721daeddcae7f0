package feedtest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
)

// StripeFaults are those that only a provider with Stripe's cursors can have.
func StripeFaults() []Fault {
	const list = `{"object":"list","data":[],"has_more":true,"url":"/v1/charges"}`
	return []Fault{
		{Name: "page repeated", Outcome: Dubious, Applies: hasCursor, Instead: withoutCursor},
		{Name: "empty page with has_more", Outcome: Dubious, Applies: isList, Serve: answer(http.StatusOK, "application/json", list)},
	}
}

func hasCursor(r *http.Request) bool { return r.URL.Query().Has("starting_after") }

// withoutCursor asks for the first page where another was asked for.
func withoutCursor(_, r *http.Request) *http.Request {
	sent := r.Clone(r.Context())
	query := sent.URL.Query()
	query.Del("starting_after")
	sent.URL.RawQuery = query.Encode()
	return sent
}

func isList(r *http.Request) bool { return r.URL.Query().Has("limit") }

// TrustPaymentsFaults are those that only the Trust Payments gateway can have. Its answers are all HTTP 200; the codes are those
// of its error list (SecureTrading/st-python-api, data/errormessages.json).
func TrustPaymentsFaults() []Fault {
	faults := []Fault{{Name: "answer to the query before", Outcome: Dubious, Instead: before}}
	for _, code := range []string{"21000", "50003", "60020", "79001", "88000", "90007"} {
		faults = append(faults, Fault{Name: "errorcode " + code, Serve: gatewayError(code)})
	}
	for _, code := range []string{"20000", "21041", "30000", "30001", "60010", "99999"} {
		faults = append(faults, Fault{Name: "errorcode " + code, Outcome: Final, Serve: gatewayError(code)})
	}
	return append(faults, Fault{Name: "errorcode 88000 from then on", Outcome: Final, Stays: true, Serve: gatewayError("88000")})
}

// before asks what was asked just before.
func before(last, r *http.Request) *http.Request {
	sent := r.Clone(r.Context())
	body, err := last.GetBody()
	if err != nil {
		panic("feedtest: the request before cannot be sent again: " + err.Error())
	}
	sent.Body, sent.GetBody, sent.ContentLength = body, last.GetBody, last.ContentLength
	return sent
}

func gatewayError(code string) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		body, _ := io.ReadAll(r.Body)
		reference := `"W23-feedtest"`
		if given := requestReference.FindSubmatch(body); given != nil {
			reference = string(given[1])
		}
		answer(http.StatusOK, "application/json", fmt.Sprintf(`{"requestreference":%s,"version":"1.00","response":[{`+
			`"transactionstartedtimestamp":"2026-03-01 00:00:00","errorcode":%q,"errormessage":"as the suite wants it","requesttypedescription":"ERROR"`+
			`}],"secrand":"x"}`, reference, code))(w, r, next)
	}
}

// requestReference is what the gateway gives back where it was given one.
var requestReference = regexp.MustCompile(`"requestreference":("[^"]*")`)

// BodyHolds reports whether a request's body holds a text, and leaves the body readable.
func BodyHolds(r *http.Request, text string) bool {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return false
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return strings.Contains(string(body), text)
}
