package asterisk

import "strings"

// escapes are the letters behind a backslash in ast_escape_c (main/utils.c), in
// pairs with what they stand for.
const escapes = "a\ab\bf\fn\nr\rt\tv\v\\\\''\"\"??"

// unescape undoes ast_escape_c. A backslash before any other letter is itself.
func unescape(s string) string {
	i := strings.IndexByte(s, '\\')
	if i < 0 {
		return s
	}
	b := make([]byte, i, len(s))
	copy(b, s)
	for ; i < len(s); i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) {
			for j := 0; j < len(escapes); j += 2 {
				if escapes[j] == s[i+1] {
					c = escapes[j+1]
					i++
					break
				}
			}
		}
		b = append(b, c)
	}
	return string(b)
}
