package store

import (
	"crypto/x509"
	"encoding/pem"
	"net"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

const (
	maxAsteriskHost = 253      // bytes, of a name in DNS
	maxAsteriskText = 255      // bytes, of username and secret; the interface takes lines of 1,022
	maxAsteriskCA   = 64 << 10 // bytes
)

// asteriskFault is a fault of the connection to Asterisk, in one of its fields: "address",
// "username", "secret", "tls", "ca" or "auth".
func asteriskFault(field, code, message string) config.Fault {
	return config.Fault{Where: "connection to Asterisk, " + field, Message: message, Kind: KindAsterisk, Field: field, Code: code}
}

func secretNeeded() config.Faults {
	return config.Faults{asteriskFault("secret", "asterisk.secret-needed", "must be given, also when the address, the username or the way to Asterisk is another than before")}
}

// check completes what may be left short, and tells all that is wrong.
func (l *AsteriskLink) check(secret string) error {
	var faults config.Faults
	fault := func(field, code, message string) { faults = append(faults, asteriskFault(field, code, message)) }
	if address, ok := asteriskAddress(l.Address); ok {
		l.Address = address
	} else {
		fault("address", "asterisk.address", "is not host:port of the manager interface, like pbx.example.com:5038")
	}
	if l.Username == "" || !asteriskText(l.Username) {
		fault("username", "asterisk.username", "is empty, is longer than 255 bytes or has a control character")
	}
	switch {
	case secret == config.Masked:
		fault("secret", "asterisk.secret-mask", "is the mask of a secret, not a secret")
	case secret != "" && !asteriskText(secret):
		fault("secret", "asterisk.secret", "is longer than 255 bytes or has a control character")
	}
	if l.Auth == "" {
		l.Auth = "md5"
	}
	if l.Auth != "md5" && l.Auth != "secret" {
		fault("auth", "asterisk.auth", "is not md5 or secret")
	}
	if pinned, ok := certificates(l.CAPEM); !ok {
		fault("ca", "asterisk.ca", "is not one or more certificates in PEM form, without a key")
	} else if l.CAPEM = pinned; pinned != "" && !l.TLS {
		fault("ca", "asterisk.ca-without-tls", "has no effect without TLS")
	}
	return faults.Err()
}

// asteriskAddress completes an address; false for none.
func asteriskAddress(s string) (string, bool) {
	s = strings.TrimSpace(s)
	host, port, err := net.SplitHostPort(s)
	if err != nil && strings.Contains(err.Error(), "missing port") {
		host, port, err = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"), "5038", nil
	}
	n, notNumber := strconv.ParseUint(port, 10, 16)
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%"
	if err != nil || notNumber != nil || n == 0 || host == "" || len(host) > maxAsteriskHost || strings.Trim(host, letters) != "" {
		return "", false
	}
	return net.JoinHostPort(host, strconv.FormatUint(n, 10)), true
}

// asteriskText tells whether the manager interface can be sent a text.
func asteriskText(s string) bool {
	control := func(r rune) bool { return r < 0x20 || r == 0x7f }
	return len(s) <= maxAsteriskText && utf8.ValidString(s) && strings.IndexFunc(s, control) < 0
}

// certificates is the certificates of a text in PEM form, without what stands around
// them. False when there are none in it, or other things: a key would be shown to others.
func certificates(text string) (string, bool) {
	if len(text) > maxAsteriskCA {
		return "", false
	}
	var out strings.Builder
	for rest := []byte(strings.TrimSpace(text)); len(rest) > 0; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil || block.Type != "CERTIFICATE" {
			return "", false
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return "", false
		}
		out.Write(pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes}))
	}
	return out.String(), true
}
