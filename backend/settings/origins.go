package settings

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Origins is a list of origins as browsers send them: "https://crm.example", lower
// case, a port only where it is not the scheme's own. In YAML a list, in the
// environment with commas.
type Origins []string

// UnmarshalText reads "https://crm.example, http://localhost:3000". The error, of one
// line, tells of each that is none.
func (o *Origins) UnmarshalText(text []byte) error {
	list, faults := Origins{}, []string(nil)
	for one := range strings.SplitSeq(string(text), ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		origin, err := parseOrigin(one)
		if err != nil {
			faults = append(faults, err.Error())
		}
		list = append(list, origin)
	}
	if len(faults) > 0 {
		return errors.New(strings.Join(faults, "; "))
	}
	*o = list
	return nil
}

// parseOrigin reads scheme://host[:port]. The error says what to write.
func parseOrigin(s string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case s == "*" || s == "null":
		return "", fmt.Errorf("%q would be every page of the world: name each site, like https://crm.example", s)
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return "", fmt.Errorf("%.100q is not an origin: write scheme://host or scheme://host:port, like https://crm.example", s)
	case u.User != nil || u.Path != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#"):
		return "", fmt.Errorf("%.100q is more than an origin: write %s://%s", s, u.Scheme, u.Host)
	}
	host := strings.ToLower(u.Hostname())
	if !isHost(host) {
		return "", fmt.Errorf("%.100q: its host is no name and no address: a site is named whole, without * (in letters outside ASCII as xn--…)", s)
	}
	if u.Scheme == "http" && !here(host) {
		return "", fmt.Errorf("%.100q is cleartext: write https://%s (http is for localhost only)", s, u.Host)
	}
	origin := host
	if strings.Contains(host, ":") {
		origin = "[" + host + "]"
	}
	if port := u.Port(); strings.HasSuffix(u.Host, ":") {
		return "", fmt.Errorf("%.100q: a port is missing after the colon: remove the colon or write the port", s)
	} else if n, err := strconv.Atoi(port); port != "" && (err != nil || n < 1 || n > 65535) {
		return "", fmt.Errorf("%.100q: its port is not a number from 1 to 65535", s)
	} else if port != "" && n != map[string]int{"https": 443, "http": 80}[u.Scheme] {
		origin = net.JoinHostPort(host, strconv.Itoa(n)) // a browser leaves the scheme's own out
	}
	return u.Scheme + "://" + origin, nil
}

// isHost tells a name or an address as browsers write it in an origin.
func isHost(s string) bool {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Zone() == ""
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return len(s) <= 253
}
