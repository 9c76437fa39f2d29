package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzReadFields: what is taken is what encoding/json reads too, within the
// bounds; what is refused has a code and a text.
func FuzzReadFields(f *testing.F) {
	f.Add(`{"operator":"ada","password":"x","seat":"201"}`)
	f.Add(`{"operator":"\ud83d\ude00","password":"\u0000","seat":""}`)
	f.Add(`{"operator":{"a":[1,2,{"b":null}]},"password":"x"}`)
	f.Add(`{"operator":"ada","operator":"bob"} trailing`)
	f.Fuzz(func(t *testing.T, body string) {
		r := &http.Request{Header: http.Header{"Content-Type": {"application/json"}}}
		var operator, plain, seat string
		err := readFields(r, []byte(body),
			textField{name: "operator", into: &operator, max: maxName},
			textField{name: "password", into: &plain, max: maxPassword, opaque: true},
			textField{name: "seat", into: &seat, max: maxSeat, optional: true},
		)
		if err != nil {
			if fa := asFault(err); fa.status != 400 || fa.code != "malformed" || fa.message("it") == "" || !utf8.ValidString(fa.field) {
				t.Fatalf("%q: %+v", body, fa)
			}
			return
		}
		var want struct{ Operator, Password, Seat string }
		if err := json.Unmarshal([]byte(body), &want); err != nil || want.Operator != operator || want.Password != plain || want.Seat != seat {
			t.Fatalf("%q: read %q %q %q, want %+v, %v", body, operator, plain, seat, want, err)
		}
		if operator == "" || plain == "" || len(operator) > maxName || len(plain) > maxPassword || len(seat) > maxSeat || strings.ContainsFunc(operator+seat, unicode.IsControl) {
			t.Fatalf("%q is out of bounds", body)
		}
	})
}

// FuzzHost: no name passes that only looks like one of ours.
func FuzzHost(f *testing.F) {
	for _, h := range []string{"localhost", "[::1]:80", "cti.example.", "127.1", "0x7f.1", "localhost@evil.example", "evil.example#localhost", "localhost:80:80"} {
		f.Add(h)
	}
	h, err := newHosts("127.0.0.1:8080", "https://cti.example")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, host string) {
		if !h.allows(&http.Request{Host: host}) {
			return
		}
		// A browser reads the host as the address's parser does.
		u, err := url.Parse("http://" + host + "/")
		if err != nil {
			t.Skip() // nor would net/http have let it through
		}
		name := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
		ip, err := netip.ParseAddr(name)
		if name != "cti.example" && name != "localhost" && !strings.HasSuffix(name, ".localhost") && (err != nil || !ip.Unmap().IsLoopback()) {
			t.Fatalf("%q is allowed and is %q", host, name)
		}
	})
}

// FuzzCustomerPage: whatever the address holds, the page is whole and holds no
// element that the template has not.
func FuzzCustomerPage(f *testing.F) {
	f.Add("id=12345&a=%3Cscript%3E&b=%22%3E%3Cimg%20onerror%3D1%3E", "fr")
	f.Add("id=%E2%80%AE&%00=%ff&=&&;", "")
	conf := newLiveConfig(office())
	s, err := New(Options{Config: conf, Sessions: &memory{}, Dist: builtPages(), Demo: &playedDemo{}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(s.Close)
	f.Fuzz(func(t *testing.T, query, lang string) {
		if strings.ContainsFunc(query, func(r rune) bool { return r <= ' ' || r == '#' || r >= 0x7F }) {
			t.Skip() // net/http refuses the request line, or a browser keeps it to itself
		}
		r := httptest.NewRequest("GET", "/demo/customer", nil)
		r.Host, r.URL.RawQuery = "localhost", query
		r.Header.Set("Accept-Language", lang)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != 200 {
			t.Fatalf("%q: %d", query, w.Code)
		}
		page := parse(t, w.Body.String())
		if page.elements["script"]+page.elements["img"]+page.elements["a"] > 0 || w.Body.Len() > 64<<10 {
			t.Fatalf("%q: %v", query, page.elements)
		}
	})
}
