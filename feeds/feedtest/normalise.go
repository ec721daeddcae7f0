package feedtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds"
	"tieout/reconcile"
)

// testNormalise reads everything that the world shows, and for each kind what no provider would show.
func testNormalise(t *testing.T, p Provider) {
	s := newStage(t, p)
	shelf := s.shelf()
	s.fetch(s.plain(), s.first(), shelf)
	kinds := map[string]bool{}
	for _, observation := range shelf.handed {
		kinds[observation.Key.Kind] = true
		record := p.Normalise(observation)
		if record == nil || record.RecordKey() != observation.Key {
			t.Errorf("%+v is read as %+v", observation.Key, record)
		}
		if again := p.Normalise(observation); !cmp.Equal(record, again) {
			t.Errorf("%+v is read as %+v and as %+v", observation.Key, record, again)
		}
	}
	for kind := range p.Kinds {
		if !kinds[kind] {
			t.Errorf("the fetch shows no %s: the world must hold one of each kind", kind)
		}
		for _, body := range []string{"", "{", "null", "[]", `"x"`, "{}", `{"unreadable":"<html>"}`} {
			observation := feeds.Observation{Key: s.p.key(kind, "x"), Body: []byte(body)}
			if rejected, ok := p.Normalise(observation).(reconcile.Rejection); !ok || rejected.Key != observation.Key || rejected.Reason == "" {
				t.Errorf("%s %q is read as %+v", kind, body, p.Normalise(observation))
			}
		}
	}
}
