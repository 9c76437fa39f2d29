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
	return n.read(strings.Split(string(text), ","))
}

// UnmarshalYAML reads a list.
func (n *Networks) UnmarshalYAML(unmarshal func(any) error) error {
	var list []string
	if err := unmarshal(&list); err != nil {
		return err
	}
	return n.read(list)
}

func (n *Networks) read(list []string) error {
	*n = nil
	for _, one := range list {
		one = strings.TrimSpace(one)
		if one == "" {
			continue
		}
		if a, err := netip.ParseAddr(one); err == nil {
			*n = append(*n, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(one)
		if err != nil {
			return fmt.Errorf("%q is not a network like 10.0.0.0/8 nor an address", one)
		}
		*n = append(*n, p.Masked())
	}
	return nil
}

// MarshalYAML writes the list that UnmarshalYAML reads.
func (n Networks) MarshalYAML() (any, error) {
	list := make([]string, len(n))
	for i, p := range n {
		list[i] = p.String()
	}
	return list, nil
}
