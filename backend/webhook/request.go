package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/history"
)

const (
	maxAnswer = 4 << 10 // how much of an answer is read, so that its connection can be used again
	maxFault  = 200     // bytes of a fault in the log: some repeat what the other system has sent
)

// result is what came of a try. Without err, the other system has taken the delivery.
type result struct {
	err  error
	wait time.Duration // for which it asks not to be sent any more; 0: it does not say
}

// try sends a delivery once. There is no http.Client in between: it would follow redirects, which
// take callers' data to who is not configured, and its errors have the address, which may hold a
// secret of the other system.
func (s *Sender) try(ctx context.Context, d *history.Delivery) result {
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.o.URL, bytes.NewReader(d.Body))
	if err != nil {
		return result{err: errors.New("the address cannot be used")}
	}
	now := strconv.FormatInt(time.Now().Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "AsteriskCTI/"+s.o.Version)
	r.Header.Set("Webhook-Id", d.Message)
	r.Header.Set("Webhook-Timestamp", now)
	r.Header.Set("Webhook-Signature", sign(s.o.Key, d.Message, now, d.Body))
	answer, err := s.transport.RoundTrip(r)
	if err != nil {
		return result{err: s.fault(err)}
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer) // whatever it says
	if answer.StatusCode >= 200 && answer.StatusCode <= 299 {
		return result{}
	}
	return result{fmt.Errorf("it answers %d", answer.StatusCode), asked(answer, time.Now())}
}

// fault is an error of the transport in few words.
func (s *Sender) fault(err error) error {
	text := err.Error()
	if len(text) > maxFault {
		text = strings.ToValidUTF8(text[:maxFault], "") + "…"
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer in %v: %s", s.o.Timeout, text)
	}
	return errors.New(text)
}

// asked is for how long an answer asks not to be sent any more (RFC 9110, 10.2.3; RFC 6585, 4), no
// longer than longest; 0 when it does not. A time is by the clock that is in the answer too.
func asked(answer *http.Response, now time.Time) time.Duration {
	if answer.StatusCode != http.StatusTooManyRequests && answer.StatusCode != http.StatusServiceUnavailable {
		return 0
	}
	after := answer.Header.Get("Retry-After")
	var wait time.Duration
	if seconds, err := strconv.ParseUint(after, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(after); err == nil {
		if date, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
			now = date
		}
		wait = at.Sub(now)
	}
	if wait <= 0 && answer.StatusCode == http.StatusTooManyRequests {
		wait = firstTry
	}
	return min(max(0, wait), longest)
}

// sign is the signature of a delivery, by the Standard Webhooks: of its id, the time and the body.
func sign(key []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body) // cannot fail
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
