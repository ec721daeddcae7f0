package alipay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
)

// Options say where the files of one account are.
type Options struct {
	Account     string
	Directory   string
	Layout      Layout
	DayInName   string        // regular expression whose first group is the day in a file's name, as YYYYMMDD
	PublishedIn time.Duration // how long after its end a day's transactions are there
}

// Files is the feed of one account: the files of a directory. It is no jobs.Rechecker and no jobs.Refunder, because there is
// nobody behind the files to ask.
type Files struct {
	options Options
	day     *regexp.Regexp
	formats []feeds.Format
}

// New checks the options; the directory may come later.
func New(options Options) (*Files, error) {
	day, err := regexp.Compile(options.DayInName)
	if err != nil || day.NumSubexp() != 1 {
		return nil, fmt.Errorf("feeds.alipay.day_in_name %q is no regular expression with one group: write the day as (\\d{8})", options.DayInName)
	}
	return &Files{options: options, day: day, formats: options.Layout.Formats()}, nil
}

// Feed is "alipay".
func (f *Files) Feed() string { return Feed }

// Account is the merchant's id at Alipay.
func (f *Files) Account() string { return f.options.Account }

// Fetch reads the files of the days of the window. A day is known completely when its transactions are there, in files that
// are whole; so the feed is covered to the end of the last day up to which none is missing. A file that cannot be read
// breaks its day, and is told: the others go on.
func (f *Files) Fetch(ctx context.Context, request feeds.Request) (feeds.Tally, error) {
	tally := feeds.Tally{Covered: &reconcile.Window{}}
	days, failures := f.days(request.Window)
	var whole []day
	for _, d := range days {
		if err := f.readDay(ctx, d, request.Sink, &tally); err != nil {
			if ctx.Err() != nil || errors.Is(err, errSink) {
				return tally, err
			}
			failures = append(failures, err)
			d.broken = true
		}
		whole = append(whole, *d)
	}
	covered, missing := f.covered(whole, request.Window)
	tally.Covered = &covered
	return tally, errors.Join(append(failures, missing)...)
}

// day is one day of files.
type day struct {
	start        time.Time
	paths        []string
	transactions bool // a file of them is there
	broken       bool // a file cannot be read
}

func (d day) end() time.Time { return d.start.AddDate(0, 0, 1) }

// days groups the files of the directory whose days lie in the window, in the order of days and names.
func (f *Files) days(window reconcile.Window) ([]*day, []error) {
	entries, err := os.ReadDir(f.options.Directory)
	if err != nil {
		return nil, []error{err}
	}
	var failures []error
	byStart := map[time.Time]*day{}
	var days []*day
	for _, entry := range entries {
		if entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		start, err := f.dayOf(entry.Name())
		if err != nil {
			failures = append(failures, err)
			continue
		}
		d := &day{start: start}
		if !d.end().After(window.From) || !start.Before(window.To) {
			continue
		}
		if byStart[start] == nil {
			byStart[start], days = d, append(days, d)
		}
		byStart[start].paths = append(byStart[start].paths, filepath.Join(f.options.Directory, entry.Name()))
	}
	slices.SortFunc(days, func(a, b *day) int { return a.start.Compare(b.start) })
	return days, failures
}

func (f *Files) dayOf(name string) (time.Time, error) {
	found := f.day.FindStringSubmatch(name)
	if found == nil {
		return time.Time{}, fmt.Errorf("%s names no day (feeds.alipay.day_in_name): rename it, or move it away", filepath.Join(f.options.Directory, name))
	}
	start, err := time.ParseInLocation("20060102", found[1], f.options.Layout.Zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %q is no day", filepath.Join(f.options.Directory, name), found[1])
	}
	return start, nil
}

func (f *Files) readDay(ctx context.Context, d *day, sink feeds.Sink, tally *feeds.Tally) error {
	var failures []error
	for _, path := range d.paths {
		format, err := f.readFile(ctx, path, sink, tally)
		if ctx.Err() != nil || errors.Is(err, errSink) {
			return err
		}
		failures = append(failures, err)
		d.transactions = d.transactions || err == nil && format == transactions
	}
	return errors.Join(failures...)
}

