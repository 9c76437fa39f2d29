package settings

import (
	"fmt"
	"strings"
)

// Prefixes is a list of beginnings of numbers, 100 at most: + or not, then up to 24 digits, * and
// #. In YAML a list, in the environment with commas.
type Prefixes []string

// UnmarshalText reads "+, 00, 011".
func (p *Prefixes) UnmarshalText(text []byte) error {
	const most = 100
	list := Prefixes{}
	for one := range strings.SplitSeq(string(text), ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		if rest := strings.TrimPrefix(one, "+"); len(rest) > 24 || strings.Trim(rest, "0123456789*#") != "" {
			return fmt.Errorf("%.60q does not begin a number: write + or not, then up to 24 digits, * and #", one)
		}
		list = append(list, one)
	}
	if len(list) > most {
		return fmt.Errorf("%d are too many: write %d at most", len(list), most)
	}
	*p = list
	return nil
}
