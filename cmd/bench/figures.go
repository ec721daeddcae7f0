package main

import (
	"fmt"
	"math"
	"slices"
)

// row is one line of the table: what was measured in terms of what stands beside it, and what it should reach at most, or at least.
type row struct {
	name  string
	ratio float64
	reach float64

	atLeast bool // the reach is the least, and not the most
}

// String rounds up, or down where much is good, so that a line that says ok never hides a ratio beyond its reach.
func (r row) String() string {
	shown := math.Ceil(r.ratio*100-1e-6) / 100
	reached := shown <= r.reach
	if r.atLeast {
		shown = math.Floor(r.ratio*100+1e-6) / 100
		reached = shown >= r.reach
	}
	word := "short"
	if reached {
		word = "ok"
	}
	return fmt.Sprintf("BENCH %s ratio=%.2f reach=%.2f %s", r.name, shown, r.reach, word)
}

// median is the middle one; of an even number, the higher of the two.
func median(figures []float64) float64 {
	sorted := slices.Sorted(slices.Values(figures))
	return sorted[len(sorted)/2]
}
