package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// verify says whether a request is from AsteriskCTI, and was sent within five minutes.
func verify(secret string, header http.Header, body []byte, now time.Time) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	sent, none := strconv.ParseInt(header.Get("webhook-timestamp"), 10, 64)
	if err != nil || none != nil || now.Sub(time.Unix(sent, 0)).Abs() > 5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.%s", header.Get("webhook-id"), sent, body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	return hmac.Equal([]byte(header.Get("webhook-signature")), []byte(want))
}

// TestVerifyIsDocumented: docs/webhook.md shows how to check a signature as these tests do it.
func TestVerifyIsDocumented(t *testing.T) {
	source, err := os.ReadFile("verify_test.go")
	if err != nil {
		t.Fatal(err)
	}
	from := strings.Index(string(source), "// verify says")
	to := strings.Index(string(source), "\n}\n") + 3
	text, err := os.ReadFile("../../docs/webhook.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "```go\n"+string(source)[from:to]+"```\n") {
		t.Error("docs/webhook.md has another")
	}
}

// TestSign holds the signature against one that is published for the Standard Webhooks.
func TestSign(t *testing.T) {
	const secret, id, stamp, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", `{"test": 2432232314}`
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	got := sign(key, id, stamp, []byte(body))
	if got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Error(got)
	}
	h := http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {stamp}, "Webhook-Signature": {got}}
	at := time.Unix(1614265330, 0)
	for _, c := range []struct {
		secret, body string
		now          time.Time
		want         bool
	}{
		{secret, body, at, true}, {secret, body, at.Add(-4 * time.Minute), true}, {secret, body, at.Add(6 * time.Minute), false},
		{secret, body + " ", at, false}, {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx", body, at, false}, {"", body, at, false},
	} {
		if verify(c.secret, h, []byte(c.body), c.now) != c.want {
			t.Errorf("%+v", c)
		}
	}
}
