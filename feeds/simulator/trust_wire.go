package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// trustTime is how Trust Payments writes and reads instants: Greenwich Mean Time, without saying so.
const trustTime = "2006-01-02 15:04:05"

// trustVersion is the only version of the JSON interface.
const trustVersion = "1.00"

// trustRequest is the envelope of a request; several elements are answered in order.
type trustRequest struct {
	Alias            string         `json:"alias"`
	Version          string         `json:"version"`
	RequestReference string         `json:"requestreference"`
	Request          []trustElement `json:"request"`
}

// reference is what the answer gives back: that of the envelope, or of the first element, where the vendor's own libraries
// write it.
func (r trustRequest) reference() string {
	if r.RequestReference == "" && len(r.Request) > 0 {
		return r.Request[0].RequestReference
	}
	return r.RequestReference
}

// trustElement is one request. Everything that is not listed here is accepted and has no effect, as at the gateway.
type trustElement struct {
	RequestReference string                 `json:"requestreference"`
	Types            []string               `json:"requesttypedescriptions"`
	Type             string                 `json:"requesttypedescription"`
	Filter           map[string]trustValues `json:"filter"`
	SiteReference    string                 `json:"sitereference"`
	ParentReference  string                 `json:"parenttransactionreference"`
	BaseAmount       string                 `json:"baseamount"`
	OrderReference   string                 `json:"orderreference"`
	CurrencyISO3A    string                 `json:"currencyiso3a"`
}

// trustValues are the values of one filter: a list of {"value": …}, or a single one.
type trustValues []string

// UnmarshalJSON accepts both forms that clients send.
func (v *trustValues) UnmarshalJSON(data []byte) error {
	type value struct {
		Value string `json:"value"`
	}
	var many []value
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		many = make([]value, 1)
		if err := json.Unmarshal(data, &many[0]); err != nil {
			return err
		}
	} else if err := json.Unmarshal(data, &many); err != nil {
		return err
	}
	for _, one := range many {
		*v = append(*v, one.Value)
	}
	return nil
}

type trustResponse struct {
	RequestReference string        `json:"requestreference"`
	Version          string        `json:"version"`
	Response         []trustAnswer `json:"response"`
	SecRand          string        `json:"secrand"`
}

// trustAnswer is the answer to one element: an error, a query's records, or a refund's record.
type trustAnswer struct {
	Started string `json:"transactionstartedtimestamp"`
	*trustRecord
	ErrorCode    string        `json:"errorcode"`
	ErrorMessage string        `json:"errormessage"`
	ErrorData    []string      `json:"errordata,omitempty"`
	Reference    string        `json:"transactionreference,omitempty"`
	Records      []trustRecord `json:"records,omitempty"`
	Found        string        `json:"found,omitempty"`
	Type         string        `json:"requesttypedescription"`
}

// trustRecord is one transaction as TRANSACTIONQUERY and REFUND show it: every scalar a string, and absent where it does
// not apply. Alipay has no card fields.
type trustRecord struct {
	Started          string `json:"transactionstartedtimestamp"`
	Site             string `json:"sitereference"`
	Interface        string `json:"interface"`
	LiveStatus       string `json:"livestatus"`
	SettleDueDate    string `json:"settleduedate"`
	ErrorCode        string `json:"errorcode"`
	BaseAmount       string `json:"baseamount"`
	Reference        string `json:"transactionreference"`
	ParentReference  string `json:"parenttransactionreference,omitempty"`
	MerchantName     string `json:"merchantname"`
	PaymentType      string `json:"paymenttypedescription"`
	OrderReference   string `json:"orderreference,omitempty"`
	AccountType      string `json:"accounttypedescription"`
	Type             string `json:"requesttypedescription"`
	Currency         string `json:"currencyiso3a"`
	AuthCode         string `json:"authcode,omitempty"`
	SettleBaseAmount string `json:"settlebaseamount"`
	SettledTimestamp string `json:"settledtimestamp,omitempty"`
	ErrorMessage     string `json:"errormessage"`
	MerchantCountry  string `json:"merchantcountryiso2a"`
	OperatorName     string `json:"operatorname"`
	SettleStatus     string `json:"settlestatus"`
	BillingEmail     string `json:"billingemail,omitempty"`
	BillingCountry   string `json:"billingcountryiso2a,omitempty"`
}

