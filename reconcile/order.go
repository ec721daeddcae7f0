package reconcile

import "cmp"

// compareAll compares pairs of strings, first pair first, each by bytes.
func compareAll(pairs ...string) int {
	for i := 0; i < len(pairs); i += 2 {
		if c := cmp.Compare(pairs[i], pairs[i+1]); c != 0 {
			return c
		}
	}
	return 0
}
