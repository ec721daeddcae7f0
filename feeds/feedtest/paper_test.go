package feedtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tieout/feeds"
	"tieout/reconcile"
	"tieout/reconcile/money"
)

// Paper is a provider that there is not: payments that are settled some hours after they were made, and refunds. Its client
// passes the suite, and does not once a mistake is planted in it.

const (
	paperKey  = "paper_key_do_not_print_me"
	paperMail = "payer@example.com"
)

var paperNow = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// paperObject is a payment or a refund as the server shows it.
type paperObject struct {
	ID      string `json:"id"`
	Created int64  `json:"created"`
	Status  string `json:"status"`
	Amount  int64  `json:"amount"`
	Payment string `json:"payment,omitempty"`
	Name    string `json:"name,omitempty"`
	Live    bool   `json:"live"`
	Email   string `json:"email,omitempty"`

	kind    string
	ends    time.Time // when the status is another one
	outcome string
}

// paperWorld is the server and what it holds.
type paperWorld struct {
	mu      sync.Mutex
	now     time.Time
	objects []*paperObject // newest first
	failing bool
}

// newPaperWorld makes a payment every seven hours, before the last week every 21 hours, of which every fifth is given back, every ninth is of the other mode.
func newPaperWorld() *paperWorld {
	w := &paperWorld{now: paperNow}
	for i := range 120 {
		made := paperNow.Add(20*time.Hour - time.Duration(i)*7*time.Hour - time.Duration(max(0, i-24))*14*time.Hour)
		payment := &paperObject{ID: fmt.Sprintf("pp_%d", i), Created: made.Unix(), Status: "pending", Amount: 1000 + int64(i), Live: i%9 == 8, Email: paperMail,
			kind: "payment", ends: made.Add(10 * time.Hour), outcome: "settled"}
		w.objects = append(w.objects, payment)
		if i%5 == 4 && !payment.Live {
			w.objects = append(w.objects, &paperObject{ID: fmt.Sprintf("pr_%d", i), Created: made.Add(12 * time.Hour).Unix(), Status: "pending", Amount: 10,
				Payment: payment.ID, kind: "refund", ends: made.Add(40 * time.Hour), outcome: "settled"})
		}
	}
	w.sort()
	return w
}

func (w *paperWorld) sort() {
	slices.SortStableFunc(w.objects, func(a, b *paperObject) int { return int(b.Created - a.Created) })
}

func (w *paperWorld) SetNow(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = now
}

func (w *paperWorld) FailRefunds(fail bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failing = fail
}

func (w *paperWorld) Holds(at time.Time) []Object {
	w.mu.Lock()
	defer w.mu.Unlock()
	var held []Object
	for _, o := range w.objects {
		if o.Created <= at.Unix() {
			held = append(held, Object{Kind: o.kind, ID: o.ID, Created: time.Unix(o.Created, 0).UTC(), OtherMode: o.Live})
		}
	}
	return held
}

// shown is an object as it is now.
func (w *paperWorld) shown(o *paperObject) paperObject {
	shown := *o
	if !w.now.Before(o.ends) {
		shown.Status = o.outcome
	}
	return shown
}

const paperPage = 3

func (w *paperWorld) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	kind, id, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	status, body := http.StatusOK, any(nil)
	switch {
	case r.Header.Get("Authorization") != "Bearer "+paperKey:
		status, body = http.StatusUnauthorized, "no"
	case r.Method == http.MethodPost:
		status, body = w.refund(r)
	case id == "":
		body = w.list(kind, r)
	default:
		status, body = http.StatusNotFound, "unknown"
		for _, o := range w.objects {
			if o.kind == kind && o.ID == id && o.Created <= w.now.Unix() {
				status, body = http.StatusOK, w.shown(o)
			}
		}
	}
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(body)
}

// paperList is a page.
type paperList struct {
	Data    *[]json.RawMessage `json:"data"`
	HasMore bool               `json:"has_more"`
}

func (w *paperWorld) list(kind string, r *http.Request) any {
	query := r.URL.Query()
	from, _ := strconv.ParseInt(query.Get("from"), 10, 64)
	to, _ := strconv.ParseInt(query.Get("to"), 10, 64)
	skip, _ := strconv.Atoi(query.Get("offset"))
	data, reached := []json.RawMessage{}, query.Get("starting_after") == ""
	for _, o := range w.objects {
		if o.kind != kind || o.Created < from || o.Created >= to || o.Created > w.now.Unix() || query.Has("payment") && o.Payment != query.Get("payment") {
			continue
		}
		switch {
		case !reached:
			reached = o.ID == query.Get("starting_after")
		case skip > 0:
			skip--
		case len(data) == paperPage:
			return paperList{&data, true}
		default:
			encoded, _ := json.Marshal(w.shown(o))
			data = append(data, encoded)
		}
	}
	return paperList{&data, false}
}

// refund makes a refund of a settled payment, unless more is asked for than is left.
func (w *paperWorld) refund(r *http.Request) (int, any) {
	var asked paperObject
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		return http.StatusBadRequest, "unreadable"
	}
	left := int64(0)
	for _, o := range w.objects {
		switch {
		case o.ID == asked.Payment && w.shown(o).Status == "settled":
			left += o.Amount
		case o.Payment == asked.Payment && w.shown(o).Status != "failed":
			left -= o.Amount
		}
	}
	if asked.Amount < 1 || asked.Amount > left {
		return http.StatusConflict, "too much"
	}
	made := &paperObject{ID: fmt.Sprintf("pr_new%d", len(w.objects)), Created: w.now.Unix(), Status: "pending", Amount: asked.Amount, Payment: asked.Payment,
		Name: asked.Name, kind: "refund", ends: w.now.Add(time.Minute), outcome: "settled"}
	if w.failing {
		made.outcome = "failed"
	}
	w.objects = append(w.objects, made)
	w.sort()
	return http.StatusOK, w.shown(made)
}

