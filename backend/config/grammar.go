package config

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lengths, in bytes. Asterisk keeps 79 of a context and of a queue (AST_MAX_CONTEXT,
// struct call_queue).
const (
	maxName      = 80
	maxContext   = 79
	maxQueue     = 79
	maxVariable  = 79
	maxUsername  = 64
	maxText      = 256
	maxExtension = 79
	maxAddress   = 2048
	maxCaller    = 79 // of a caller id's name
	maxReason    = 79 // reason_paused of struct member; 40 characters of some scripts are more
)

// Lengths in characters.
const (
	maxReasonChars = 40 // of a reason to pause: a button holds it
	maxLabel       = 60 // of a variable's label
	maxDisposition = 60
)

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }

// isWord tells whether s is 1 to most letters, digits and bytes of extra.
func isWord(s, extra string, most int) bool {
	if s == "" || len(s) > most {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isLetter(c) && !isDigit(c) && strings.IndexByte(extra, c) < 0 {
			return false
		}
	}
	return true
}

// ValidUsername is the grammar of an operator's name: a letter or digit, then up to
// 63 of letters, digits and . _ @ -. It fits into one word of the line protocol (E2).
func ValidUsername(s string) bool {
	return isWord(s, "._@-", maxUsername) && (isLetter(s[0]) || isDigit(s[0]))
}

// validUID is the grammar of an operator's UID: that of a user name, or what no user name begins with.
func validUID(s string) bool { return isWord(s, "~._@-", maxUsername) }

// ValidContext is the grammar of a dialplan context: letters, digits and . _ - up to
// 79, the first no dash or dot. No blank, comma, @ or bar: a context goes into
// Originate and into dialplan arguments.
func ValidContext(s string) bool {
	return isWord(s, "._-", maxContext) && s[0] != '-' && s[0] != '.'
}

// ValidVariable is the grammar of a variable's name in the dialplan.
func ValidVariable(s string) bool { return isWord(s, "_", maxVariable) && !isDigit(s[0]) }

// ValidExtension is the grammar of a seat's telephone, TECH/name as the channels of
// its calls begin: "PJSIP/201". No & or comma, which would name several.
func ValidExtension(s string) bool {
	tech, name, ok := strings.Cut(s, "/")
	return ok && len(s) <= maxExtension && isWord(tech, "_", 16) && isLetter(tech[0]) &&
		isWord(name, "._@+-", maxExtension) && name[0] != '-'
}

// ParseMAC reads six pairs of hex digits with : or - between them and returns them
// in upper case with colons: "00:1A:2B:3C:4D:5E".
func ParseMAC(s string) (string, error) {
	const form = "00:00:00:00:00:00"
	if len(s) != len(form) {
		return "", errMAC
	}
	sep := s[2]
	if sep != ':' && sep != '-' {
		return "", errMAC
	}
	out := []byte(form)
	for i := range len(s) {
		c := s[i]
		switch {
		case i%3 == 2:
			if c != sep {
				return "", errMAC
			}
			continue
		case isDigit(c), 'A' <= c && c <= 'F':
		case 'a' <= c && c <= 'f':
			c -= 'a' - 'A'
		default:
			return "", errMAC
		}
		out[i] = c
	}
	return string(out), nil
}

var errMAC = flawed("seat.mac", "not a MAC address: write six pairs of hex digits, 00:1A:2B:3C:4D:5E")

// ValidNumber is the grammar of a number to dial, and of the beginning of one: + or
// not, then 1 to 24 digits, * and #.
func ValidNumber(s string) bool {
	s = strings.TrimPrefix(s, "+")
	return s != "" && len(s) <= 24 && strings.Trim(s, "0123456789*#") == ""
}

