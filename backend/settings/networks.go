package settings

import (
	"fmt"
	"net/netip"
	"strings"
)

// Networks is a list of networks. In YAML a list, in the environment with commas.
type Networks []netip.Prefix

// UnmarshalText reads "10.0.0.0/8, 192.0.2.7".
func (n *Networks) UnmarshalText(text []byte) error {
	list := Networks{}
	for one := range strings.SplitSeq(string(text), ",") {
		one = strings.TrimSpace(one)
		if one == "" {
			continue
		}
		if a, err := netip.ParseAddr(one); err == nil {
			list = append(list, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(one)
		if err != nil {
			return fmt.Errorf("%.60q is not a network like 10.0.0.0/8 nor an address", one)
		}
		list = append(list, p.Masked())
	}
	*n = list
	return nil
}

// MarshalYAML writes a list.
func (n Networks) MarshalYAML() (any, error) { return n.list(), nil }

func (n Networks) list() []string {
	list := make([]string, len(n))
	for i, p := range n {
		list[i] = p.String()
	}
	return list
}
