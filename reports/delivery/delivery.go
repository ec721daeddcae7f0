// Package delivery brings a report to those who read it: into a bucket or folder, by mail, and as a line in a chat.
//
// What may be brought twice without harm (files under names of their own) is tried until it is there. A mail or a chat
// message is not: where the answer to one got lost, the receiver may have it, and a second one would be worse than none.
package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Parcel is one report as it is handed over.
type Parcel struct {
	FinanceDay string // 2026-03-10
	Brief      string // what a person should know without opening a file; its first line is the headline
	Folder     string // where the files lie
	Files      []File // in the order of their names
}

// File is one file of a parcel.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // in hex
}

// BriefFile is the file of a report's folder that holds its Brief.
const BriefFile = "brief.txt"

// Pack makes a parcel of the report in a folder. It fails where there is no report, or a file cannot be read.
func Pack(folder, financeDay string) (Parcel, error) {
	brief, err := os.ReadFile(filepath.Join(folder, BriefFile))
	if err != nil {
		return Parcel{}, fmt.Errorf("read the report of %s: %w", financeDay, err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return Parcel{}, fmt.Errorf("read the report of %s: %w", financeDay, err)
	}
	parcel := Parcel{FinanceDay: financeDay, Brief: string(brief), Folder: folder}
	for _, entry := range entries {
		if !entry.Type().IsRegular() || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		file, err := measure(filepath.Join(folder, entry.Name()))
		if err != nil {
			return Parcel{}, fmt.Errorf("read the report of %s: %w", financeDay, err)
		}
		parcel.Files = append(parcel.Files, file)
	}
	return parcel, nil
}

func measure(path string) (File, error) {
	file, err := os.Open(path)
	if err != nil {
		return File{}, err
	}
	defer file.Close()
	hash := sha256.New()
	size, err := io.Copy(hash, file)
	return File{Name: filepath.Base(path), Bytes: size, SHA256: hex.EncodeToString(hash.Sum(nil))}, err
}

// ID names the parcel by what is in it: the same report, written again with the same bytes, is the same parcel.
func (p Parcel) ID() string {
	hash := sha256.New()
	fmt.Fprintf(hash, "%s\n", p.FinanceDay)
	for _, file := range p.Files {
		fmt.Fprintf(hash, "%s  %s\n", file.SHA256, file.Name)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// Headline is the first line of the brief.
func (p Parcel) Headline() string {
	line, _, _ := strings.Cut(p.Brief, "\n")
	return line
}

// file returns the path of the first file with an ending, or nothing.
func (p Parcel) file(ending string) string {
	for _, file := range p.Files {
		if strings.HasSuffix(file.Name, ending) {
			return filepath.Join(p.Folder, file.Name)
		}
	}
	return ""
}

// ContentType is the media type of a report's file. It needs no table of the machine's: it must not differ from one to the next.
func ContentType(name string) string {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".xlsx":
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case ".csv":
		return "text/csv; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".txt":
		return "text/plain; charset=utf-8"
	case ".jsonl":
		return "application/jsonl"
	case ".parquet":
		return "application/vnd.apache.parquet"
	}
	return "application/octet-stream"
}

// How often and how patiently a delivery is tried within one run; the wait doubles.
const tries = 3

// persist calls try until it succeeds, says that the receiver may have it (arrived), or has failed so many times.
func persist(ctx context.Context, wait time.Duration, try func() (arrived bool, err error)) (bool, error) {
	for n := 1; ; n++ {
		arrived, err := try()
		if err == nil || arrived || n == tries || isFinal(err) {
			return arrived, err
		}
		select {
		case <-ctx.Done():
			return false, err
		case <-time.After(wait << (n - 1)):
		}
	}
}

// finalError is one that another try will not change.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

func isFinal(err error) bool {
	_, ok := err.(finalError)
	return ok
}

func orSecond(wait time.Duration) time.Duration {
	if wait <= 0 {
		return time.Second
	}
	return wait
}
