package trustpayments

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

const (
	day = 24 * time.Hour

	// searchBatch is how many rows are handed over at once.
	searchBatch = 500

	// nothingFound is the whole of an answer without rows (OpenCart's module for Secure Trading). It is no CSV.
	nothingFound = "No records found for search"

	byteOrderMark = "\uFEFF"
)

// DefaultSearchFields are the optional columns that make a row complete (vendor's article 4402730665233 and OpenCart's module;
// that settledtimestamp, errormessage and livestatus are some is not documented).
func DefaultSearchFields() []string {
	return []string{
		"sitereference", "requesttypedescription", "parenttransactionreference", "orderreference", "paymenttypedescription",
		"accounttypedescription", "currencyiso3a", "mainamount", "settlemainamount", "settlestatus", "settleduedate",
		"settledtimestamp", "errorcode", "errormessage", "authcode", "livestatus",
	}
}

// search reads every transaction started in a window by the portal's bulk search, days at a time, oldest first. Days that
// fill an answer are asked for in halves; one that fills it alone is walked.
//
// What a row cannot tell is asked of the Webservices, by its reference.
func (r *run) search(ctx context.Context, w reconcile.Window, taken func(context.Context, time.Time) error) error {
	whole := wholeSeconds(w)
	if whole.Empty() {
		return nil
	}
	found, err := r.client.searchDays(ctx, whole)
	switch {
	case err != nil:
		return err
	case found.rows < r.client.options.SearchMaxRecords:
		if err := r.takeFound(ctx, whole, found); err != nil {
			return err
		}
		return taken(ctx, whole.To)
	}
	noon := middle(whole)
	if noon.IsZero() {
		r.tally.Fallbacks++
		return r.walk(ctx, whole, taken)
	}
	if err := r.search(ctx, reconcile.Window{From: whole.From, To: noon}, taken); err != nil {
		return err
	}
	return r.search(ctx, reconcile.Window{From: noon, To: whole.To}, taken)
}

// middle is the midnight nearest to the middle of a window; zero where there is none inside.
func middle(w reconcile.Window) time.Time {
	for _, midnight := range []time.Time{
		w.From.Add(w.To.Sub(w.From) / 2).Truncate(day), w.From.Truncate(day).Add(day),
	} {
		if midnight.After(w.From) && midnight.Before(w.To) {
			return midnight
		}
	}
	return time.Time{}
}

// found is an answer of the bulk search that came to its end. The rows wait compressed, so that none is handed over of an
// answer that breaks off or was cut, and a large one does not fill the memory.
type found struct {
	packed []byte
	rows   int
}

// ErrUnfitSearch is behind errors that say that the bulk search answers in a way that asking again does not mend. It is a
// mistake of configuration.
var ErrUnfitSearch = errors.New("set feeds.trustpayments.source to query")

func againForSearches(err error) bool {
	return !errors.Is(err, ErrUnfitSearch) && againForReads(err)
}

// searchDays asks for the days of a window. Whether the last day belongs to what is asked for is undocumented: so the day
// after it is the last, and rows outside the window are left out.
func (c *Client) searchDays(ctx context.Context, w reconcile.Window) (answer found, err error) {
	from, to := w.From.Format(time.DateOnly), w.To.Add(day-1).Format(time.DateOnly)
	form := url.Values{
		"sitereferences": {c.options.Site}, "startdate": {from}, "enddate": {to},
		"requesttypedescriptions": movesMoney, "optionalfields": c.options.SearchFields,
	}
	portal := address{c.options.SearchURL, "application/x-www-form-urlencoded", "text/csv"}
	err = c.persist(ctx, againForSearches, func() error {
		return c.post(ctx, portal, []byte(form.Encode()), func(response *http.Response) (err error) {
			answer, err = c.readFound(response, w)
			return err
		})
	})
	if err != nil {
		return found{}, fmt.Errorf("search transactions of site %s from %s to %s: %w", c.options.Site, from, to, err)
	}
	return answer, nil
}

// readFound reads an answer to its end and checks that it is one, and one to this question.
func (c *Client) readFound(response *http.Response, w reconcile.Window) (found, error) {
	if !endKnown(response) {
		return found{}, fmt.Errorf("the answer does not tell its length, so that one that breaks off looks whole: %w", ErrUnfitSearch)
	}
	body := bufio.NewReader(response.Body)
	if mark, err := body.Peek(len(byteOrderMark)); err == nil && string(mark) == byteOrderMark {
		_, _ = body.Discard(len(byteOrderMark)) // they were peeked at
	}
	start, err := body.Peek(len(nothingFound))
	if err != nil && !errors.Is(err, io.EOF) {
		return found{}, fmt.Errorf("answer broke off: %w", err)
	}
	switch text := strings.TrimSpace(string(start)); {
	case strings.HasPrefix(text, "<"):
		return found{}, fmt.Errorf("a page of Content-Type %q came and no CSV", response.Header.Get("Content-Type"))
	case text == nothingFound:
		return found{}, nil
	}
	var packed bytes.Buffer
	packer, _ := gzip.NewWriterLevel(&packed, gzip.BestSpeed) // the level is a valid one
	rows, err := c.countRows(io.TeeReader(body, packer), w)
	if err == nil {
		err = packer.Close()
	}
	return found{packed.Bytes(), rows}, err
}

