package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/feeds/simulator"
	"tieout/reports/delivery/bucket"
)

// TestDelivery: a run brings its report to a folder and a chat, a second run with the same report does not, and what may have
// arrived is brought again only by a person's word.
func TestDelivery(t *testing.T) {
	t.Parallel()
	var posted []string
	answer := http.StatusOK
	chat := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		posted = append(posted, string(body))
		if answer == 0 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(answer)
	}))
	t.Cleanup(chat.Close)
	s := newScene(t, sqliteApart, newWorld(t, simulator.Config{Seed: 8, Orders: 120}))
	archive := filepath.Join(s.dir, "archive")
	held, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	s.write("tieout.yaml", string(held)+"delivery:\n  bucket: file://"+filepath.ToSlash(archive)+"\n  webhooks:\n    finance: {url: \""+chat.URL+"/T0P-SECRET\", format: text}\n")
	s.moveTo(firstDay)
	asOf := []string{"--as-of", firstDay.Format(time.RFC3339)}

	answer = 0
	code, stdout, stderr := s.tieout(append([]string{"run"}, asOf...)...)
	if code != exitFailed || strings.Contains(stdout+stderr, "T0P-SECRET") || !strings.Contains(stderr, "deliver by webhook finance") {
		t.Fatalf("no answer from the chat: exit %d\n%s\n%s", code, stdout, stderr)
	}
	answer = http.StatusOK
	s.must(append([]string{"run"}, asOf...)...)
	s.must(append([]string{"deliver"}, asOf...)...)
	if len(posted) != 1 {
		t.Fatalf("posted %d times: %q", len(posted), posted)
	}
	s.must(append([]string{"deliver", "--again", "webhook finance"}, asOf...)...)
	if len(posted) != 2 || posted[0] != posted[1] || !strings.Contains(posted[0], "tieout 2026-03-10: ") {
		t.Errorf("posted %q", posted)
	}
	if code, _, stderr := s.tieout("deliver", "--again", "pigeon"); code != exitWrong || !strings.Contains(stderr, "pigeon") {
		t.Errorf("an unknown place: exit %d, %s", code, stderr)
	}
	if code, _, stderr := s.tieout("deliver", "--as-of", "2020-01-01T00:00:00Z"); code != exitWrong || !strings.Contains(stderr, "no report of 2020-01-01") {
		t.Errorf("a day without a report: exit %d, %s", code, stderr)
	}
	checkBucket(t, archive, s.reports(firstDay))
}

// checkBucket holds the folder that the manifest names against the report's own.
func checkBucket(t *testing.T, archive, folder string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(archive, "2026-03-10", "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest bucket.Manifest
	if err := json.Unmarshal(content, &manifest); err != nil {
		t.Fatal(err)
	}
	want, got := map[string]string{}, map[string]string{}
	for from, into := range map[string]map[string]string{folder: want, filepath.Join(archive, filepath.FromSlash(manifest.Folder)): got} {
		entries, err := os.ReadDir(from)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			content, err := os.ReadFile(filepath.Join(from, entry.Name()))
			if err != nil {
				t.Fatal(err)
			}
			into[entry.Name()] = string(content)
		}
	}
	if len(got) != len(manifest.Files) || len(got) < 2 {
		t.Errorf("%d files, the manifest has %d", len(got), len(manifest.Files))
	}
	if !cmp.Equal(want, got) {
		t.Errorf("the files in the bucket are not those of the report: %v, want %v", keysOf(got), keysOf(want))
	}
}

func keysOf(m map[string]string) (keys []string) {
	for key := range m {
		keys = append(keys, key)
	}
	return keys
}
