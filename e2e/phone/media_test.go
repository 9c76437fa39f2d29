package phone

import (
	"encoding/binary"
	"net/netip"
	"testing"
)

func TestAudio(t *testing.T) {
	tests := []struct {
		name, sdp, want string
	}{
		{"session's address", "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 0 101\r\n", "127.0.0.1:4000"},
		{"media's own address", "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 127.0.0.1\r\n", "127.0.0.1:4000"},
		{"refused", "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 0 RTP/AVP 0\r\n", ""},
		{"no audio", "v=0\r\nc=IN IP4 127.0.0.1\r\n", ""},
		{"no port", "c=IN IP4 127.0.0.1\r\nm=audio x RTP/AVP 0\r\n", ""},
		{"nothing", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := audio(tt.sdp)
			if tt.want == "" {
				if err == nil {
					t.Errorf("got %v, want an error", got)
				}
				return
			}
			if err != nil || got != netip.MustParseAddrPort(tt.want) {
				t.Errorf("got %v, %v; want %s", got, err, tt.want)
			}
		})
	}
}

// TestDigit looks at the packets of one digit as RFC 4733 wants them: one time
// stamp, growing durations, the end told three times, numbers without a gap.
func TestDigit(t *testing.T) {
	s := stream{seq: 65534, stamp: 1000, source: 7}
	var packets [][]byte
	for _, f := range events("5") {
		packets = append(packets, s.packets(f)...)
	}
	packets = packets[pauseFrames:]
	if want := digitFrames - 1 + 3; len(packets) != want {
		t.Fatalf("%d packets, want %d", len(packets), want)
	}
	stamp := binary.BigEndian.Uint32(packets[0][4:])
	seq := binary.BigEndian.Uint16(packets[0][2:])
	var held uint16
	for i, p := range packets {
		if p[12] != 5 || p[1]&0x7f != telephone || binary.BigEndian.Uint32(p[4:]) != stamp {
			t.Errorf("packet %d is not of this digit: %x", i, p)
		}
		if got := binary.BigEndian.Uint16(p[2:]); got != seq+uint16(i) {
			t.Errorf("packet %d has number %d, want %d", i, got, seq+uint16(i))
		}
		if marked := p[1]&0x80 != 0; marked != (i == 0) {
			t.Errorf("packet %d: marker %v", i, marked)
		}
		if ends := p[13]&0x80 != 0; ends != (i >= digitFrames-1) {
			t.Errorf("packet %d: end %v", i, ends)
		}
		now := binary.BigEndian.Uint16(p[14:])
		if now < held || now%frameSamples != 0 {
			t.Errorf("packet %d: held for %d after %d", i, now, held)
		}
		held = now
	}
	if held != digitFrames*frameSamples {
		t.Errorf("held for %d samples in the end", held)
	}
}

func TestQuote(t *testing.T) {
	for _, name := range []string{``, `plain`, `"`, `\`, `\"`, `"\\"`, `<x>`} {
		if got := unquote(quote(name)); got != name {
			t.Errorf("%q comes back as %q", name, got)
		}
	}
}
