package simulator

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// reply is an answer that is kept for its idempotency key and given again, body and status.
type reply struct {
	request  string // fingerprint of the parameters
	status   int
	body     []byte
	replayed bool
}

func (r reply) write(w http.ResponseWriter) {
	if r.replayed {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(r.status)
	writeBody(w, r.body)
}

// createRefund makes a refund once for each idempotency key. Refunds are made one at a time.
func (s *Server) createRefund(_ *http.Request, call *stripeCall) (any, *stripeError) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	if call.key == "" {
		return refundOnce(call)
	}
	fingerprint := requestFingerprint(call.params)
	if kept, ok := s.kept(call.key); ok {
		if kept.request != fingerprint {
			return nil, keyReused(call.key)
		}
		kept.replayed = true
		return kept, nil
	}
	fresh, err := newReply(fingerprint, call)
	if err != nil {
		return nil, invalid("", "", "%v", err)
	}
	s.mu.Lock()
	s.replies[call.key] = fresh
	s.mu.Unlock()
	return fresh, nil
}

func (s *Server) kept(key string) (reply, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.replies[key]
	return r, ok
}

func keyReused(key string) *stripeError {
	e := invalid("", "", "Keys for idempotent requests can only be used with the parameters they were first used with (%s).", key)
	e.Type = "idempotency_error"
	return e
}

func requestFingerprint(params url.Values) string {
	sum := sha256.Sum256([]byte(params.Encode()))
	return hex.EncodeToString(sum[:])
}

func newReply(fingerprint string, call *stripeCall) (reply, error) {
	answer, problem := refundOnce(call)
	out := reply{request: fingerprint, status: http.StatusOK}
	if problem != nil {
		out.status, answer = problem.status, map[string]any{"error": problem}
	}
	var err error
	out.body, err = json.Marshal(answer)
	return out, err
}

// refundOnce checks a refund as Stripe does and makes it: pending now, succeeded some minutes later.
func refundOnce(call *stripeCall) (any, *stripeError) {
	if e := checkRefundParams(call.params); e != nil {
		return nil, e
	}
	expand, e := parseExpand(call.params, "refund", false)
	if e != nil {
		return nil, e
	}
	c, e := refundTarget(call)
	if e != nil {
		return nil, e
	}
	amount, e := refundAmount(call, c)
	if e != nil {
		return nil, e
	}
	r := call.world.addRefund(c, call, amount)
	return call.view().refund(r, expand), nil
}

func checkRefundParams(params url.Values) *stripeError {
	for _, name := range sortedKeys(params) {
		base, _, _ := strings.Cut(name, "[")
		switch base {
		case "charge", "payment_intent", "amount", "metadata", "reason", "expand":
			continue
		}
		return invalid("parameter_unknown", name, "Received unknown parameter: %s", name)
	}
	switch reason := params.Get("reason"); reason {
	case "", "duplicate", "fraudulent", "requested_by_customer":
		return nil
	default:
		return invalid("", "reason", "Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer")
	}
}

// refundTarget finds the charge by its own id or by its PaymentIntent.
func refundTarget(call *stripeCall) (*charge, *stripeError) {
	if id := call.params.Get("charge"); id != "" {
		if c, ok := call.world.charges.find(id, call.now); ok {
			return c, nil
		}
		return nil, missing("charge", "charge", id)
	}
	id := call.params.Get("payment_intent")
	if id == "" {
		return nil, invalid("parameter_missing", "",
			"One of the following params should be provided for this request: payment_intent or charge.")
	}
	pi, ok := call.world.intents.find(id, call.now)
	if !ok {
		return nil, missing("payment_intent", "payment_intent", id)
	}
	state, _ := pi.states.at(call.now)
	if state.latest == nil || state.latest.failure != "" {
		return nil, invalid("", "payment_intent", "This PaymentIntent (%s) does not have a successful charge to refund.", id)
	}
	return state.latest, nil
}

// refundAmount checks what may still be given back. What Stripe answers after the 90 days is not documented; the code is
// a guess that clients must not depend on.
func refundAmount(call *stripeCall, c *charge) (int64, *stripeError) {
	rest := c.amount - c.refundedAt(call.now)
	switch {
	case c.failure != "":
		return 0, invalid("charge_not_refundable", "", "Charge %s failed; there is nothing to refund.", c.id)
	case rest <= 0:
		return 0, invalid("charge_already_refunded", "", "Charge %s has already been refunded.", c.id)
	case !call.now.Before(c.created.Add(refundWindow)):
		return 0, invalid("charge_not_refundable", "", "Charge %s is too old to be refunded.", c.id)
	case c.disputedAt(call.now):
		return 0, invalid("charge_disputed", "", "Charge %s has been charged back; cannot issue a refund.", c.id)
	}
	text := call.params.Get("amount")
	if text == "" {
		return rest, nil
	}
	amount, err := strconv.ParseInt(text, 10, 64)
	if err != nil || amount < 1 {
		return 0, invalid("parameter_invalid_integer", "amount", "Invalid positive integer: %s", text)
	}
	if amount > rest {
		return 0, invalid("amount_too_large", "amount",
			"Refund amount (%d) is greater than unrefunded amount on charge (%d).", amount, rest)
	}
	return amount, nil
}

// addRefund puts a new refund into the world and takes its money out of the payouts to come. The lock is held.
func (w *World) addRefund(c *charge, call *stripeCall, amount int64) *refund {
	r := newRefund(w.rng, c, call.now, amount)
	r.reason = call.params.Get("reason")
	for name, values := range call.params {
		if key, ok := strings.CutPrefix(name, "metadata["); ok {
			r.metadata[strings.TrimSuffix(key, "]")] = values[0]
		}
	}
	done := call.now.Add(refundDuration)
	if call.fails {
		r.states.add(done, "failed")
		r.returned = bookReturn(w.rng, r, done)
		w.movements.insert(r.returned)
	} else {
		r.states.add(done, "succeeded")
	}
	w.refunds.insert(r)
	w.movements.insert(r.movement)
	w.events.insert(newEvent(w.rng, call.now, "charge.refunded", c))
	w.events.insert(newEvent(w.rng, done, "charge.refund.updated", r))
	w.payOutAgain(call.now)
	return r
}
