package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// reading is what a process took.
type reading struct {
	wall time.Duration
	cpu  time.Duration // its own, in user mode and in the kernel; what a server did for it is not in it
	peak float64       // the most memory that it held, in MB (Linux counts it in KB)
}

func (r reading) String() string {
	return fmt.Sprintf("%7.2f s wall  %7.2f s cpu  %6.1f MB", r.wall.Seconds(), r.cpu.Seconds(), r.peak)
}

// measure runs a program to its end. What it printed is told when it failed.
func measure(ctx context.Context, name string, args ...string) (reading, error) {
	var output bytes.Buffer
	command := exec.CommandContext(ctx, name, args...)
	command.Stdout, command.Stderr = &output, &output
	start := time.Now()
	if err := command.Run(); err != nil {
		return reading{}, fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, output.String())
	}
	wall := time.Since(start)
	usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return reading{}, fmt.Errorf("%s: the system does not tell what it used", name)
	}
	return reading{
		wall: wall, cpu: command.ProcessState.UserTime() + command.ProcessState.SystemTime(), peak: float64(usage.Maxrss) / 1024,
	}, nil
}

// readings are those of one piece of work, one a round.
type readings []reading

func (list readings) seconds() float64 {
	var figures []float64
	for _, r := range list {
		figures = append(figures, r.wall.Seconds())
	}
	return median(figures)
}

// pass runs a program whose output is for people.
func pass(ctx context.Context, name string, args ...string) error {
	command := exec.CommandContext(ctx, name, args...)
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", filepath.Base(name), strings.Join(args, " "), err)
	}
	return nil
}
