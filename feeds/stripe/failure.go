package stripe

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	stripego "github.com/stripe/stripe-go/v76"
)

// ErrUnauthorized says that Stripe refused the key, or that the key may not do what was asked: a mistake in the
// configuration, which a retry does not mend (exit code 2).
var ErrUnauthorized = errors.New("not authorised at Stripe")

var errNotSuccess = errors.New("no success")

// failure is one call that did not succeed, told in a sentence without a secret and without a customer: what Stripe's own
// error says is told, the body of any other answer is not.
type failure struct {
	text    string
	cause   error           // for errors.Is
	answer  *stripego.Error // Stripe's own error, if it gave one
	status  int             // of the answer; zero when none came
	sent    bool            // bytes may have reached Stripe
	passing bool            // the same call may succeed later
}

// Error tells what failed.
func (f *failure) Error() string { return f.text }

// Unwrap returns ErrUnauthorized, or what broke the connection.
func (f *failure) Unwrap() error { return f.cause }

// notThere reports whether Stripe says that an object does not exist, as opposed to a path that nobody serves.
func notThere(err error) bool {
	var failed *failure
	return errors.As(err, &failed) && failed.status == http.StatusNotFound &&
		failed.answer != nil && failed.answer.Code == stripego.ErrorCodeResourceMissing
}

// explain judges what came of a call.
func (c *caller) explain(met *exchange, err error) *failure {
	failed := &failure{status: met.status, sent: met.connected, passing: passing(met, err)}
	errors.As(err, &failed.answer)
	switch met.status {
	case 0:
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err // without the URL, which says nothing that the caller does not say better
		}
		failed.cause = err
		failed.text = fmt.Sprintf("no answer: %v", err)
	case http.StatusUnauthorized:
		failed.cause = ErrUnauthorized
		failed.text = "Stripe refused the key (401): check feeds.stripe.api_key"
	case http.StatusForbidden:
		failed.cause = ErrUnauthorized
		failed.text = "the key may not do this (403): check feeds.stripe.api_key and its permissions" + detail(failed.answer)
	default:
		failed.text = describe(met.status, failed.answer)
	}
	failed.text = strings.ReplaceAll(failed.text, c.key, "<secret>")
	return failed
}

// passing reports whether the same call may succeed later: no answer, one cut short or no JSON, too many requests (429),
// a lock held by another (409), or trouble at Stripe or before it (5xx).
func passing(met *exchange, err error) bool {
	var certificate *tls.CertificateVerificationError
	if met.keepAway || errors.As(err, &certificate) {
		return false
	}
	switch met.status {
	case 0, http.StatusOK, http.StatusConflict, http.StatusTooManyRequests:
		return true
	}
	return met.status >= 500
}

func describe(status int, answer *stripego.Error) string {
	switch {
	case answer != nil:
		return fmt.Sprintf("Stripe answered %d%s", status, detail(answer))
	case status == http.StatusOK:
		return "the answer is cut short or is not the JSON that Stripe gives"
	}
	return fmt.Sprintf("the answer was %d and not from Stripe's API: is something between, or is feeds.stripe.base_url wrong?", status)
}

// detail tells Stripe's type, code, message and request id, as far as given.
func detail(answer *stripego.Error) string {
	if answer == nil {
		return ""
	}
	text := " " + string(answer.Type)
	if answer.Code != "" {
		text += " " + string(answer.Code)
	}
	if answer.Msg != "" {
		text += ": " + strings.TrimSuffix(answer.Msg, ".")
	}
	if answer.RequestID != "" {
		text += " (request " + answer.RequestID + ")"
	}
	return text
}
