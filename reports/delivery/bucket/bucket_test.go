package bucket

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"gocloud.dev/blob"

	"tieout/reports/delivery"
)

var contents = map[string]string{
	"brief.txt": "2 exceptions need a person, none critical.\nstripe main is complete.\n", "exceptions.csv": "code,severity\r\n", "tieout-2026-03-10.xlsx": "PK\x03\x04 not really",
}

// report writes the files of a report and packs them.
func report(t *testing.T, files map[string]string) delivery.Parcel {
	t.Helper()
	folder := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parcel, err := delivery.Pack(folder, "2026-03-10")
	if err != nil {
		t.Fatal(err)
	}
	return parcel
}

// s3 is a real S3 server on the loopback. Its requests pass a gate, which may answer in its place.
type s3 struct {
	url  string
	gate atomic.Pointer[func(http.ResponseWriter, *http.Request) (answered bool)]
}

func newS3(t *testing.T) *s3 {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("reports"); err != nil {
		t.Fatal(err)
	}
	inner, s := gofakes3.New(backend).Server(), &s3{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gate := s.gate.Load(); gate != nil && (*gate)(w, r) {
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"} {
		t.Setenv(name, value)
	}
	s.url = "s3://reports?region=eu-central-1&use_path_style=true&endpoint=" + url.QueryEscape(server.URL)
	return s
}

// refuse answers uploads of keys with an ending with a status, so many times.
func (s *s3) refuse(ending string, status int, times int64) *atomic.Int64 {
	var left atomic.Int64
	left.Store(times)
	gate := func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut || !strings.HasSuffix(r.URL.Path, ending) || left.Add(-1) < 0 {
			return false
		}
		http.Error(w, "<Error><Code>Refused</Code></Error>", status)
		return true
	}
	s.gate.Store(&gate)
	return &left
}

// held reads a whole bucket.
func held(t *testing.T, bucketURL string) map[string]string {
	t.Helper()
	bucket, err := blob.OpenBucket(t.Context(), bucketURL)
	if err != nil {
		t.Fatal(err)
	}
	defer bucket.Close()
	found := map[string]string{}
	objects := bucket.List(nil)
	for {
		object, err := objects.Next(t.Context())
		if object == nil {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := bucket.ReadAll(t.Context(), object.Key)
		if err != nil {
			t.Fatal(err)
		}
		found[object.Key] = string(content)
	}
	return found
}

// whole checks that a bucket holds the parcels and no more, and that the manifest names the last of them.
func whole(t *testing.T, bucketURL string, parcels ...delivery.Parcel) {
	t.Helper()
	want := map[string]string{}
	for _, parcel := range parcels {
		for _, file := range parcel.Files {
			content, err := os.ReadFile(filepath.Join(parcel.Folder, file.Name))
			if err != nil {
				t.Fatal(err)
			}
			want[path.Join("2026-03-10", parcel.ID()[:16], file.Name)] = string(content)
		}
	}
	got := held(t, bucketURL)
	var manifest Manifest
	if len(parcels) > 0 {
		if err := json.Unmarshal([]byte(got["2026-03-10/manifest.json"]), &manifest); err != nil {
			t.Errorf("manifest %q: %v", got["2026-03-10/manifest.json"], err)
		}
		last := parcels[len(parcels)-1]
		if diff := cmp.Diff(Manifest{"2026-03-10", last.ID(), last.Headline(), "2026-03-10/" + last.ID()[:16], last.Files}, manifest); diff != "" {
			t.Errorf("manifest (-want +got):\n%s", diff)
		}
		delete(got, "2026-03-10/manifest.json")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bucket (-want +got):\n%s", diff)
	}
}

// TestBuckets: the same on S3 and in a folder: a report is there whole, and a later one of the same day beside it.
func TestBuckets(t *testing.T) {
	for name, bucketURL := range map[string]string{"s3": newS3(t).url, "folder": "file://" + filepath.Join(t.TempDir(), "not", "there", "yet")} {
		t.Run(name, func(t *testing.T) {
			first, second := report(t, contents), report(t, map[string]string{"brief.txt": "Everything ties out.\n", "matched.csv": "order\r\n"})
			for _, parcel := range []delivery.Parcel{first, first, second} {
				if err := Write(t.Context(), bucketURL, parcel); err != nil {
					t.Fatal(err)
				}
			}
			whole(t, bucketURL, first, second)
		})
	}
}

// TestBucketTriesAgain: trouble that passes leaves no trace.
func TestBucketTriesAgain(t *testing.T) {
	s := newS3(t)
	left := s.refuse("exceptions.csv", http.StatusServiceUnavailable, 2)
	parcel := report(t, contents)
	if err := Write(t.Context(), s.url, parcel); err != nil {
		t.Fatal(err)
	}
	if left.Load() > 0 {
		t.Error("no upload was refused")
	}
	whole(t, s.url, parcel)
}

// TestBucketWholeOrNotAtAll: whichever file cannot be written, nothing of the report is left, and the one before stands.
func TestBucketWholeOrNotAtAll(t *testing.T) {
	for _, ending := range []string{"brief.txt", "exceptions.csv", ".xlsx", "manifest.json"} {
		t.Run(ending, func(t *testing.T) {
			s := newS3(t)
			s.refuse(ending, http.StatusForbidden, 100)
			if err := Write(t.Context(), s.url, report(t, contents)); err == nil || !strings.Contains(err.Error(), ending) {
				t.Errorf("error = %v, want one that names %s", err, ending)
			}
			whole(t, s.url)
			s.gate.Store(nil)
			before := report(t, map[string]string{"brief.txt": "Everything ties out.\n"})
			if err := Write(t.Context(), s.url, before); err != nil {
				t.Fatal(err)
			}
			s.refuse(ending, http.StatusForbidden, 100)
			if err := Write(t.Context(), s.url, report(t, contents)); err == nil {
				t.Error("no error")
			}
			whole(t, s.url, before)
		})
	}
}

// TestBucketFolderHoldsReportsAlone: what people open beside the reports is the reports.
func TestBucketFolderHoldsReportsAlone(t *testing.T) {
	folder := t.TempDir()
	if err := Write(t.Context(), "file://"+folder, report(t, contents)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && (strings.HasSuffix(path, ".attrs") || bytes.Contains([]byte(path), []byte(".tmp"))) {
			t.Errorf("the folder also holds %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestBucketUnknown(t *testing.T) {
	for _, bucketURL := range []string{"ftp://reports", "reports", "s3://"} {
		if err := Write(t.Context(), bucketURL, report(t, contents)); err == nil {
			t.Errorf("%s: no error", bucketURL)
		}
	}
}
