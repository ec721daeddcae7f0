package stripe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestNewNamesEveryMistake(t *testing.T) {
	tests := []struct {
		options Options
		want    []string
	}{
		{Options{}, []string{"feeds.stripe.api_key is empty", "account has no name"}},
		{Options{Key: "pk_live_1", Account: "main"}, []string{"publishable key"}},
		{Options{Key: testKey + "\n", Account: "main"}, []string{"line end"}},
		{Options{Key: testKey, Account: "main", BaseURL: "api.stripe.com"}, []string{"feeds.stripe.base_url"}},
		{Options{Key: testKey, Account: "main", BaseURL: "ftp://api.stripe.com"}, []string{"feeds.stripe.base_url"}},
		{Options{Key: testKey, Account: "main", ReferenceKeys: []string{"metadata."}}, []string{`"metadata."`}},
		{Options{Key: testKey, Account: "main", ReferenceKeys: []string{""}}, []string{"feeds.stripe.reference_keys"}},
	}
	for _, test := range tests {
		_, err := New(test.options)
		for _, want := range test.want {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), testKey) {
				t.Errorf("%v: error %v, want %q", test.options, err, want)
			}
		}
	}
}

func TestTheKeyDoesNotPrint(t *testing.T) {
	options := Options{Key: testKey, Account: "main"}
	client, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		fmt.Fprintf(&text, verb+verb+verb, options, &options, client)
	}
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&text, nil), slog.NewTextHandler(&text, nil)} {
		slog.New(handler).Info("x", "options", options, "client", client)
	}
	encoded, err := json.Marshal(struct {
		Options Options
		Client  *Client
	}{options, client})
	if err != nil {
		t.Fatal(err)
	}
	text.Write(encoded)
	if strings.Contains(text.String(), testKey) || strings.Contains(text.String(), fmt.Sprintf("%x", testKey)) {
		t.Errorf("the key prints: %s", text.String())
	}
	if client.Feed() != "stripe" || client.Account() != "main" {
		t.Errorf("feed %q, account %q", client.Feed(), client.Account())
	}
}
