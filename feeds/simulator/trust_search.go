package simulator

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// searchLimit is how many rows one answer of the portal's bulk search has at most, unless ServerConfig says otherwise.
const searchLimit = 75_000

// nothingFound is what the portal answers instead of a table without rows.
const nothingFound = "No records found for search"

// searchColumns are the columns of the portal's export, by their names. The first two always come, the others when asked for.
var searchColumns = map[string]func(trustRecord) string{
	"transactionreference":        func(r trustRecord) string { return r.Reference },
	"transactionstartedtimestamp": func(r trustRecord) string { return r.Started },
	"sitereference":               func(r trustRecord) string { return r.Site },
	"requesttypedescription":      func(r trustRecord) string { return r.Type },
	"parenttransactionreference":  func(r trustRecord) string { return r.ParentReference },
	"orderreference":              func(r trustRecord) string { return r.OrderReference },
	"paymenttypedescription":      func(r trustRecord) string { return r.PaymentType },
	"accounttypedescription":      func(r trustRecord) string { return r.AccountType },
	"currencyiso3a":               func(r trustRecord) string { return r.Currency },
	"mainamount":                  func(r trustRecord) string { return mainAmount(r.BaseAmount, r.Currency) },
	"settlemainamount":            func(r trustRecord) string { return mainAmount(r.SettleBaseAmount, r.Currency) },
	"settlestatus":                func(r trustRecord) string { return r.SettleStatus },
	"settleduedate":               func(r trustRecord) string { return r.SettleDueDate },
	"settledtimestamp":            func(r trustRecord) string { return r.SettledTimestamp },
	"errorcode":                   func(r trustRecord) string { return r.ErrorCode },
	"errormessage":                func(r trustRecord) string { return r.ErrorMessage },
	"authcode":                    func(r trustRecord) string { return r.AuthCode },
	"livestatus":                  func(r trustRecord) string { return r.LiveStatus },
	"billingemail":                func(r trustRecord) string { return r.BillingEmail },
}

// mainAmount writes minor units as the portal does: without the last zero of the cents ("11.0" in the vendor's SDK).
func mainAmount(minor, currency string) string {
	units, _ := strconv.ParseInt(minor, 10, 64) // our own record's
	text := majorUnits(units, currency)
	if !strings.Contains(text, ".") {
		return text
	}
	return strings.TrimSuffix(text, "0")
}

// serveSearch answers the portal's bulk search: a CSV of whole days, or a plain text when there is nothing.
func (s *Server) serveSearch(w http.ResponseWriter, r *http.Request) {
	if !s.trustUser(w, r) {
		return
	}
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	from, fromErr := time.Parse(time.DateOnly, r.PostForm.Get("startdate"))
	to, toErr := time.Parse(time.DateOnly, r.PostForm.Get("enddate"))
	columns, known := columnsAsked(r.PostForm["optionalfields"])
	if fromErr != nil || toErr != nil || !known || !slices.Equal(r.PostForm["sitereferences"], s.cfg.SiteReferences) {
		http.Error(w, "Invalid search", http.StatusBadRequest)
		return
	}
	if !s.cfg.SearchEndExclusive {
		to = to.Add(day)
	}
	call := trustCall{server: s, world: s.world, now: s.Now()}
	records := call.searched(timeRange{from, to.Add(-time.Nanosecond)}, r.PostForm["requesttypedescriptions"])
	if len(records) == 0 {
		w.Header().Set("Content-Type", "text/plain")
		writeBody(w, []byte(nothingFound))
		return
	}
	w.Header().Set("Content-Type", "text/csv")
	writeBody(w, exported(columns, records))
}

// columnsAsked returns the columns of an answer, and whether all that were asked for are known.
func columnsAsked(optional []string) (columns []string, known bool) {
	columns = []string{"transactionreference", "transactionstartedtimestamp"}
	for _, name := range optional {
		if searchColumns[name] == nil {
			return nil, false
		}
		if !slices.Contains(columns, name) {
			columns = append(columns, name)
		}
	}
	return columns, true
}

// searched are the records of the days, of the request types asked for, capped.
func (c trustCall) searched(span timeRange, kinds []string) []trustRecord {
	c.world.mu.RLock()
	defer c.world.mu.RUnlock()
	var records []trustRecord
	for _, x := range c.world.transactions.between(span.from, earlier(span.to, c.now)) {
		if len(records) == cmp.Or(c.server.cfg.SearchLimit, searchLimit) {
			break
		}
		if slices.Contains(c.server.cfg.SiteReferences, x.site) && (len(kinds) == 0 || slices.Contains(kinds, x.kind)) {
			records = append(records, c.record(x))
		}
	}
	return records
}

func exported(columns []string, records []trustRecord) []byte {
	var text bytes.Buffer
	_ = writeExport(&text, columns, records) // into memory
	return text.Bytes()
}

func writeExport(out io.Writer, columns []string, records []trustRecord) error {
	table := csv.NewWriter(out)
	rows := [][]string{columns}
	for _, record := range records {
		row := make([]string, len(columns))
		for i, name := range columns {
			row[i] = searchColumns[name](record)
		}
		rows = append(rows, row)
	}
	return table.WriteAll(rows)
}

// WriteTrustExport writes the portal's transaction export of everything up to an instant, with all its columns.
func (w *World) WriteTrustExport(out io.Writer, at time.Time) error {
	server := &Server{world: w, cfg: ServerConfig{SiteReferences: w.cfg.SiteReferences, SearchLimit: math.MaxInt}}
	records := trustCall{server: server, world: w, now: at}.searched(timeRange{time.Time{}, at}, nil)
	if err := writeExport(out, sortedKeys(searchColumns), records); err != nil {
		return fmt.Errorf("write the transaction export at %s: %w", at.UTC().Format(time.RFC3339), err)
	}
	return nil
}
