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
	"net/url"
	"strconv"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/history"
)

// maxAnswer is how much of an answer is read, so that its connection can be used again.
const maxAnswer = 4 << 10

// try sends a delivery once. nil: the other system has taken it.
func (s *Sender) try(ctx context.Context, d *history.Delivery) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.o.URL, bytes.NewReader(d.Body))
	if err != nil {
		return errors.New("the address cannot be used")
	}
	now := strconv.FormatInt(time.Now().Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "AsteriskCTI/"+s.o.Version)
	r.Header.Set("Webhook-Id", d.Message)
	r.Header.Set("Webhook-Timestamp", now)
	r.Header.Set("Webhook-Signature", sign(s.o.Key, d.Message, now, d.Body))
	answer, err := s.client.Do(r)
	if err != nil {
		var where *url.Error // its text has the address, which may hold a secret of the other system
		if errors.As(err, &where) {
			err = where.Err
		}
		return err
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer) // whatever it says
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("it answers %d", answer.StatusCode)
	}
	return nil
}

// sign is the signature of a delivery, by the Standard Webhooks: of its id, the time and the body.
func sign(key []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body) // cannot fail
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
