package desktop

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks may stand on one letter. No language needs
// more; a tower of them covers the lines above.
const maxMarks = 4

// Show makes s fit for a terminal: one line, without what a terminal would obey or
// could not show. Line ends and tabs become spaces. Controls, marks that turn the
// direction of writing, other invisible characters, private and unassigned ones and
// bytes that are no UTF-8 become U+FFFD. Text of others reaches a screen or standard
// output only through here.
func Show(s string) string {
	if plainASCII(s) {
		return s
	}
	var b strings.Builder
	marks := 0
	for _, r := range s { // a byte that is no UTF-8 comes as U+FFFD
		switch {
		case unicode.Is(unicode.M, r):
			if marks++; marks > maxMarks {
				continue
			}
		case unicode.IsSpace(r):
			r, marks = ' ', 0
		case !unicode.IsGraphic(r):
			r, marks = utf8.RuneError, 0
		default:
			marks = 0
		}
		b.WriteRune(r)
	}
	return b.String()
}

func plainASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
