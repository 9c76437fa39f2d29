package locale

import (
	"slices"
	"strconv"
	"strings"
)

// maxRanges bounds the work for one header: browsers send a handful.
const maxRanges = 32

// Match picks the language for an Accept-Language header (RFC 9110 § 12.5.4): the
// offered language with the highest weight, the earlier one among equals, and
// [Fallback] when none fits. Only the primary subtag counts: fr-CA reads fr. What
// cannot be read is passed over, never an error. "*" is no wish of its own.
func Match(header string) Language {
	best, weight := Fallback, 0.0
	for n := 0; header != "" && n < maxRanges; n++ {
		var item string
		item, header, _ = strings.Cut(header, ",")
		tag, q := split(item)
		if l, ok := offered(tag); ok && q > weight {
			best, weight = l, q
		}
	}
	return best
}

// split reads one language range and its weight, 0 to 1; an unreadable weight is 0.
func split(item string) (tag string, q float64) {
	tag, params, has := strings.Cut(item, ";")
	tag = strings.TrimSpace(tag)
	if !has {
		return tag, 1
	}
	name, value, _ := strings.Cut(params, "=")
	if !strings.EqualFold(strings.TrimSpace(name), "q") {
		return tag, 0
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !(q >= 0 && q <= 1) { // written so that NaN fails too
		return tag, 0
	}
	return tag, q
}

func offered(tag string) (Language, bool) {
	primary, _, _ := strings.Cut(tag, "-")
	i := slices.IndexFunc(languages, func(l Language) bool { return strings.EqualFold(string(l), primary) })
	if i < 0 {
		return "", false
	}
	return languages[i], true
}