// trustMessages are the texts of the error codes that the simulator answers.
var trustMessages = map[string]string{
	"0": "Ok", "10205": "Malformed JSON", "20004": "Missing parent", "20005": "Refund requires settled parent",
	"20006": "Refund requires authorisation parent", "20007": "Refund amount too great",
	"20011": "Cannot refund a declined transaction", "20015": "Cannot override currency",
	"20022": "Refund amount below minimum", "20033": "Invalid parent", "30000": "Invalid field",
	"30001": "Unknown site", "30007": "Invalid version", "30008": "Unknown user", "60018": "Invalid requesttype",
	"60019": "No searchable filter specified", "60037": "Invalid filters",
	"60040": "Both request type fields given", "70000": "Decline",
}

// trustCall is one authorised request at one instant.
type trustCall struct {
	server *Server
	world  *World
	now    time.Time
}

// serveTrust answers the JSON interface: business errors come with HTTP 200, only the envelope's own with others.
func (s *Server) serveTrust(w http.ResponseWriter, r *http.Request) {
	if !s.trustUser(w, r) {
		return
	}
	call := trustCall{server: s, world: s.world, now: s.Now()}
	var request trustRequest
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		answer := call.problem("10205", "ERROR", "invalid json")
		writeJSON(w, http.StatusOK, call.envelope("", []trustAnswer{answer}))
		return
	}
	writeJSON(w, http.StatusOK, call.envelope(request.reference(), call.answer(request)))
}

// trustUser checks the credentials; wrong ones get a page of HTML.
func (s *Server) trustUser(w http.ResponseWriter, r *http.Request) bool {
	user, password, _ := r.BasicAuth()
	if sameSecret(user, s.cfg.TPUsername) && sameSecret(password, s.cfg.TPPassword) {
		return true
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("WWW-Authenticate", `Basic realm="webservices"`)
	w.WriteHeader(http.StatusUnauthorized)
	writeBody(w, []byte("<html><head><title>401 Unauthorized</title></head><body><h1>Unauthorized</h1></body></html>\n"))
	return false
}

func (c trustCall) envelope(reference string, answers []trustAnswer) trustResponse {
	if reference == "" {
		reference = fmt.Sprintf("W23-%08x", c.now.Unix())
	}
	return trustResponse{RequestReference: reference, Version: trustVersion, Response: answers, SecRand: "SIM"}
}

// problem is an error answer; data names the fields that are wrong.
func (c trustCall) problem(code, kind string, data ...string) trustAnswer {
	return trustAnswer{
		Started: c.now.Format(trustTime), ErrorCode: code, ErrorMessage: trustMessages[code], ErrorData: data, Type: kind,
	}
}

// answer checks what concerns the whole request and answers each element in order.
func (c trustCall) answer(request trustRequest) []trustAnswer {
	if request.Alias != c.server.cfg.TPUsername {
		return []trustAnswer{c.problem("30008", "ERROR")}
	}
	if request.Version != trustVersion {
		return []trustAnswer{c.problem("30007", "ERROR")}
	}
	answers := []trustAnswer{}
	for _, element := range request.Request {
		answers = append(answers, c.element(element))
	}
	return answers
}

func (c trustCall) element(e trustElement) trustAnswer {
	kinds := e.Types
	switch {
	case len(kinds) > 0 && e.Type != "":
		return c.problem("60040", "ERROR")
	case e.Type != "":
		kinds = []string{e.Type}
	case len(kinds) > 1:
		return c.problem("30000", "ERROR", "requesttypedescriptions")
	}
	if len(kinds) == 1 && kinds[0] == "TRANSACTIONQUERY" {
		return c.query(e)
	}
	if len(kinds) == 1 && kinds[0] == "REFUND" {
		return c.refund(e)
	}
	return c.problem("60018", "ERROR")
}
