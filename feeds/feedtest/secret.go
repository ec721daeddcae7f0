package feedtest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

// testSecrets has the server tell the client's own secrets, and a customer's data, in answers of every kind, and prints whatever
// knows them.
func testSecrets(t *testing.T, p Provider) {
	if len(p.Secrets) == 0 || p.Values == nil {
		t.Fatal("Secrets and Values are needed: what must not be told, and what knows it")
	}
	s := newStage(t, p)
	told := strings.Join(append(p.Secrets, p.Personal...), " ")
	for _, status := range []int{200, 302, 400, 401, 403, 404, 409, 429, 500, 502, 503} {
		for _, form := range []string{"text/html", "application/json"} {
			s.each(tell(status, form, told))
			client := s.plain()
			_, err := s.try(context.Background(), client, s.first(), s.shelf())
			s.checkTold(fmt.Sprintf("%d %s", status, form), err, client)
			if denied := errors.Is(err, p.Denied); status == 401 && !denied {
				t.Errorf("%d %s: the error does not say that the credentials were refused: %v", status, form, err)
			}
		}
	}
	s.server.Close()
	client := s.plain()
	_, err := s.try(context.Background(), client, s.first(), s.shelf())
	s.checkTold("nobody listens", err, client)
}

// tell answers everything with what the request brought along, and with what must not be told.
func tell(status int, form, told string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		body, _ := io.ReadAll(r.Body)
		text := fmt.Sprintf("%s %s %s %s", told, r.Header.Get("Authorization"), r.URL, body)
		w.Header().Set("Content-Type", form)
		w.Header().Set("Location", "/elsewhere?"+strings.ReplaceAll(told, " ", "+"))
		w.WriteHeader(status)
		if form == "application/json" {
			quoted, _ := json.Marshal(map[string]any{"told": text})
			text = string(quoted)
		}
		_, _ = io.WriteString(w, text)
		return true
	}
}

// checkTold prints an error, the client and the values that know a secret in every way there is.
func (s *stage) checkTold(when string, err error, client Client) {
	s.t.Helper()
	if err == nil {
		s.t.Errorf("%s: the fetch is said to be whole", when)
		return
	}
	var text bytes.Buffer
	for _, value := range append(s.p.Values(s.connection(nil, patient)), err, client) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X"} {
			fmt.Fprintf(&text, verb+"\n", value)
		}
		encoded, _ := json.Marshal(value) // what does not encode tells nothing
		text.Write(encoded)
		slog.New(slog.NewJSONHandler(&text, nil)).Info("value", "is", value)
		slog.New(slog.NewTextHandler(&text, nil)).Info("value", "is", value)
	}
	for _, secret := range s.p.Secrets {
		for _, form := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), base64.StdEncoding.EncodeToString([]byte(secret))} {
			if at := strings.Index(text.String(), form); at >= 0 {
				s.t.Fatalf("%s: a secret is told: …%.200s", when, text.String()[max(0, at-60):])
			}
		}
	}
	for _, personal := range s.p.Personal {
		if strings.Contains(err.Error(), personal) {
			s.t.Errorf("%s: the error tells of a customer: %v", when, err)
		}
	}
}
