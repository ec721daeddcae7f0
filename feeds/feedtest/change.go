package feedtest

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/reconcile"
)

// testChanges fetches day by day, for a fortnight, and compares with one fetch of everything at its end: whatever changed
// without being made anew was found again.
func testChanges(t *testing.T, p Provider) {
	s := newStage(t, p)
	client, daily, whole := s.plain(), s.shelf(), s.shelf()
	changed := map[string]bool{}
	from, end := p.Since, p.Now.Add(day)
	for now := p.Now.Add(-13 * day); !now.After(end); now = now.Add(day) {
		s.world.SetNow(now)
		before := maps.Clone(daily.Records)
		s.fetch(client, reconcile.Window{From: from, To: now}, daily)
		from = now.Add(-2 * time.Hour)
		for _, key := range daily.changed {
			if held := before[key]; held != nil && !cmp.Equal(held, daily.Records[key]) {
				changed[key.Kind] = true
			}
		}
	}
	for _, kind := range p.Changes {
		if !changed[kind] {
			t.Errorf("no %s that was held on a day was another on the next: it was not read again, or the world is too small", kind)
		}
	}
	s.fetch(client, reconcile.Window{From: p.Since, To: end}, whole)
	for _, key := range sorted(whole.Records) {
		if diff := cmp.Diff(whole.Records[key], daily.Records[key]); diff != "" {
			t.Errorf("%s %s (- read at once, + read day by day):\n%s", key.Kind, key.ID, diff)
		}
	}
}
