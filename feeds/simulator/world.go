package simulator

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"sync"
	"time"
)

// historyDays is how far back the first order lies. It is past the 90 days of the refund window and inside the 100 days
// of a first fetch.
const historyDays = 95

// Config says which world to make. Equal configurations make equal worlds, byte for byte.
type Config struct {
	Seed   uint64
	Orders int            // orders up to Now; each following day adds about a sixtieth of them
	Now    time.Time      // the end of the first day; whole seconds
	Days   int            // how many days after Now stories go on; default 2
	Zone   *time.Location // where the shoppers live: few orders at night; default UTC
	Live   bool           // the world's own objects are of live mode; default test mode
	Serial int            // what numbers are counted from; worlds of one shop must not share any

	SiteReferences []string       // Trust Payments sites; default test_site12345
	Stories        map[string]int // weight of each story; nil = DefaultStories()
	Faults         []Fault        // in the Stripe account's books; default none
}

// World is a shop, its shoppers and what both providers know of them, at any instant. It is safe for concurrent use.
type World struct {
	cfg     Config
	horizon time.Time // the end of the last day on which stories move

	mu           sync.RWMutex // guards what refunds over HTTP change
	orders       []*shopOrder
	requests     []*refundRequest
	expectations []Expectation

	sources      *collection[*source]
	intents      *collection[*intent]
	charges      *collection[*charge]
	refunds      *collection[*refund]
	disputes     *collection[*dispute]
	movements    *collection[*movement]
	payouts      *collection[*payout]
	events       *collection[*event]
	transactions *collection[*transaction]

	payoutFaults map[payoutKey]string
	faults       []plantedFault
	planted      map[*charge]bool // those that a fault is about

	payoutResidues map[payoutKey]int64 // what payouts pay too much by a fault
	serial         int                 // numbers Trust Payments records and order references
	rng            *rand.Rand          // for what belongs to no shopper, and for refunds over HTTP
}

// New tells every story of the world and returns it.
func New(cfg Config) (*World, error) {
	cfg, err := withDefaults(cfg)
	if err != nil {
		return nil, err
	}
	w := &World{
		cfg: cfg, horizon: cfg.Now.AddDate(0, 0, cfg.Days),
		sources: newCollection[*source](), intents: newCollection[*intent](), charges: newCollection[*charge](),
		refunds: newCollection[*refund](), disputes: newCollection[*dispute](), movements: newCollection[*movement](),
		payouts: newCollection[*payout](), events: newCollection[*event](), transactions: newCollection[*transaction](),
		payoutFaults: map[payoutKey]string{}, payoutResidues: map[payoutKey]int64{}, planted: map[*charge]bool{},
		serial: cfg.Serial, rng: rand.New(rand.NewPCG(cfg.Seed, 0)),
	}
	w.tellAll()
	w.chargeAccountFees()
	w.sortAll()
	w.planPayoutFaults()
	if err := w.plant(); err != nil {
		return nil, err
	}
	w.payOut(w.firstDay())
	return w, nil
}

func withDefaults(cfg Config) (Config, error) {
	if cfg.Now.IsZero() {
		return cfg, fmt.Errorf("simulator: Config.Now is missing: give the end of the first day")
	}
	if cfg.Orders < 1 {
		return cfg, fmt.Errorf("simulator: Config.Orders is %d: give at least 1", cfg.Orders)
	}
	cfg.Now = cfg.Now.UTC().Truncate(time.Second)
	if cfg.Days == 0 {
		cfg.Days = 2
	}
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	if len(cfg.SiteReferences) == 0 {
		cfg.SiteReferences = []string{"test_site12345"}
	}
	if cfg.Stories == nil {
		cfg.Stories = DefaultStories()
	}
	return cfg, checkStories(cfg.Stories)
}

func checkStories(weights map[string]int) error {
	known := map[string]bool{}
	for _, name := range StoryNames() {
		known[name] = true
	}
	var unknown []string
	total := 0
	for name, weight := range weights {
		if !known[name] || weight < 0 {
			unknown = append(unknown, name)
		}
		total += weight
	}
	sort.Strings(unknown)
	if len(unknown) > 0 {
		return fmt.Errorf("simulator: Config.Stories: unknown or negative %q: use the names of StoryNames", unknown)
	}
	if total == 0 {
		return fmt.Errorf("simulator: Config.Stories has no weight: give at least one story a weight above 0")
	}
	return nil
}

// tellAll gives every order its story and its own random numbers, so that one story does not shift the next.
func (w *World) tellAll() {
	plan := w.cast()
	for i, s := range plan {
		s.tell(w.teller(s, i, false))
	}
	for i, s := range w.castUpcoming() {
		s.tell(w.teller(s, len(plan)+i, true))
	}
}

func (w *World) teller(s story, index int, upcoming bool) *teller {
	rng := rand.New(rand.NewPCG(w.cfg.Seed, uint64(index)+1))
	return &teller{world: w, story: s.name, rng: rng, upcoming: upcoming}
}

// cast decides which story each order up to Now tells: every story with a weight at least once while there is room.
func (w *World) cast() []story {
	var plan []story
	total := 0
	for _, s := range allStories() {
		total += w.cfg.Stories[s.name]
	}
	heaviest := story{}
	for _, s := range allStories() {
		weight := w.cfg.Stories[s.name]
		if weight == 0 {
			continue
		}
		if heaviest.tell == nil || weight > w.cfg.Stories[heaviest.name] {
			heaviest = s
		}
		for range max(1, weight*w.cfg.Orders/total) {
			plan = append(plan, s)
		}
	}
	for heaviest.tell != nil && len(plan) < w.cfg.Orders {
		plan = append(plan, heaviest)
	}
	w.rng.Shuffle(len(plan), func(i, j int) { plan[i], plan[j] = plan[j], plan[i] })
	return plan[:min(len(plan), w.cfg.Orders)]
}

// castUpcoming picks the orders of the days after Now among the stories that may begin on any day.
func (w *World) castUpcoming() []story {
	var pool []story
	for _, s := range allStories() {
		if s.daily {
			for range w.cfg.Stories[s.name] {
				pool = append(pool, s)
			}
		}
	}
	if len(pool) == 0 {
		return nil
	}
	plan := make([]story, w.cfg.Days*max(1, w.cfg.Orders/60))
	for i := range plan {
		plan[i] = pool[w.rng.IntN(len(pool))]
	}
	return plan
}

func (w *World) sortAll() {
	w.sources.sortAll()
	w.intents.sortAll()
	w.charges.sortAll()
	w.refunds.sortAll()
	w.disputes.sortAll()
	w.movements.sortAll()
	w.events.sortAll()
	w.transactions.sortAll()
	sort.SliceStable(w.orders, func(i, j int) bool { return w.orders[i].reference < w.orders[j].reference })
	sort.SliceStable(w.requests, func(i, j int) bool { return w.requests[i].id < w.requests[j].id })
}

// nextSerial numbers what must be unique in the world.
func (w *World) nextSerial() int {
	w.serial++
	return w.serial
}
