package session

import (
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// replacement stands for what no client could show and some would stumble over.
const replacement = "\uFFFD"

// appendXML appends s as XML character data that is also fit for an attribute in
// double quotes. Callers choose this text, so it can hold anything: invalid UTF-8,
// controls and what is no character of XML 1.0 become U+FFFD; CR, LF and tab are
// written as references, and so are U+2028 and U+2029, at which some readers of
// lines would cut. No line end ever leaves here (E10).
func appendXML(b []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '&' && c != '<' && c != '>' && c != '"' && c != '\'' && c != 0x7F {
				i++
				continue
			}
			b = append(b, s[start:i]...)
			b = append(b, xmlEscape(c)...)
			i++
			start = i
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		var as string
		switch {
		case r == utf8.RuneError && n == 1, r < 0xA0, r == 0xFFFE, r == 0xFFFF:
			as = replacement
		case r == 0x2028:
			as = "&#x2028;"
		case r == 0x2029:
			as = "&#x2029;"
		default:
			i += n
			continue
		}
		b = append(b, s[start:i]...)
		b = append(b, as...)
		i += n
		start = i
	}
	return append(b, s[start:]...)
}

func xmlEscape(c byte) string {
	switch c {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '"':
		return "&#34;"
	case '\'':
		return "&#39;"
	case '\t':
		return "&#x9;"
	case '\n':
		return "&#xA;"
	case '\r':
		return "&#xD;"
	}
	return replacement
}

// appendJSON appends s as a JSON string, quotes included, as encoding/json writes
// it: invalid UTF-8 becomes U+FFFD, controls are escaped, and so are <, >, & and
// U+2028, U+2029, which are harmless in JSON but not everywhere JSON is put (T11).
func appendJSON(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' {
				i++
				continue
			}
			b = append(b, s[start:i]...)
			b = appendJSONEscape(b, c)
			i++
			start = i
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		var as string
		switch {
		case r == utf8.RuneError && n == 1:
			as = `\ufffd`
		case r == 0x2028:
			as = `\u2028`
		case r == 0x2029:
			as = `\u2029`
		default:
			i += n
			continue
		}
		b = append(b, s[start:i]...)
		b = append(b, as...)
		i += n
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

func appendJSONEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xF])
}
