package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// bucketProgram writes a report into a bucket. It is a program of its own: see the package bucket.
const bucketProgram = "tieout-bucket"

// Bucket brings the files to an object store or a folder.
type Bucket struct{ URL string }

// Name is "bucket".
func (Bucket) Name() string { return "bucket" }

// Repeatable: the same files go under the same names.
func (Bucket) Repeatable() bool { return true }

// Deliver runs tieout-bucket, which lies beside this program or on the PATH. It never half arrives.
func (b Bucket) Deliver(ctx context.Context, parcel Parcel) (arrived bool, err error) {
	program, err := find(bucketProgram)
	if err != nil {
		return false, err
	}
	var said bytes.Buffer
	command := exec.CommandContext(ctx, program, b.URL, parcel.Folder, parcel.FinanceDay)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) } // so that it takes back what it wrote
	command.Stderr = &said
	if err := command.Run(); err != nil {
		if text := strings.TrimSpace(said.String()); text != "" {
			err = errors.New(text)
		}
		return false, fmt.Errorf("%s: %w", bucketProgram, err)
	}
	return true, nil
}

func find(program string) (string, error) {
	if own, err := os.Executable(); err == nil {
		if beside := filepath.Join(filepath.Dir(own), program); isFile(beside) {
			return beside, nil
		}
	}
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("delivery.bucket needs the program %s beside tieout (`make build` and the image have both): %w", program, err)
	}
	return path, nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
