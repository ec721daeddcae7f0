package feedtest

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

var (
	errPaperDenied  = errors.New("paper refused the key")
	errPaperUnknown = errors.New("paper does not know it")
	errPaperRefused = errors.New("paper refused")
)

// paperClient reads paper, with at most one mistake.
type paperClient struct {
	connection Connection
	key        string
	mistake    string
}

func (c *paperClient) Feed() string { return "paper" }

func (c *paperClient) Account() string { return "main" }

func (c *paperClient) Format(f fmt.State, _ rune) {
	fmt.Fprint(f, "client of paper")
	if c.mistake == "the key prints" {
		fmt.Fprint(f, c.key)
	}
}

// once sends a request and decodes the answer. sent tells whether a connection was there.
func (c *paperClient) once(ctx context.Context, method, path string, body, answer any) (wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.connection.Timeout)
	defer cancel()
	encoded, _ := json.Marshal(body)
	request, err := http.NewRequestWithContext(ctx, method, c.connection.Base+path, bytes.NewReader(encoded))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+c.key)
	response, err := (&http.Client{Transport: c.connection.HTTP.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	wait = time.Duration(seconds) * time.Second
	text, err := io.ReadAll(response.Body)
	switch {
	case response.StatusCode == http.StatusUnauthorized:
		return 0, errPaperDenied
	case response.StatusCode == http.StatusNotFound && bytes.Equal(bytes.TrimSpace(text), []byte(`"unknown"`)):
		return 0, errPaperUnknown
	case response.StatusCode == http.StatusConflict && bytes.Equal(bytes.TrimSpace(text), []byte(`"too much"`)):
		return 0, errPaperRefused
	case response.StatusCode != http.StatusOK:
		return wait, fmt.Errorf("paper answered %d", response.StatusCode)
	case err != nil:
		return 0, err
	case c.mistake == "what cannot be read is an empty page" && !json.Valid(text):
		text = []byte(`{"data":[]}`)
	}
	if json.Unmarshal(text, answer) != nil {
		return 0, errors.New("paper's answer cannot be read")
	}
	return 0, nil
}

// get reads, and tries again where that may help.
func (c *paperClient) get(ctx context.Context, path string, answer any) error {
	for try := 0; ; try++ {
		wait, err := c.once(ctx, http.MethodGet, path, nil, answer)
		var certificate *tls.CertificateVerificationError
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil && c.mistake != "the context's error is lost":
			return ctx.Err()
		case ctx.Err() != nil:
			return errors.New("something ended the fetch")
		case c.mistake == "the key is in the error":
			return fmt.Errorf("with key %s: %w", c.key, err)
		case try == 4, c.mistake == "nothing is tried again", errors.Is(err, errPaperDenied), errors.Is(err, errPaperUnknown), errors.As(err, &certificate):
			return err
		}
		select {
		case <-time.After(max(wait, c.connection.RetryWait)):
		case <-ctx.Done():
		}
	}
}

// paperRun is one fetch.
type paperRun struct {
	c     *paperClient
	sink  feeds.Sink
	tally feeds.Tally
	seen  map[string]bool
	names map[string]bool // payments that refunds name
}

func (c *paperClient) run(sink feeds.Sink) *paperRun {
	return &paperRun{c: c, sink: sink, seen: map[string]bool{}, names: map[string]bool{}}
}

func (c *paperClient) Fetch(ctx context.Context, request feeds.Request) (feeds.Tally, error) {
	r := c.run(request.Sink)
	return r.tallied(r.fetch(ctx, request))
}

func (r *paperRun) tallied(err error) (feeds.Tally, error) { return r.tally, err }

