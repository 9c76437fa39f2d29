package pop

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// ParseBrowser reads the address of a page (row C2). It is application followed by
// paramString: as they are when either is empty, when paramString begins with one of
// ? / # & or application ends with one of ? & = /, and with "?" between them (or "&",
// when application has a "?") otherwise.
//
// Scheme and host are fixed text: https, or http if allowHTTP or the host is this
// computer itself. A placeholder stands in a segment of the path, in the value of a
// query parameter or in the fragment, and its value is percent-encoded there:
// everything but letters and digits of ASCII and "-_.~". So it can end neither
// parameter nor segment. In a path a value with "/", "\" or control characters, which
// some servers decode too early, counts as empty; and a segment that values made
// empty, "." or ".." gets a "-" behind it, so that it stays a segment.
func ParseBrowser(application, paramString string, allowHTTP bool) (*Template, error) {
	text := joinAddress(strings.TrimSpace(application), strings.TrimSpace(paramString))
	if err := bound(text); err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	list, err := tokens(text)
	if err == nil {
		err = count(list)
	}
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("address: %w", refuse("pop.address-missing", "empty"))
	}
	if list[0].name {
		return nil, fmt.Errorf("address: %w", refuse("pop.host-first", "begins with {"+list[0].text+"}; scheme and host must be fixed text", "name", list[0].text))
	}
	a, rest, err := parseAuthority(list[0].text)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	if rest == "" && len(list) > 1 {
		return nil, fmt.Errorf("address: %w", refuse("pop.host-placeholder", `{`+list[1].text+`} stands in the host; write "/" behind the host`, "name", list[1].text))
	}
	if a.scheme == "http" && !allowHTTP && !a.loopback() {
		return nil, fmt.Errorf("address: %w", refuse("pop.http", "http is not allowed for "+a.host+"; use https, or allow http for this service", "host", a.host))
	}
	t := &Template{origin: a.origin()}
	if rest == "" {
		rest = "/"
	}
	list[0].text = rest
	if err := t.readURL(list); err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	return t, nil
}

func joinAddress(application, paramString string) string {
	switch {
	case application == "" || paramString == "":
		return application + paramString
	case strings.ContainsRune("?/#&", rune(paramString[0])), strings.ContainsRune("?&=/", rune(application[len(application)-1])):
		return application + paramString
	case strings.Contains(application, "?"):
		return application + "&" + paramString
	}
	return application + "?" + paramString
}

// authority is where a page comes from.
type authority struct {
	scheme string // "http" or "https"
	host   string // in lower case, an IPv6 address in brackets
	port   string // "" for the scheme's own
}

func (a authority) origin() string {
	if a.port == "" {
		return a.scheme + "://" + a.host
	}
	return a.scheme + "://" + a.host + ":" + a.port
}

// loopback says whether the page comes from this computer (RFC 6761 § 6.3 and the
// loopback addresses), where nobody is on the way to read it.
func (a authority) loopback() bool {
	if a.host == "localhost" || strings.HasSuffix(a.host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(a.host, "[]"))
	return err == nil && ip.IsLoopback()
}

// parseAuthority takes scheme, host and port off text. It allows fewer hosts than
// RFC 3986 does: what it lets through can stand in a Content-Security-Policy.
func parseAuthority(text string) (a authority, rest string, err error) {
	scheme, after, ok := strings.Cut(text, "://")
	a.scheme = strings.ToLower(scheme)
	if !ok || a.scheme != "https" && a.scheme != "http" {
		return a, "", refuse("pop.scheme", "must begin with https:// (or http:// where it is allowed)")
	}
	end := strings.IndexAny(after, "/?#")
	if end < 0 {
		end = len(after)
	}
	host := strings.ToLower(after[:end])
	rest = after[end:]
	if strings.ContainsAny(host, "@") {
		return a, "", refuse("pop.user", "a user name before the host is not allowed")
	}
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		port, err := strconv.ParseUint(host[i+1:], 10, 16)
		if err != nil || port == 0 {
			return a, "", refuse("pop.port", fmt.Sprintf("port %q is no number from 1 to 65535", host[i+1:]), "port", host[i+1:])
		}
		host = host[:i]
		if own := map[string]uint64{"https": 443, "http": 80}[a.scheme]; port != own {
			a.port = strconv.FormatUint(port, 10)
		}
	}
	a.host = host
	return a, rest, checkHost(host)
}

