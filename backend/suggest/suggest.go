// Package suggest finds the name a person probably meant, for error messages that
// say what to write instead.
package suggest

import "strings"

// Nearest is the name among known that word is most likely a slip of, without
// regard to case: at most a third of its letters, and never more than three, are
// wrong, missing, added or swapped with their neighbour. "" when none is that near.
func Nearest(word string, known []string) string {
	best, bestAt := "", min(3, max(1, len(word)/3))+1
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d < bestAt {
			best, bestAt = k, d
		}
	}
	return best
}

// distance is the restricted Damerau-Levenshtein distance in bytes, which is
// enough for names that are ASCII by their grammar.
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
