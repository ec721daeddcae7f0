package delivery

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// chat is a real HTTP server that keeps what it is posted, after what it does in answer to it.
type chat struct {
	mu     sync.Mutex
	posted []string
	answer func(n int, w http.ResponseWriter)
}

func (c *chat) open(t *testing.T) Webhook {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		c.mu.Lock()
		c.posted = append(c.posted, string(body))
		n := len(c.posted)
		c.mu.Unlock()
		if c.answer != nil {
			c.answer(n, w)
		}
	}))
	t.Cleanup(server.Close)
	return Webhook{Label: "finance", URL: server.URL + "/hooks/T0P-SECRET", Timeout: 2 * time.Second, Wait: time.Millisecond}
}

func TestWebhookForms(t *testing.T) {
	text := "tieout 2026-03-10: " + strings.TrimSpace(contents["brief.txt"])
	for format, want := range map[string]any{
		FormatText:    map[string]any{"text": text},
		FormatDiscord: map[string]any{"content": text, "allowed_mentions": map[string]any{"parse": []any{}}},
		FormatTeams: map[string]any{"type": "message", "attachments": []any{map[string]any{
			"contentType": "application/vnd.microsoft.card.adaptive",
			"content": map[string]any{"type": "AdaptiveCard", "version": "1.2", "body": []any{
				map[string]any{"type": "TextBlock", "wrap": true, "text": strings.ReplaceAll(text, "\n", "\n\n")}}},
		}}},
	} {
		t.Run(format, func(t *testing.T) {
			c := &chat{}
			hook := c.open(t)
			hook.Format = format
			if arrived, err := hook.Deliver(t.Context(), report(t, contents)); err != nil || !arrived {
				t.Fatalf("arrived %t, error %v", arrived, err)
			}
			var got any
			if err := json.Unmarshal([]byte(strings.Join(c.posted, "")), &got); err != nil {
				t.Fatalf("posted %q: %v", c.posted, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("posted (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWebhookTroubles: an answer decides; no answer to what was written may mean that it arrived, and it is not posted again.
func TestWebhookTroubles(t *testing.T) {
	status := func(codes ...int) func(int, http.ResponseWriter) {
		return func(n int, w http.ResponseWriter) { w.WriteHeader(codes[min(n, len(codes))-1]) }
	}
	hangUp := func(_ int, w http.ResponseWriter) { panic(http.ErrAbortHandler) }
	for _, tc := range []struct {
		name    string
		answer  func(int, http.ResponseWriter)
		arrived bool
		fails   string
		posts   int
	}{
		{"trouble that passes", status(503, 429, 200), true, "", 3},
		{"trouble that stays", status(500), false, "answered 500", tries},
		{"gone", status(404), false, "answered 404", 1},
		{"moved", status(301), false, "answered 301", 1},
		{"no answer", hangUp, true, "EOF", 1},
		{"a late answer", func(int, http.ResponseWriter) { time.Sleep(300 * time.Millisecond) }, true, "deadline", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := &chat{answer: tc.answer}
			hook := c.open(t)
			hook.Timeout = 100 * time.Millisecond
			arrived, err := hook.Deliver(t.Context(), report(t, contents))
			if arrived != tc.arrived || (err == nil) != (tc.fails == "") || err != nil && !strings.Contains(err.Error(), tc.fails) {
				t.Errorf("arrived %t, error %v; want %t, %q", arrived, err, tc.arrived, tc.fails)
			}
			if err != nil && strings.Contains(err.Error(), "T0P-SECRET") {
				t.Errorf("the error holds the URL: %v", err)
			}
			if len(c.posted) != tc.posts {
				t.Errorf("%d posts, want %d", len(c.posted), tc.posts)
			}
		})
	}
	down := Webhook{Label: "down", URL: "http://127.0.0.1:1/T0P-SECRET", Wait: time.Millisecond}
	if arrived, err := down.Deliver(t.Context(), report(t, contents)); arrived || err == nil || strings.Contains(err.Error(), "T0P-SECRET") {
		t.Errorf("nobody listens: arrived %t, error %v", arrived, err)
	}
}

func TestShortened(t *testing.T) {
	long := strings.Repeat("a line of ten euros: 10 €\n", 200)
	if got := shortened(long); len(got) > longestMessage+len("\n…") || !strings.HasSuffix(got, "€\n…") || !strings.HasPrefix(long, strings.TrimSuffix(got, "\n…")) {
		t.Errorf("shortened to %d bytes, ending in %q", len(got), got[len(got)-20:])
	}
}