func (r *paperRun) fetch(ctx context.Context, request feeds.Request) error {
	if half := request.Window.From.Add(request.Window.To.Sub(request.Window.From) / 2); half.Sub(request.Window.From) > 30*day {
		first := reconcile.Window{From: request.Window.From, To: half}
		for _, kind := range []string{"payment", "refund"}[:r.c.kindsOfHalf()] {
			if err := r.list(ctx, kind, first); err != nil {
				return err
			}
		}
		if err := request.ReadThrough(ctx, half); err != nil && r.c.mistake != "that nobody keeps how far it is goes unheard" {
			return err
		}
		request.Window.From = half
	}
	wanted := map[string][]string{}
	for _, kind := range []string{"payment", "refund"} {
		if err := r.list(ctx, kind, request.Window); err != nil {
			return err
		}
		open, err := request.Memory.Open(ctx, kind)
		if err != nil {
			return err
		}
		if r.c.mistake != "what is open is not read again" {
			wanted[kind] = open
		}
	}
	var named []string
	for id := range r.names {
		named = append(named, id)
	}
	missing, err := request.Memory.Missing(ctx, "payment", named)
	if err != nil {
		return err
	}
	wanted["payment"] = append(wanted["payment"], missing...)
	for _, id := range request.Named {
		if strings.HasPrefix(id, "pp_") && r.c.mistake != "what is named is not read" {
			wanted["payment"] = append(wanted["payment"], id)
		}
	}
	for _, kind := range []string{"payment", "refund"} {
		for _, id := range wanted[kind] {
			if err := r.read(ctx, kind, id); err != nil && !errors.Is(err, errPaperUnknown) {
				return err
			}
		}
	}
	return nil
}

// kindsOfHalf is how many kinds are read before it is said that all was.
func (c *paperClient) kindsOfHalf() int {
	if c.mistake == "it says to be further than it is" {
		return 1
	}
	return 2
}

func (r *paperRun) list(ctx context.Context, kind string, window reconcile.Window) error {
	from, to := window.From.Unix(), window.To.Add(time.Second-1).Unix()
	switch r.c.mistake {
	case "the end belongs to the window":
		to++
	case "the beginning does not":
		from++
	}
	if from >= to {
		return nil
	}
	used, offset := map[string]bool{"": true}, 0
	for cursor := ""; ; {
		query := url.Values{"limit": {"7"}, "from": {strconv.FormatInt(from, 10)}, "to": {strconv.FormatInt(to, 10)}}
		if r.c.mistake == "pages are counted from the top" {
			query.Set("offset", strconv.Itoa(offset))
		} else if cursor != "" {
			query.Set("starting_after", cursor)
		}
		var page paperList
		if err := r.c.get(ctx, "/"+kind+"?"+query.Encode(), &page); err != nil {
			return fmt.Errorf("list %ss: %w", kind, err)
		}
		if page.Data == nil {
			return fmt.Errorf("list %ss: no list", kind)
		}
		if page.HasMore && r.c.mistake == "the last page is not read" && cursor != "" {
			return nil
		}
		if err := r.take(ctx, kind, *page.Data); err != nil {
			return err
		}
		if !page.HasMore {
			return nil
		}
		offset += len(*page.Data)
		if len(*page.Data) > 0 {
			var last paperObject
			_ = json.Unmarshal((*page.Data)[len(*page.Data)-1], &last)
			cursor = last.ID
		}
		if used[cursor] && r.c.mistake == "a cursor that stands still is the end" {
			return nil
		}
		if used[cursor] {
			return fmt.Errorf("list %ss: it says that there is more and stands still", kind)
		}
		used[cursor] = true
	}
}

func (r *paperRun) read(ctx context.Context, kind, id string) error {
	if r.seen[kind+id] {
		return nil
	}
	var raw json.RawMessage
	if err := r.c.get(ctx, "/"+kind+"/"+url.PathEscape(id), &raw); err != nil {
		return err
	}
	return r.take(ctx, kind, []json.RawMessage{raw})
}

// take hands objects over, without e-mail.
func (r *paperRun) take(ctx context.Context, kind string, data []json.RawMessage) error {
	var batch []feeds.Observation
	for _, raw := range data {
		var o paperObject
		if err := json.Unmarshal(raw, &o); err != nil || r.seen[kind+o.ID] && r.c.mistake != "pages are counted from the top" {
			continue
		}
		r.seen[kind+o.ID] = true
		r.tally.Read++
		if o.Live && r.c.mistake != "the other mode is handed over" {
			if r.c.mistake != "the other mode is not counted" {
				r.tally.OtherMode++
			}
			continue
		}
		if r.c.mistake != "e-mail is kept" {
			o.Email = ""
		}
		if r.c.mistake == "bodies differ from fetch to fetch" {
			o.Email = time.Now().Format(time.StampNano)
		}
		if o.Payment != "" {
			r.names[o.Payment] = true
		}
		body, _ := json.Marshal(o)
		key := reconcile.Key{Feed: "paper", Account: "main", Kind: kind, ID: o.ID}
		if r.c.mistake == "another account" {
			key.Account = "other"
		}
		batch = append(batch, feeds.Observation{Key: key, Body: body})
	}
	if len(batch) == 0 {
		return nil
	}
	return r.hand(ctx, batch)
}

