package phone

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// One packet is 20 ms of PCMU: 160 samples at 8 kHz.
const (
	frameTime    = 20 * time.Millisecond
	frameSamples = 160
	pcmu         = 0
	telephone    = 101 // payload type of telephone events, as our offer says

	// A digit lasts 80 ms after 60 ms of silence, as under a quick thumb.
	digitFrames = 4
	pauseFrames = 3
	// Silence before the first digit: who has just been answered listens first.
	leadFrames = 15
)

const keys = "0123456789*#ABCD" // by event code, RFC 4733 table 3

// media is the RTP of one call.
type media struct {
	socket *net.UDPConn
	port   int
	keyed  chan keying
	done   chan struct{} // closed by close
	over   chan struct{} // closed when the sender has stopped
	once   sync.Once
	wg     sync.WaitGroup

	held    atomic.Bool  // the other side is on hold
	version atomic.Int64 // of the last session description
}

func newMedia() (*media, error) {
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	return &media{
		socket: socket, port: socket.LocalAddr().(*net.UDPAddr).Port,
		keyed: make(chan keying), done: make(chan struct{}), over: make(chan struct{}),
	}, nil
}

// offer is our session description, the same for offer and answer.
func (m *media) offer() []byte {
	direction := "sendrecv"
	if m.held.Load() {
		direction = "sendonly"
	}
	return fmt.Appendf(nil, "v=0\r\no=- 1 %d IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"+
		"m=audio %d RTP/AVP %d %d\r\na=rtpmap:%[3]d PCMU/8000\r\na=rtpmap:%[4]d telephone-event/8000\r\na=fmtp:%[4]d 0-15\r\na=ptime:20\r\na=%s\r\n",
		m.version.Add(1), m.port, pcmu, telephone, direction)
}

// start sends to where the other side's session description says.
func (m *media) start(sdp []byte) error {
	to, err := audio(string(sdp))
	if err != nil {
		return err
	}
	m.wg.Go(func() { m.run(to) })
	m.wg.Go(m.drain)
	return nil
}

func (m *media) close() {
	m.once.Do(func() {
		close(m.done)
		_ = m.socket.Close() // nothing is lost with it
	})
	m.wg.Wait()
}

var errEnded = errors.New("the call ended")

// send hands digits to the sender and waits until they are out.
func (m *media) send(ctx context.Context, digits string) error {
	for _, d := range digits {
		if !strings.ContainsRune(keys, d) {
			return fmt.Errorf("no key %q on a phone", d)
		}
	}
	k := keying{digits, make(chan struct{})}
	select {
	case m.keyed <- k:
	case <-m.done:
		return errEnded
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-k.sent:
		return nil
	case <-m.over:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-k.sent: // the last digit may well end the call
		return nil
	default:
		return errEnded
	}
}

// keying is digits to send; sent is closed when the last is out.
type keying struct {
	digits string
	sent   chan struct{}
}

// run paces the packets: silence, or the telephone events of digits.
func (m *media) run(to netip.AddrPort) {
	defer close(m.over)
	s := stream{seq: uint16(rand.Uint32()), stamp: rand.Uint32(), source: rand.Uint32()}
	tick := time.NewTicker(frameTime)
	defer tick.Stop()
	var todo []frame
	var sent chan struct{} // of the digits being sent
	for n := 0; ; n++ {
		var keyed <-chan keying
		if n >= leadFrames && sent == nil {
			keyed = m.keyed
		}
		select {
		case <-m.done:
			return
		case k := <-keyed:
			todo, sent = events(k.digits), k.sent
			continue
		case <-tick.C:
		}
		f := frame{}
		if len(todo) > 0 {
			f, todo = todo[0], todo[1:]
		}
		for _, packet := range s.packets(f) {
			// Refused while the other side has not opened its port yet, or any
			// more: a phone does not care.
			_, _ = m.socket.WriteToUDPAddrPort(packet, to)
		}
		if sent != nil && len(todo) == 0 {
			close(sent)
			sent = nil
		}
	}
}

// drain throws away what comes in, so that the socket's buffer does not fill.
func (m *media) drain() {
	buf := make([]byte, 2048)
	for {
		if _, err := m.socket.Read(buf); errors.Is(err, net.ErrClosed) {
			return
		}
	}
}

// frame is what 20 ms carry: silence, or one report of a key held down.
type frame struct {
	key         byte // '0' to 'D'; 0 is silence
	first, last bool
	held        uint16 // samples since it was pressed
}

func events(digits string) (todo []frame) {
	for i := range len(digits) {
		for range pauseFrames {
			todo = append(todo, frame{})
		}
		for n := range digitFrames {
			todo = append(todo, frame{digits[i], n == 0, n == digitFrames-1, uint16(frameSamples * (n + 1))})
		}
	}
	return todo
}

// stream numbers and stamps the packets of one sender (RFC 3550).
type stream struct {
	seq           uint16
	stamp, source uint32
	pressed       uint32 // stamp of the key held down: the same in all its reports
}

// packets are a frame's packets: one, or three when a key is released, since that
// report must not get lost (RFC 4733, 2.5.1.4).
func (s *stream) packets(f frame) [][]byte {
	s.stamp += frameSamples
	if f.key == 0 {
		payload := make([]byte, frameSamples)
		for i := range payload {
			payload[i] = 0xff // silence in µ-law
		}
		return [][]byte{s.packet(pcmu, false, s.stamp, payload)}
	}
	if f.first {
		s.pressed = s.stamp
	}
	const volume = 10 // dBm0, negated
	report := []byte{byte(strings.IndexByte(keys, f.key)), volume, 0, 0}
	binary.BigEndian.PutUint16(report[2:], f.held)
	if !f.last {
		return [][]byte{s.packet(telephone, f.first, s.pressed, report)}
	}
	report[1] |= 0x80
	var three [][]byte
	for range 3 {
		three = append(three, s.packet(telephone, false, s.pressed, report))
	}
	return three
}

func (s *stream) packet(kind byte, marker bool, stamp uint32, payload []byte) []byte {
	s.seq++
	p := make([]byte, 12, 12+len(payload))
	p[0] = 2 << 6 // version
	p[1] = kind
	if marker {
		p[1] |= 0x80
	}
	binary.BigEndian.PutUint16(p[2:], s.seq)
	binary.BigEndian.PutUint32(p[4:], stamp)
	binary.BigEndian.PutUint32(p[8:], s.source)
	return append(p, payload...)
}

// audio is where a session description wants its audio.
func audio(sdp string) (netip.AddrPort, error) {
	var to netip.AddrPort
	var addr netip.Addr
	var port uint64
	for line := range strings.Lines(sdp) {
		line = strings.TrimSpace(line)
		f := strings.Fields(line)
		var err error
		switch {
		case strings.HasPrefix(line, "c=IN IP4 ") && len(f) == 3:
			addr, err = netip.ParseAddr(f[2])
		case strings.HasPrefix(line, "m=audio ") && len(f) > 2:
			port, err = strconv.ParseUint(f[1], 10, 16)
		}
		if err != nil {
			return to, fmt.Errorf("session description: %q: %w", line, err)
		}
	}
	if !addr.IsValid() || port == 0 {
		return to, fmt.Errorf("session description without audio: %q", sdp)
	}
	return netip.AddrPortFrom(addr, uint16(port)), nil
}