// endKnown reports whether a body that broke off would be noticed.
func endKnown(response *http.Response) bool {
	return response.ContentLength >= 0 || len(response.TransferEncoding) > 0 || response.Uncompressed || response.ProtoMajor > 1
}

func (c *Client) countRows(text io.Reader, w reconcile.Window) (rows int, err error) {
	err = c.eachRow(text, func(read exportRow, _ error) error {
		rows++
		if at, err := time.Parse(timeLayout, read.values["transactionstartedtimestamp"]); err == nil && !near(at, w) {
			return fmt.Errorf("the answer holds a transaction started at %s, which was not asked for", at.Format(timeLayout))
		}
		return nil
	})
	return rows, err
}

// near reports whether an instant lies in a window, give or take what zones and the ends of days can make of it.
func near(at time.Time, w reconcile.Window) bool {
	return at.After(w.From.Add(-2*day)) && at.Before(w.To.Add(3*day))
}

// eachRow reads CSV; wrong is what is wrong with a row.
func (c *Client) eachRow(text io.Reader, do func(read exportRow, wrong error) error) error {
	reader := csv.NewReader(text)
	reader.FieldsPerRecord, reader.ReuseRecord = -1, true
	header, err := reader.Read()
	if err != nil {
		return fmt.Errorf("the header cannot be read: %w", err)
	}
	rows, err := newExport(feeds.NewHeader(slices.Clone(header)), c.options.Site)
	if err != nil {
		return fmt.Errorf("%w, or %w", err, ErrUnfitSearch)
	}
	for {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("a row cannot be read: %w", err)
		}
		read, wrong := rows.read(row)
		if wrong == nil && read.key.Account != c.options.Site {
			wrong = fmt.Errorf("the row is of site %q", read.key.Account)
		}
		if err := do(read, wrong); err != nil {
			return err
		}
	}
}

// takeFound hands over the rows of a window, and what the Webservices say of those that are not clear.
func (r *run) takeFound(ctx context.Context, w reconcile.Window, answer found) error {
	if answer.rows == 0 {
		return nil
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(answer.packed))
	if err != nil {
		return err
	}
	rows := foundRows{run: r, window: w, unclear: map[string]error{}}
	err = r.client.eachRow(unpacked, func(read exportRow, wrong error) error { return rows.add(ctx, read, wrong) })
	if err != nil {
		return err
	}
	return rows.flush(ctx)
}

// foundRows gathers rows until there are enough to hand over.
type foundRows struct {
	run     *run
	window  reconcile.Window
	batch   []shown
	unclear map[string]error // references to ask the Webservices for, and what is wrong with the row, if anything is
}

func (f *foundRows) add(ctx context.Context, read exportRow, wrong error) error {
	started, err := time.Parse(timeLayout, read.values["transactionstartedtimestamp"])
	if err == nil && !f.window.Contains(started) || wrong == nil && !read.movesMoney() {
		return nil
	}
	if wrong == nil {
		wrong = read.unclear()
	}
	switch {
	case wrong != nil && anyReference.MatchString(read.key.ID):
		f.unclear[read.key.ID] = wrong
	case wrong != nil:
		raw, _ := json.Marshal(read.values) // a map of strings always encodes
		f.batch = append(f.batch, shown{observation: kept.Unreadable(f.run.client.Feed(), f.run.client.Account(), cmp.Or(read.key.Kind, head{}.kind()), raw)})
	default:
		f.batch = append(f.batch, shown{read.observation(), text(read.values["parenttransactionreference"]), text(read.values["livestatus"])})
	}
	if len(f.batch) < searchBatch && len(f.unclear) < searchBatch {
		return nil
	}
	return f.flush(ctx)
}

// flush hands the rows over and has the unclear ones read, of which none may be missing then.
func (f *foundRows) flush(ctx context.Context) (err error) {
	r := f.run
	if r.recent, err = r.hand(ctx, f.batch, r.recent); err != nil {
		return err
	}
	if err := r.byReference(ctx, slices.Collect(maps.Keys(f.unclear))); err != nil {
		return err
	}
	for _, reference := range slices.Sorted(maps.Keys(f.unclear)) {
		if !r.took(reference) {
			return fmt.Errorf("search transactions of site %s: %s is in the answer, where it cannot be read (%w), and is not known to the Webservices",
				r.client.options.Site, reference, f.unclear[reference])
		}
		r.forget(reference)
	}
	f.batch = f.batch[:0]
	clear(f.unclear)
	return nil
}
