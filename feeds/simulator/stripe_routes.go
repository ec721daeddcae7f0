package simulator

import (
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// stripeError is Stripe's error envelope with its HTTP status.
type stripeError struct {
	status  int
	Type    string `json:"type"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message"`
	Param   string `json:"param,omitempty"`
}

func invalid(code, param, format string, args ...any) *stripeError {
	return &stripeError{http.StatusBadRequest, "invalid_request_error", code, fmt.Sprintf(format, args...), param}
}

func missing(kind, param, id string) *stripeError {
	e := invalid("resource_missing", param, "No such %s: '%s'", kind, id)
	e.status = http.StatusNotFound
	return e
}

// stripeCall is one authorised request: the world at one instant, and the parameters.
type stripeCall struct {
	world  *World
	now    time.Time
	params url.Values
	id     string // of the path
	key    string // Idempotency-Key
	most   int    // objects of a page
	fails  bool   // a refund made now fails
}

// stripeHandler answers one endpoint with a body to encode, or an error.
type stripeHandler func(*stripeCall) (any, *stripeError)

func (s *Server) routeStripe() {
	routes := map[string]stripeHandler{
		"GET /v1/charges": listCharges, "GET /v1/charges/{id}": getCharge,
		"GET /v1/refunds": listRefunds, "GET /v1/refunds/{id}": getRefund,
		"GET /v1/disputes": listDisputes, "GET /v1/disputes/{id}": getDispute,
		"GET /v1/payment_intents": listIntents, "GET /v1/payment_intents/{id}": getIntent,
		"GET /v1/payouts": listPayouts, "GET /v1/payouts/{id}": getPayout,
		"GET /v1/balance_transactions":      listMovements,
		"GET /v1/balance_transactions/{id}": getMovement,
		"GET /v1/events":                    listEvents, "GET /v1/events/{id}": getEvent,
		"GET /v1/sources/{id}": getSource,
		"GET /v1/balance":      getBalance,
	}
	for pattern, handler := range routes {
		s.mux.HandleFunc(pattern, s.stripe(s.read(handler)))
	}
	s.mux.HandleFunc("POST /v1/refunds", s.stripe(s.createRefund))
	s.mux.HandleFunc("/v1/", s.stripe(unrecognised))
}

// read lets a handler see the world while no refund changes it.
func (s *Server) read(handler stripeHandler) func(*http.Request, *stripeCall) (any, *stripeError) {
	return func(_ *http.Request, call *stripeCall) (any, *stripeError) {
		s.world.mu.RLock()
		defer s.world.mu.RUnlock()
		return handler(call)
	}
}

// stripe checks the key, reads the parameters and writes the answer.
func (s *Server) stripe(handler func(*http.Request, *stripeCall) (any, *stripeError)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer, problem := s.callStripe(r, handler)
		if problem != nil {
			writeJSON(w, problem.status, map[string]any{"error": problem})
			return
		}
		if kept, ok := answer.(reply); ok {
			kept.write(w)
			return
		}
		writeJSON(w, http.StatusOK, answer)
	}
}

func (s *Server) callStripe(r *http.Request, handler func(*http.Request, *stripeCall) (any, *stripeError)) (any, *stripeError) {
	if !sameSecret(bearer(r), s.cfg.StripeKey) {
		e := invalid("", "", "Invalid API Key provided. Check the key of the simulator.")
		e.status = http.StatusUnauthorized
		return nil, e
	}
	if err := r.ParseForm(); err != nil {
		return nil, invalid("", "", "Invalid request: %v", err)
	}
	params := r.URL.Query()
	if r.Method == http.MethodPost {
		params = r.PostForm
	}
	return handler(r, &stripeCall{
		world: s.world, now: s.Now(), params: params, id: r.PathValue("id"), key: r.Header.Get("Idempotency-Key"),
		most: s.cfg.PageSize, fails: s.refundsFail(),
	})
}

func unrecognised(r *http.Request, _ *stripeCall) (any, *stripeError) {
	e := invalid("", "", "Unrecognized request URL (%s: %s).", r.Method, r.URL.Path)
	e.status = http.StatusNotFound
	return nil, e
}
