package simulator

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// ServerConfig says who may ask, and how the Trust Payments gateway answers what its documents leave open.
type ServerConfig struct {
	StripeKey      string
	TPUsername     string
	TPPassword     string
	SiteReferences []string // sites that the username may see; default those of the world
	FoundIsTotal   bool     // "found" of a capped answer is the total, not RecordLimit
	PageSize       int      // the most objects of a Stripe page, whatever is asked for; default 100, as at Stripe
	RecordLimit    int      // the most records of a Trust Payments answer; default 500, as there

	SearchLimit        int  // the most rows of an answer of Trust Payments' bulk search; default 75,000, as there
	SearchEndExclusive bool // the last day asked for does not belong to that answer
}

// Server speaks both providers' wire formats over a World: /v1/ is Stripe, /json/ and /auto/ are Trust Payments, and
// /simulator/clock reads (GET) and sets (PUT) the clock as {"now":"2026-03-01T22:00:00Z"}. It is safe for concurrent use.
type Server struct {
	world *World
	cfg   ServerConfig
	mux   *http.ServeMux

	mu       sync.Mutex // guards the rest
	now      time.Time
	fault    func(*http.Request) *FaultAnswer
	replies  map[string]reply // by idempotency key
	requests int
	failing  bool // refunds made from now on fail
}

// FaultAnswer is what a test wants to go wrong with one request.
type FaultAnswer struct {
	Status   int         // answer this status and Body instead of the real answer; 0 = the real one
	Header   http.Header // added to the answer
	Body     string
	CutAfter int // close the connection after this many bytes of the body; 0 = never
}

// NewServer returns a server whose clock stands at the world's Now.
func NewServer(world *World, cfg ServerConfig) *Server {
	if len(cfg.SiteReferences) == 0 {
		cfg.SiteReferences = world.cfg.SiteReferences
	}
	if cfg.PageSize == 0 {
		cfg.PageSize = maxLimit
	}
	if cfg.RecordLimit == 0 {
		cfg.RecordLimit = recordLimit
	}
	s := &Server{world: world, cfg: cfg, mux: http.NewServeMux(), now: world.cfg.Now, replies: map[string]reply{}}
	s.routeStripe()
	s.mux.HandleFunc("POST /json/", s.serveTrust)
	s.mux.HandleFunc("POST /auto/transactions/transactionsearch", s.serveSearch)
	s.mux.HandleFunc("GET /simulator/clock", s.serveClock)
	s.mux.HandleFunc("PUT /simulator/clock", s.setClock)
	return s
}

// Now returns the server's clock.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// SetNow sets the server's clock; the world shows itself as it is then.
func (s *Server) SetNow(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = t.UTC().Truncate(time.Second)
}

// FailRefunds has the refunds fail that are made over HTTP from now on: at Stripe some minutes after they were accepted, at
// Trust Payments at once, as a record of their own.
func (s *Server) FailRefunds(fail bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failing = fail
}

func (s *Server) refundsFail() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failing
}

// Fault has the hook decide before each request; nil from the hook, or a nil hook, lets the request through.
func (s *Server) Fault(hook func(*http.Request) *FaultAnswer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = hook
}

// ServeHTTP answers one request, or does to it what Fault said.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests++
	w.Header().Set("Request-Id", fmt.Sprintf("req_%08d", s.requests))
	hook := s.fault
	s.mu.Unlock()
	if hook != nil {
		if answer := hook(r); answer != nil {
			s.serveFault(w, r, answer)
			return
		}
	}
	s.mux.ServeHTTP(w, r)
}

func (s *Server) serveFault(w http.ResponseWriter, r *http.Request, answer *FaultAnswer) {
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	if answer.CutAfter > 0 {
		w = &cutWriter{ResponseWriter: w, left: answer.CutAfter}
	}
	if answer.Status == 0 {
		s.mux.ServeHTTP(w, r)
		return
	}
	w.WriteHeader(answer.Status)
	writeBody(w, []byte(answer.Body))
}

// cutWriter lets so many bytes through and then closes the connection in the middle of the body.
type cutWriter struct {
	http.ResponseWriter
	left int
}

func (c *cutWriter) Write(p []byte) (int, error) {
	if len(p) <= c.left {
		c.left -= len(p)
		return c.ResponseWriter.Write(p)
	}
	if _, err := c.ResponseWriter.Write(p[:c.left]); err != nil {
		return 0, err
	}
	if err := http.NewResponseController(c.ResponseWriter).Flush(); err != nil {
		return 0, err
	}
	panic(http.ErrAbortHandler) // net/http's own way to drop a connection without a word
}

// writeBody sends a body. It fails when the client went away, and then there is nobody left to tell.
func writeBody(w http.ResponseWriter, body []byte) {
	_, _ = w.Write(body)
}

type clockJSON struct {
	Now time.Time `json:"now"`
}

func (s *Server) serveClock(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, clockJSON{s.Now()})
}

func (s *Server) setClock(w http.ResponseWriter, r *http.Request) {
	var c clockJSON
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil || c.Now.IsZero() {
		err = errors.Join(errors.New(`send {"now":"2026-03-01T22:00:00Z"}`), err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.SetNow(c.Now)
	s.serveClock(w, r)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	encoded, err := json.Marshal(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	writeBody(w, append(encoded, '\n'))
}

// sameSecret compares in constant time, and an unset secret fits nothing.
func sameSecret(got, want string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

// bearer returns the key of a request: "Authorization: Bearer KEY", or Basic with the key as the user name.
func bearer(r *http.Request) string {
	if key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return key
	}
	user, _, _ := r.BasicAuth()
	return user
}
