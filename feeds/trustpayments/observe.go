package trustpayments

import (
	"context"
	"encoding/json"
	"strings"

	"tieout/feeds"
	"tieout/reconcile"
)

// kept are the facts of a transaction. Names, e-mail and postal addresses, IP addresses, card numbers and the operator,
// who is named by an e-mail address, are left out.
var kept = feeds.NewAllowList(keptFields...)

var keptFields = []string{
	"accounttypedescription",
	"acquirerresponsecode",
	"acquirerresponsemessage",
	"authcode",
	"baseamount",
	"currencyiso3a",
	"errorcode",
	"errormessage",
	"livestatus",
	"orderreference",
	"parenttransactionreference",
	"paymenttypedescription",
	"requesttypedescription",
	"settlebaseamount",
	"settledtimestamp",
	"settleduedate",
	"settlestatus",
	"sitereference",
	"transactionreference",
	"transactionstartedtimestamp",
	"updatereason",
}

// head is what must be known of a record to observe it.
type head struct {
	TransactionReference text `json:"transactionreference"`
	ParentReference      text `json:"parenttransactionreference"`
	RequestType          text `json:"requesttypedescription"`
	LiveStatus           text `json:"livestatus"`
	Started              text `json:"transactionstartedtimestamp"`
}

// readHead reads what it can; of a record that is no object it is empty.
func readHead(record json.RawMessage) head {
	var h head
	if err := json.Unmarshal(record, &h); err != nil {
		return head{}
	}
	return h
}

// kind is the request type in lower case. We ask for AUTH and REFUND alone; what comes besides, or without a type, is
// observed too, and its normalising ends in a rejection: it is not what was asked for, and a person should know.
func (h head) kind() string {
	if h.RequestType == "" {
		return "record"
	}
	return strings.ToLower(string(h.RequestType))
}

// run is one pass over an account. What it remembers of what it was shown is bounded: by what a slice of time can hold,
// and by what was asked for by name.
type run struct {
	client  *Client
	sink    feeds.Sink
	recent  map[reconcile.Key]bool // what the slice before held: the next one shares a second with it
	read    map[reconcile.Key]bool // what was read by reference
	wanted  map[string]bool        // references still to read
	parents map[string]bool        // AUTHs that refunds named, not yet looked for
	tally   feeds.Tally
}

func (c *Client) newRun(sink feeds.Sink) *run {
	return &run{client: c, sink: sink, read: map[reconcile.Key]bool{}, wanted: map[string]bool{}, parents: map[string]bool{}}
}

// shown is a transaction that a run was shown.
type shown struct {
	observation feeds.Observation
	parent      text // the AUTH that a refund names
	liveStatus  text
}

// take hands records to the sink, but for those that came before, and returns the keys of all. None of them need be read by
// reference any more.
func (r *run) take(ctx context.Context, records []json.RawMessage, before map[reconcile.Key]bool) (map[reconcile.Key]bool, error) {
	all := make([]shown, len(records))
	for i, record := range records {
		h := readHead(record)
		all[i] = shown{r.client.observation(record, h), h.ParentReference, h.LiveStatus}
		delete(r.wanted, all[i].observation.Key.ID)
	}
	return r.hand(ctx, all, before)
}

// hand hands over what was shown, but for what came already and what is of the other mode, and returns the keys of all.
func (r *run) hand(ctx context.Context, all []shown, before map[reconcile.Key]bool) (map[reconcile.Key]bool, error) {
	came := make(map[reconcile.Key]bool, len(all))
	var batch []feeds.Observation
	for _, one := range all {
		key := one.observation.Key
		again := came[key] || before[key] || r.read[key]
		came[key] = true
		if again {
			continue
		}
		r.tally.Read++
		if otherMode(one.liveStatus, r.client.options.Live) {
			r.tally.OtherMode++
			continue
		}
		batch = append(batch, one.observation)
		if key.Kind == KindRefund && anyReference.MatchString(string(one.parent)) {
			r.parents[string(one.parent)] = true
		}
	}
	if len(batch) == 0 {
		return came, nil
	}
	return came, r.sink.Observe(ctx, batch)
}

// took reports whether a transaction that moves money was read by reference in this run.
func (r *run) took(reference string) bool {
	return r.read[r.client.key(KindAuth, reference)] || r.read[r.client.key(KindRefund, reference)]
}

// forget makes room: what was read by reference, and is not shown again by what follows.
func (r *run) forget(reference string) {
	delete(r.read, r.client.key(KindAuth, reference))
	delete(r.read, r.client.key(KindRefund, reference))
}

func (c *Client) key(kind, reference string) reconcile.Key {
	return reconcile.Key{Feed: c.Feed(), Account: c.Account(), Kind: kind, ID: reference}
}

// otherMode reports whether a record is a test where we look after live money, or live money where we look after tests. A
// record that does not tell is ours.
func otherMode(liveStatus text, live bool) bool {
	return liveStatus != "" && (liveStatus == "1") != live
}

func (c *Client) observation(record json.RawMessage, h head) feeds.Observation {
	body, err := kept.Apply(record)
	if err != nil || h.TransactionReference == "" {
		return kept.Unreadable(c.Feed(), c.Account(), h.kind(), record)
	}
	return feeds.Observation{Key: c.key(h.kind(), string(h.TransactionReference)), Body: body}
}
