package audit

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
)

// maxLine is the longest line, in bytes without its end.
const maxLine = 64 << 10

const letters = "abcdefghijklmnopqrstuvwxyz"

const timeForm = "2006-01-02T15:04:05.000Z"

// encode is a line without its end.
func encode(now time.Time, seq uint64, event string, attrs []slog.Attr, prev string) ([]byte, error) {
	b := append([]byte(nil), `{"time":"`+now.UTC().Format(timeForm)+`","seq":`+strconv.FormatUint(seq, 10)+`,"event":`...)
	b, err := appendJSON(b, event)
	taken := map[string]bool{"time": true, "seq": true, "event": true, "prev": true}
	for _, a := range attrs {
		if err != nil {
			break
		}
		key := strings.ToLower(a.Key) // readers of JSON may tell keys apart no better
		if taken[key] || strings.Trim(key, letters) != "" || key == "" {
			return nil, fmt.Errorf("audit: event %q: the key %q cannot be used", event, a.Key)
		}
		taken[key] = true
		if b, err = appendJSON(append(b, ','), a.Key); err == nil {
			b, err = appendValue(append(b, ':'), a.Value.Resolve())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("audit: event %q: %w", event, err)
	}
	b = append(b, `,"prev":"`+prev+`"}`...)
	if len(b) > maxLine {
		return nil, fmt.Errorf("audit: event %q: a line of %d bytes is too long", event, len(b))
	}
	return b, nil
}

func appendValue(b []byte, v slog.Value) ([]byte, error) {
	switch v.Kind() {
	case slog.KindTime:
		return appendJSON(b, v.Time().UTC().Format(timeForm))
	case slog.KindDuration:
		return appendJSON(b, v.Duration().String())
	case slog.KindGroup:
		return nil, fmt.Errorf("a group cannot be written")
	}
	if err, is := v.Any().(error); is {
		return appendJSON(b, err.Error())
	}
	return appendJSON(b, v.Any())
}

// appendJSON appends v so that the line may be shown on a terminal: what is no visible
// character is escaped, so that a value can neither move the cursor nor turn the text.
func appendJSON(b []byte, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	for _, r := range string(text) {
		if unicode.IsPrint(r) {
			b = append(b, string(r)...)
			continue
		}
		for _, u := range utf16.Encode([]rune{r}) {
			b = fmt.Appendf(b, `\u%04x`, u)
		}
	}
	return b, nil
}
