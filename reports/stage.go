package reports

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// output is a file being written.
type output interface {
	io.Writer
	Sync() error
	Close() error
}

func createFile(path string) (output, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
}

// stage collects a folder's files out of sight and publishes them together: readers see the files of the last complete
// report or those of this one, never half a file. The files are written in a folder inside the target, so that
// publishing is a rename on one file system.
type stage struct {
	target string
	hidden string
	create func(path string) (output, error)
	files  []File
}

const stagePrefix = ".writing-"

// openStage also clears what a killed run left behind. Two writers of one day do not meet, because runs hold a lock;
// if they do, the first finds its files gone and fails without publishing.
func openStage(target string, create func(string) (output, error)) (*stage, error) {
	if err := os.MkdirAll(target, 0o755); err != nil {
		return nil, fmt.Errorf("create the report folder: %w", err)
	}
	if err := removeLeftovers(target); err != nil {
		return nil, fmt.Errorf("remove what an earlier run left in the report folder: %w", err)
	}
	hidden, err := os.MkdirTemp(target, stagePrefix+"*")
	if err != nil {
		return nil, fmt.Errorf("write into the report folder: %w", err)
	}
	return &stage{target: target, hidden: hidden, create: create}, nil
}

func removeLeftovers(target string) error {
	entries, err := os.ReadDir(target)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), stagePrefix) {
			if err := os.RemoveAll(filepath.Join(target, entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// write makes one file of what body writes; body returns how many rows that was.
func (s *stage) write(name string, body func(io.Writer) (int64, error)) error {
	file, err := s.fill(name, body)
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Join(s.target, name), err)
	}
	s.files = append(s.files, file)
	return nil
}

func (s *stage) fill(name string, body func(io.Writer) (int64, error)) (File, error) {
	out, err := s.create(filepath.Join(s.hidden, name))
	if err != nil {
		return File{}, err
	}
	counter := &countingWriter{to: out, sum: sha256.New()}
	buffer := bufio.NewWriterSize(counter, 1<<16)
	rows, err := body(buffer)
	if err == nil {
		err = buffer.Flush()
	}
	if err == nil {
		err = out.Sync()
	}
	if closeErr := out.Close(); err == nil {
		err = closeErr
	}
	return File{Name: name, Rows: rows, Bytes: counter.written, SHA256: hex.EncodeToString(counter.sum.Sum(nil))}, err
}

// sorted are the files in the order of their names.
func (s *stage) sorted() []File {
	slices.SortFunc(s.files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	return s.files
}

// publish renames all files into the target, after making sure that nothing there can stop it half-way.
func (s *stage) publish() (Written, error) {
	for _, file := range s.sorted() {
		path := filepath.Join(s.target, file.Name)
		if there, err := os.Lstat(path); err == nil && there.IsDir() {
			return Written{}, fmt.Errorf("publish %s: a folder of that name is in the way", path)
		}
	}
	for _, file := range s.files {
		if err := os.Rename(filepath.Join(s.hidden, file.Name), filepath.Join(s.target, file.Name)); err != nil {
			return Written{}, fmt.Errorf("publish %s: %w", filepath.Join(s.target, file.Name), err)
		}
	}
	if err := syncFolder(s.target); err != nil {
		return Written{}, fmt.Errorf("make the report folder durable: %w", err)
	}
	return Written{Directory: s.target, Files: s.files}, nil
}

// discard removes whatever was not published; after publish only an empty folder is left.
func (s *stage) discard() error {
	if err := os.RemoveAll(s.hidden); err != nil {
		return fmt.Errorf("clear up the report folder: %w", err)
	}
	return nil
}

// syncFolder makes the renames survive a power cut. Some network file systems cannot sync a folder and say so.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	err = folder.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, folder.Close())
}

type countingWriter struct {
	to      io.Writer
	written int64
	sum     hash.Hash
}

func (w *countingWriter) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	w.written += int64(n)
	w.sum.Write(p[:n])
	return n, err
}
