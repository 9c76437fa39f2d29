package amitest

import (
	"bufio"
	"errors"
	"strings"
)

// maxLine and maxHeaders are those of Asterisk's manager.c; what is beyond them is
// dropped.
const (
	maxLine    = 1025
	maxHeaders = 128
)

// request is an action a client sent, its headers in order.
type request struct{ headers []Variable }

// get is the first value of a header, without case; "" when there is none.
func (r request) get(name string) string {
	for _, h := range r.headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// all is every value of a header.
func (r request) all(name string) []string {
	var v []string
	for _, h := range r.headers {
		if strings.EqualFold(h.Name, name) {
			v = append(v, h.Value)
		}
	}
	return v
}

// readRequest reads lines up to an empty one. Lines without a colon, and lines that
// are too long, are dropped. An empty line before the first is skipped.
func readRequest(r *bufio.Reader) (request, error) {
	var q request
	some := false
	for {
		line, err := readLine(r)
		if err != nil {
			return request{}, err
		}
		if line == "" {
			if some {
				return q, nil
			}
			continue
		}
		some = true
		name, value, ok := strings.Cut(line, ":")
		if ok && len(q.headers) < maxHeaders {
			q.headers = append(q.headers, Variable{name, strings.TrimLeft(value, " \t")})
		}
	}
}

// readLine reads a line without its end. One that is too long reads as one without
// a colon.
func readLine(r *bufio.Reader) (string, error) {
	b, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = r.ReadSlice('\n')
		}
		return "-", err
	}
	if err != nil {
		return "", err
	}
	line := strings.TrimRight(string(b), "\r\n")
	if len(line) > maxLine {
		return "-", nil
	}
	return line, nil
}