func checkHost(host string) error {
	if strings.HasPrefix(host, "[") {
		ip, err := netip.ParseAddr(strings.TrimSuffix(host[1:], "]"))
		if err != nil || !strings.HasSuffix(host, "]") || !ip.Is6() || ip.Zone() != "" {
			return refuse("pop.host-ipv6", fmt.Sprintf("host %q is no IPv6 address in brackets", host), "host", host)
		}
		return nil
	}
	for _, c := range host {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '.', c == '_':
		case c > 0x7f:
			return refuse("pop.host-ascii", fmt.Sprintf("host %q: write it in its ASCII form, which begins with xn--", host), "host", host)
		default:
			return refuse("pop.host-character", fmt.Sprintf("host %q holds %q", host, c), "host", host, "character", string(c))
		}
	}
	if strings.Trim(host, ".") == "" {
		return refuse("pop.host-missing", "has no host")
	}
	return nil
}

// readURL finds out where each piece of what follows the host stands.
func (t *Template) readURL(list []token) error {
	t.url = []piece{{text: t.origin}}
	if list[0].text[0] != '/' { // "https://host?x" means the same as "https://host/?x"
		t.url[0].text += "/"
	}
	at, valued := inPath, false // valued: behind the "=" of a query parameter
	for _, k := range list {
		if k.name {
			if at == inQuery && !valued {
				return refuse("pop.parameter", fmt.Sprintf(`{%s} stands where the name of a parameter does; write "name={%s}"`, k.text, k.text), "name", k.text)
			}
			t.url = append(t.url, piece{at, k.text})
			t.note(k.text)
			continue
		}
		var out strings.Builder
		for i := range len(k.text) {
			c := k.text[i]
			switch {
			case c == '\\':
				return refuse("pop.backslash", `holds "\"; write "/", or %5C`)
			case c == '%' && !escape(k.text[i:]):
				return refuse("pop.percent", `holds "%" without two hexadecimal digits behind it; write %25`)
			case c == '#' && at != inFragment:
				at = inFragment
			case c == '?' && at == inPath:
				at, valued = inQuery, false
			case at == inQuery && c == '&':
				valued = false
			case at == inQuery && c == '=':
				valued = true
			}
			if literal(c) {
				out.WriteByte(c)
			} else {
				encode(&out, c)
			}
		}
		t.url = append(t.url, piece{text: out.String()})
	}
	return nil
}

// escape says whether s begins with a percent-encoded byte.
func escape(s string) bool {
	return len(s) >= 3 && hexadecimal(s[1]) && hexadecimal(s[2])
}

func hexadecimal(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// literal says whether c of the fixed text stays as it is.
func literal(c byte) bool {
	return unreserved(c) || strings.IndexByte(":/?#[]@!$&'()*+,;=%", c) >= 0
}

// unreserved is RFC 3986 § 2.3: what means nothing anywhere in an address.
func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '-' || c == '_' || c == '.' || c == '~'
}

func encode(out *strings.Builder, c byte) {
	const digits = "0123456789ABCDEF"
	out.WriteByte('%')
	out.WriteByte(digits[c>>4])
	out.WriteByte(digits[c&15])
}

// expandURL writes the address with its values.
func expandURL(url []piece, value func(string) string) string {
	var out strings.Builder
	segment, valued := 0, false // where the open segment of the path begins; whether a value stands in it
	inside := true              // the path goes on
	end := func() {
		if s := out.String()[segment:]; valued && (s == "" || dots(s)) {
			out.WriteByte('-')
		}
		valued = false
	}
	for i, p := range url {
		if p.at == fixed {
			for j := range len(p.text) {
				c := p.text[j]
				if i > 0 && inside && (c == '/' || c == '?' || c == '#') {
					end()
					inside = c == '/'
					out.WriteByte(c)
					segment = out.Len()
					continue
				}
				out.WriteByte(c)
			}
			if i == 0 {
				segment = out.Len()
			}
			continue
		}
		v := value(p.text)
		if p.at == inPath {
			valued = true
			if strings.ContainsFunc(v, breaksPath) {
				v = ""
			}
		}
		for j := range len(v) {
			if unreserved(v[j]) {
				out.WriteByte(v[j])
			} else {
				encode(&out, v[j])
			}
		}
	}
	if inside {
		end()
	}
	return out.String()
}

func breaksPath(c rune) bool { return c == '/' || c == '\\' || c < ' ' || c == 0x7f }

// dots says whether a browser takes s for the segment "." or "..": it does so with
// percent-encoded dots too (WHATWG URL, "single-dot URL path segment").
func dots(s string) bool {
	for n := 0; n < 3; n++ {
		switch {
		case s == "":
			return n > 0
		case s[0] == '.':
			s = s[1:]
		case len(s) >= 3 && s[0] == '%' && s[1] == '2' && (s[2] == 'e' || s[2] == 'E'):
			s = s[3:]
		default:
			return false
		}
	}
	return false
}