// normalisePaper reads what paper shows.
func normalisePaper(mistake string) feeds.Normalise {
	return func(observation feeds.Observation) reconcile.Record {
		key := observation.Key
		if mistake == "another key" {
			key.ID += "x"
		}
		var o paperObject
		if err := json.Unmarshal(observation.Body, &o); err != nil || o.ID == "" || o.Created == 0 {
			return reconcile.Rejection{Key: key, Reason: "no object of paper's"}
		}
		made, amount := time.Unix(o.Created, 0).UTC(), money.Amount{Minor: o.Amount, Currency: "EUR"}
		if key.Kind == "refund" {
			status := map[string]reconcile.RefundStatus{"pending": reconcile.RefundPending, "settled": reconcile.RefundSucceeded, "failed": reconcile.RefundFailed}[o.Status]
			return reconcile.Refund{Key: key, PaymentID: o.Payment, Amount: amount, Status: status, CreatedAt: made}
		}
		status := reconcile.PaymentPending
		if o.Status == "settled" {
			status = reconcile.PaymentSucceeded
		}
		return reconcile.Payment{Key: key, Amount: amount, Status: status, InScope: true, CreatedAt: made, SucceededAt: made}
	}
}

func paper(mistake string) Provider {
	return Provider{
		Feed: "paper", Account: "main", Since: paperNow.Add(-100 * day), Now: paperNow,
		Start: func(testing.TB) World { return newPaperWorld() },
		Connect: func(c Connection) (Client, error) {
			return &paperClient{connection: c, key: paperKey, mistake: mistake}, nil
		},
		Values:     func(c Connection) []any { return nil },
		Normalise:  normalisePaper(mistake),
		Kinds:      map[string]Kind{"payment": {}, "refund": {}},
		Changes:    []string{"payment", "refund"},
		Secrets:    []string{paperKey},
		Personal:   []string{paperMail},
		MovesMoney: func(r *http.Request) bool { return r.Method == http.MethodPost },
		Faults:     StripeFaults(), // paper's lists have the same cursors
		Denied:     errPaperDenied,
	}
}

// plantedMistake names the environment variable in which TestMistakes tells a process of its own what to plant.
const plantedMistake = "TIEOUT_TEST_FEEDTEST_MISTAKE"

// TestPaper runs the suite on a client without a mistake, or with the one that TestMistakes plants.
func TestPaper(t *testing.T) { Run(t, paper(os.Getenv(plantedMistake))) }

// TestMistakes plants mistakes in the client, and wants each to be found by the check that is about it. The suite runs in a
// process of its own, because there it fails.
func TestMistakes(t *testing.T) {
	t.Parallel()
	const windows, again, change, personal, cancel = "what_the_window_holds", "the_same_fetch_again", "objects_that_changed", "personal_data", "a_canceled_context"
	const secrets, faults, lost, failed = "no_secret_is_told", "a_fault_passes", "a_refund_whose_answer", "a_refund_that_failed"
	for mistake, check := range map[string]string{
		"the end belongs to the window":                windows,
		"the beginning does not":                       windows,
		"the last page is not read":                    windows,
		"a page is handed over twice":                  windows,
		"two goroutines call the sink":                 windows,
		"the other mode is not counted":                windows,
		"another account":                              windows,
		"bodies differ from fetch to fetch":            again,
		"pages are counted from the top":               "rows_that_come_while_we_page",
		"what is open is not read again":               change,
		"it says to be further than it is":             "a_first_fetch",
		"that nobody keeps how far it is goes unheard": "a_first_fetch",
		"the other mode is handed over":                "the_other_mode",
		"e-mail is kept":                               personal,
		"what is named is not read":                    "an_empty_window",
		"the sink's error is lost":                     "an_error_of_the_sink",
		"the context's error is lost":                  cancel,
		"the key is in the error":                      secrets,
		"the key prints":                               secrets,
		"another key":                                  "every_observation",
		"nothing is tried again":                       faults,
		"what cannot be read is an empty page":         faults,
		"a cursor that stands still is the end":        faults,
		"a refund is sent again":                       lost,
		"a lost answer is a refusal":                   lost,
		"earlier refunds are not looked for":           lost,
		"a failed refund is sent again":                failed,
		"a refusal is unknown":                         "a_refund_that_is_refused",
		"what was not sent is unknown":                 "a_refund_that_was_not_sent",
		"what is held is not read again":               "the_last_look",
		"what is gone is no error":                     "the_last_look",
	} {
		t.Run(mistake, func(t *testing.T) {
			t.Parallel()
			command := exec.Command(os.Args[0], "-test.run=^TestPaper$/^"+check)
			command.Env = append(os.Environ(), plantedMistake+"="+mistake)
			output, err := command.CombinedOutput()
			if err == nil || !strings.Contains(string(output), "--- FAIL: TestPaper/"+check) {
				t.Errorf("not found by %s: %v\n%.600s", check, err, output)
			}
		})
	}
}
