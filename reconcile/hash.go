package reconcile

import (
	"time"

	"tieout/reconcile/money"
)

// Hash stands for all that a verdict says but its exceptions, which have a life of their own, and its cluster. It is the
// same on every machine. Of two verdicts that differ one in 2⁶⁴ has the same.
func (v *Verdict) Hash() int64 {
	h := newHash().text(v.CaseKey).text(v.OrderReference).text(string(v.Outcome)).text(v.Reason).text(string(v.Rule)).key(v.Payment)
	h = h.amount(v.Order).amount(v.Paid).amount(v.Refunded).time(v.PaidAt).time(v.NextReview).flag(v.CoverageBound)
	if v.Cancel != nil {
		h = h.text(v.Cancel.Reason)
		for _, e := range v.Cancel.Evidence {
			h = h.key(e.Object).text(e.Status).time(e.At)
		}
	}
	for _, o := range v.Owed {
		h = h.key(o.Payment).text(o.RequestID).amount(o.Amount).text(string(o.Why)).time(o.AskedAt).time(o.WindowEndsAt).text(string(o.Decision)).text(o.Reason)
	}
	return int64(h)
}

// hash mixes as FNV-1a does, eight bytes at a time. A text is followed by its length, so that no two lists of texts read the
// same.
type hash uint64

func newHash() hash { return 14695981039346656037 }

func (h hash) text(s string) hash {
	rest := s
	for ; len(rest) >= 8; rest = rest[8:] {
		h = h.mix(uint64(rest[0]) | uint64(rest[1])<<8 | uint64(rest[2])<<16 | uint64(rest[3])<<24 |
			uint64(rest[4])<<32 | uint64(rest[5])<<40 | uint64(rest[6])<<48 | uint64(rest[7])<<56)
	}
	var last uint64
	for i := range len(rest) {
		last |= uint64(rest[i]) << (8 * i)
	}
	return h.mix(last).number(int64(len(s)))
}

// mix multiplies by an odd number with its bits well spread, which carries every bit upwards, and folds the upper half back
// down.
func (h hash) mix(n uint64) hash {
	h = (h ^ hash(n)) * 0x9E3779B97F4A7C15
	return h ^ h>>32
}

func (h hash) number(n int64) hash { return h.mix(uint64(n)) }

func (h hash) time(t time.Time) hash {
	if t.IsZero() {
		return h.number(0)
	}
	return h.number(t.UnixMicro())
}

func (h hash) amount(a money.Amount) hash { return h.number(a.Minor).text(a.Currency) }
func (h hash) key(k Key) hash             { return h.text(k.Feed).text(k.Account).text(k.Kind).text(k.ID) }

func (h hash) flag(f bool) hash {
	if f {
		return h.number(1)
	}
	return h.number(0)
}