// ParseCallerID reads a number, Name <number> or "Name" <number>, and returns it as
// Asterisk parses it without doubt: "Name" <number>, or the number alone. "" is none.
// The name is what stands between quotes in SIP, so it has none itself.
func ParseCallerID(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	name, number := "", s
	if at := strings.LastIndexByte(s, '<'); at >= 0 && strings.HasSuffix(s, ">") {
		name, number = strings.TrimSpace(s[:at]), s[at+1:len(s)-1]
		if len(name) >= 2 && name[0] == '"' && name[len(name)-1] == '"' {
			name = name[1 : len(name)-1]
		}
	}
	if !ValidNumber(number) {
		return "", flawed("service.caller-id", "write a number, or a name and a number as in Acme <+390551234>; a number is 1 to 24 digits, * and #, with or without + before")
	}
	if i := strings.IndexAny(name, "\"<>\\"); i >= 0 {
		return "", flawed("service.caller-id-character", fmt.Sprintf("its name holds %q, which SIP cannot carry there: remove it", name[i]), "character", name[i:i+1])
	}
	if why := textFlaw(name, maxCaller); why != nil {
		return "", &flaw{why.code, "its name " + why.text, why.pairs}
	}
	if name == "" {
		return number, nil
	}
	return `"` + name + `" <` + number + `>`, nil
}

// reasonFlaw says why a reason to pause cannot be used; nil when it can.
func reasonFlaw(s string) *flaw {
	switch n := utf8.RuneCountInString(s); {
	case s == "":
		return flawed("pause.reason-missing", "is missing: write why agents pause, for instance Lunch")
	case n > maxReasonChars:
		return flawed("pause.reason-long", fmt.Sprintf("is %d characters long: shorten it to %d", n, maxReasonChars), "length", n, "max", maxReasonChars)
	}
	if i := strings.IndexAny(s, ",|;"); i >= 0 {
		return flawed("pause.reason-character", fmt.Sprintf("holds %q: a reason to pause cannot have , | or ;", s[i]), "character", s[i:i+1])
	}
	return textFlaw(s, maxReason)
}

// wordsFlaw says why a short text for people cannot be used; most is in characters.
func wordsFlaw(s string, most int) *flaw {
	if n := utf8.RuneCountInString(s); n > most {
		return flawed("words.long", fmt.Sprintf("is %d characters long: shorten it to %d", n, most), "value", clip(s), "length", n, "max", most)
	}
	return textFlaw(s, utf8.UTFMax*most)
}

// queueFlaw says why a queue's name cannot be used: Asterisk cuts its arguments at
// commas, bars and semicolons, and AMI its lines at controls.
func queueFlaw(s string) *flaw {
	if i := strings.IndexAny(s, ",|;"); i >= 0 {
		return flawed("service.queue-character", fmt.Sprintf("holds %q: a queue's name cannot have , | or ;", s[i]), "character", s[i:i+1])
	}
	return textFlaw(s, maxQueue)
}

// textFlaw says why a text for people cannot be used, or nil. Blanks at the ends,
// controls and marks that turn the reading direction make two names look the same.
func textFlaw(s string, most int) *flaw {
	if len(s) > most {
		return flawed("text.long", fmt.Sprintf("is %d bytes long: shorten it to %d", len(s), most), "length", len(s), "max", most)
	}
	if !utf8.ValidString(s) {
		return flawed("text.encoding", "is not UTF-8: write it anew")
	}
	if s != strings.TrimSpace(s) {
		return flawed("text.blank", "begins or ends with a blank: remove it")
	}
	for _, r := range s {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return flawed("text.control", fmt.Sprintf("holds the control character %U: remove it", r), "character", point(r))
		case '\u202a' <= r && r <= '\u202e', '\u2066' <= r && r <= '\u2069':
			return flawed("text.direction", fmt.Sprintf("holds the direction mark %U: remove it", r), "character", point(r))
		case r&0xfffe == 0xfffe, r == '\ufeff', 0xfdd0 <= r && r <= 0xfdef:
			return flawed("text.no-character", fmt.Sprintf("holds %U, which is no character: remove it", r), "character", point(r))
		}
	}
	return nil
}

func point(r rune) string { return fmt.Sprintf("%U", r) }

// isVerifier is the outer form of package password's verifiers. That room owns the
// grammar and is not known here; a test holds the two together.
func isVerifier(s string) bool {
	s, ok := strings.CutPrefix(s, "$cti1$k=")
	if !ok || len(s) < 8 || strings.Trim(s[:8], "0123456789abcdef") != "" {
		return false
	}
	s, ok = strings.CutPrefix(s[8:], "$argon2id$v=19$m=19456,t=2,p=1$")
	if !ok {
		return false
	}
	salt, hash, ok := strings.Cut(s, "$")
	return ok && len(salt) == 22 && len(hash) == 43 && isWord(salt, "+/", 22) && isWord(hash, "+/", 43)
}