func (r *paperRun) hand(ctx context.Context, batch []feeds.Observation) error {
	err := r.sink.Observe(ctx, batch)
	switch r.c.mistake {
	case "a page is handed over twice":
		err = r.sink.Observe(ctx, batch)
	case "the sink's error is lost":
		err = nil
	case "two goroutines call the sink":
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() { _ = r.sink.Observe(ctx, nil) })
		}
		group.Wait()
	}
	return err
}

func (c *paperClient) Recheck(ctx context.Context, recheck feeds.Recheck) (feeds.Tally, error) {
	r := c.run(recheck.Sink)
	for _, key := range recheck.IDs {
		if key.Feed != "paper" || c.mistake == "what is held is not read again" {
			continue
		}
		if err := r.read(ctx, key.Kind, key.ID); err != nil && c.mistake != "what is gone is no error" {
			return r.tallied(err)
		}
	}
	return r.tallied(r.list(ctx, "payment", recheck.Since))
}

// Refund looks for the refund by its name, and sends it once.
func (c *paperClient) Refund(ctx context.Context, instruction feeds.RefundInstruction) (feeds.RefundOutcome, error) {
	payment := instruction.Payment
	if payment.Kind != "payment" || payment.ID == "" || instruction.Amount < 1 {
		return feeds.RefundOutcome{}, errors.New("no payment of paper's, or no amount")
	}
	earlier, err := c.refundsOf(ctx, payment.ID)
	if err != nil {
		return feeds.RefundOutcome{}, err
	}
	named := slices.IndexFunc(earlier, func(o paperObject) bool {
		return o.Name == instruction.Reference && (o.Status != "failed" || c.mistake != "a failed refund is sent again")
	})
	if named >= 0 && c.mistake != "earlier refunds are not looked for" {
		return paperOutcome(earlier[named]), nil
	}
	var made paperObject
	body := paperObject{Payment: payment.ID, Amount: instruction.Amount, Name: instruction.Reference}
	_, err = c.once(ctx, http.MethodPost, "/refund", body, &made)
	if err != nil && c.mistake == "a refund is sent again" {
		_, err = c.once(ctx, http.MethodPost, "/refund", body, &made)
	}
	return c.refunded(made, err)
}

func (c *paperClient) refundsOf(ctx context.Context, payment string) ([]paperObject, error) {
	var page paperList
	if err := c.get(ctx, "/refund?limit=7&from=0&to=9999999999&payment="+url.QueryEscape(payment), &page); err != nil {
		return nil, err
	}
	if page.Data == nil || page.HasMore {
		return nil, errors.New("not all refunds of the payment can be read")
	}
	var refunds []paperObject
	for _, raw := range *page.Data {
		var o paperObject
		if err := json.Unmarshal(raw, &o); err != nil {
			return nil, err
		}
		refunds = append(refunds, o)
	}
	return refunds, nil
}

func paperOutcome(o paperObject) feeds.RefundOutcome {
	if o.Status == "failed" {
		return feeds.RefundOutcome{State: feeds.RefundRefused, Reason: "it failed"}
	}
	return feeds.RefundOutcome{State: feeds.RefundMade, RefundID: o.ID}
}

func (c *paperClient) refunded(made paperObject, err error) (feeds.RefundOutcome, error) {
	var dialed *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case err == nil:
		return paperOutcome(made), nil
	case errors.Is(err, errPaperDenied):
		return feeds.RefundOutcome{}, err
	case (errors.As(err, &dialed) && dialed.Op == "dial" || errors.As(err, &certificate)) && c.mistake != "what was not sent is unknown":
		return feeds.RefundOutcome{}, err
	case errors.Is(err, errPaperRefused) && c.mistake != "a refusal is unknown", c.mistake == "a lost answer is a refusal":
		return feeds.RefundOutcome{State: feeds.RefundRefused, Reason: "too much"}, nil
	}
	return feeds.RefundOutcome{State: feeds.RefundUnknown, Reason: err.Error()}, nil
}