// errSink marks an error that is not the file's.
var errSink = errors.New("the rows were not stored")

// batchSize is how many rows go to the sink at a time.
const batchSize = 500

// readFile hands a file's rows to the sink, once it is known to be whole.
func (f *Files) readFile(ctx context.Context, path string, sink feeds.Sink, tally *feeds.Tally) (string, error) {
	file, err := feeds.OpenFile(path)
	if err != nil {
		return "", err
	}
	format, err := file.Recognise(f.formats)
	if err != nil {
		return "", err
	}
	for _, err := range file.Lines(format, f.options.Account) {
		if err != nil {
			return "", err
		}
	}
	var batch []feeds.Observation
	hand := func() error {
		if len(batch) == 0 {
			return nil
		}
		tally.Read += len(batch)
		if err := sink.Observe(ctx, batch); err != nil {
			return fmt.Errorf("%w: %w", errSink, err)
		}
		batch = nil
		return ctx.Err()
	}
	for line, err := range file.Lines(format, f.options.Account) {
		if err != nil {
			return "", err
		}
		batch = append(batch, f.observations(path, line)...)
		if len(batch) >= batchSize {
			if err := hand(); err != nil {
				return "", err
			}
		}
	}
	return format.Name, hand()
}

// observations are those of a row; of one that cannot be read, or that is of another account, that it is so: nobody watches
// a feed as an import is watched.
func (f *Files) observations(path string, line feeds.Line) []feeds.Observation {
	reason := line.Reason
	for _, observation := range line.Observations {
		if observation.Key.Account != f.options.Account {
			reason = fmt.Sprintf("the row is of the account %q, and not of %s", observation.Key.Account, f.options.Account)
		}
	}
	if reason == "" {
		return line.Observations
	}
	text := fmt.Sprintf("%s, line %d: %s", filepath.Base(path), line.Number, reason)
	sum := sha256.Sum256([]byte(text))
	id := "unreadable-" + hex.EncodeToString(sum[:8])
	return []feeds.Observation{{
		Key: reconcile.Key{Feed: Feed, Account: f.options.Account, Kind: kindRow, ID: id}, Body: feeds.RowBody(transactions, map[string]string{"id": id, "reason": text}),
	}}
}

// covered is the time from the first day to the end of the last one before which none is missing or broken. A day is
// missing once its transactions should be there.
func (f *Files) covered(days []day, window reconcile.Window) (reconcile.Window, error) {
	known := map[time.Time]day{}
	first := time.Time{}
	for _, d := range days {
		known[d.start] = d
		if first.IsZero() && d.transactions {
			first = d.start
		}
	}
	if first.IsZero() {
		return reconcile.Window{}, f.nothing(window)
	}
	covered := reconcile.Window{From: later(first, window.From), To: later(first, window.From)}
	for start := first; start.Before(window.To); start = start.AddDate(0, 0, 1) {
		d, there := known[start]
		switch {
		case d.broken:
			return covered, nil // it was told why
		case there && d.transactions:
			covered.To = earlier(d.end(), window.To)
		case !start.AddDate(0, 0, 1).Add(f.options.PublishedIn).After(window.To):
			return covered, fmt.Errorf("there is no file of the transactions of %s in %s", start.Format(time.DateOnly), f.options.Directory)
		default:
			return covered, nil // it is not due yet
		}
	}
	return covered, nil
}

// nothing says that no day is there, if one should be.
func (f *Files) nothing(window reconcile.Window) error {
	if !window.From.AddDate(0, 0, 1).Add(f.options.PublishedIn).Before(window.To) {
		return nil
	}
	return fmt.Errorf("there is no file of transactions since %s in %s", window.From.Format(time.DateOnly), f.options.Directory)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
