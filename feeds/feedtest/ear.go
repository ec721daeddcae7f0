package feedtest

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// ear keeps what a client is answered.
type ear struct {
	next http.RoundTripper

	mu    sync.Mutex
	texts []string
}

// RoundTrip passes a request on and listens to the answer.
func (e *ear) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := e.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	e.mu.Lock()
	defer e.mu.Unlock()
	e.texts = append(e.texts, string(body))
	return response, nil
}

func (e *ear) heard(text string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.ContainsFunc(e.texts, func(answer string) bool { return strings.Contains(answer, text) })
}
