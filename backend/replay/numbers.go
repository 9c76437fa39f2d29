package replay

import "bytes"

// telephone is how many digits a number has at least that is not an extension.
const telephone = 6

// numbers is text with each telephone number in it replaced by another one of that length,
// the same throughout one recording, when callers are hidden.
func (k *Masker) numbers(text []byte) []byte {
	if k.own == nil {
		return text
	}
	var b []byte
	for len(text) > 0 {
		n := digits(text)
		if n == 0 {
			b, text = append(b, text[0]), text[1:]
			continue
		}
		b, text = append(b, k.number(text[:n])...), text[n:]
	}
	return b
}

// number is another number for one, unless that is an extension or the house's own.
func (k *Masker) number(n []byte) []byte {
	if len(n) < telephone || k.own(string(n)) {
		return n
	}
	b := make([]byte, 0, len(n))
	for seed := n; len(b) < len(n); {
		seed = k.sum(seed)
		for _, c := range seed[:min(len(seed), len(n)-len(b))] {
			b = append(b, '0'+c%10)
		}
	}
	return b
}

// dialled is a channel or a phone that may be named after the number that was dialled:
// "Local/0301234567@trunk-00000001;1", "DAHDI/i1/0301234567-1".
func (k *Masker) dialled(name []byte) []byte {
	slash := bytes.LastIndexByte(name, '/')
	if n := name[slash+1:]; bytes.HasPrefix(n, []byte("n")) && bytes.HasPrefix(name, []byte("Local/")) { // its options
		slash = bytes.LastIndexByte(name[:max(slash, 0)], '/')
	}
	n := bytes.TrimPrefix(name[slash+1:], []byte("+"))
	size := digits(n)
	if slash < 0 || size < len(n) && n[size] != '@' && n[size] != '-' {
		return name
	}
	at := len(name) - len(n)
	b := append(bytes.Clone(name[:at]), k.number(n[:size])...)
	return append(b, n[size:]...)
}

// digits is how many digits text begins with.
func digits(text []byte) int {
	n := 0
	for n < len(text) && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	return n
}
