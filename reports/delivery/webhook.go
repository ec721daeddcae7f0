package delivery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"
)

// The forms in which chats take a message.
const (
	FormatText    = "text"    // {"text": …}: Slack, Mattermost, Rocket.Chat, Google Chat
	FormatTeams   = "teams"   // an adaptive card: Microsoft Teams workflows
	FormatDiscord = "discord" // {"content": …}
)

// Webhook posts the brief to a chat.
type Webhook struct {
	Label   string // our name for it
	URL     string // secret: who knows it may post
	Format  string // FormatText, FormatTeams or FormatDiscord
	Timeout time.Duration
	Wait    time.Duration // before the second try; zero: a second
	Client  *http.Client  // nil: a new one
}

// Name is "webhook" and the label.
func (w Webhook) Name() string { return "webhook " + w.Label }

// Repeatable: nobody wants a message twice.
func (Webhook) Repeatable() bool { return false }

// longestMessage is below what every chat takes: Discord cuts at 2,000 characters.
const longestMessage = 1900

// Deliver posts the brief. arrived tells that the chat may have it: an error then means that its answer got lost.
func (w Webhook) Deliver(ctx context.Context, parcel Parcel) (arrived bool, err error) {
	body, err := w.message(parcel)
	if err != nil {
		return false, finalError{err}
	}
	return persist(ctx, orSecond(w.Wait), func() (bool, error) { return w.post(ctx, body) })
}

func (w Webhook) message(parcel Parcel) ([]byte, error) {
	text := shortened(fmt.Sprintf("tieout %s: %s", parcel.FinanceDay, strings.TrimSpace(parcel.Brief)))
	switch w.Format {
	case FormatDiscord:
		return json.Marshal(map[string]any{"content": text, "allowed_mentions": map[string]any{"parse": []string{}}})
	case FormatTeams:
		block := map[string]any{"type": "TextBlock", "wrap": true, "text": strings.ReplaceAll(text, "\n", "\n\n")}
		card := map[string]any{"type": "AdaptiveCard", "version": "1.2", "body": []any{block}}
		return json.Marshal(map[string]any{"type": "message", "attachments": []any{
			map[string]any{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}}})
	default:
		return json.Marshal(map[string]any{"text": text})
	}
}

// shortened cuts a text at the end of a line.
func shortened(text string) string {
	if len(text) <= longestMessage {
		return text
	}
	text = strings.ToValidUTF8(text[:longestMessage], "")
	if end := strings.LastIndexByte(text, '\n'); end > 0 {
		text = text[:end]
	}
	return text + "\n…"
}

// post is one try. An answer is an answer, also a refusal; a request that was written and not answered may have arrived.
func (w Webhook) post(ctx context.Context, body []byte) (arrived bool, err error) {
	timeout := w.Timeout
	if timeout <= 0 {
		timeout = 30 * time.Second
	}
	ctx, stop := context.WithTimeout(ctx, timeout)
	defer stop()
	var written atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { written.Store(true) }})
	request, err := http.NewRequestWithContext(traced, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return false, finalError{errors.New("the webhook's URL cannot be read")} // the cause would print it
	}
	request.Header.Set("Content-Type", "application/json")
	request.GetBody = nil // or the client would send it again by itself on a connection that broke
	answer, err := w.client().Do(request)
	if err != nil {
		return written.Load(), fmt.Errorf("post to the webhook: %w", withoutURL(err))
	}
	defer answer.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(answer.Body, 200)) // what it says helps, and does not decide
	if answer.StatusCode/100 == 2 {
		return true, nil
	}
	err = fmt.Errorf("post to the webhook: it answered %d: %s", answer.StatusCode, strings.TrimSpace(string(said)))
	if answer.StatusCode != http.StatusTooManyRequests && answer.StatusCode < 500 {
		return false, finalError{err}
	}
	return false, err
}

func (w Webhook) client() *http.Client {
	client := http.Client{}
	if w.Client != nil {
		client = *w.Client
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// withoutURL keeps the cause alone: the URL is a secret.
func withoutURL(err error) error {
	if cause := errors.Unwrap(err); cause != nil {
		return cause
	}
	return err
}
