package ami

import (
	"encoding/binary"
	"math/bits"
)

// Two searches, eight bytes at a time in a register. bytes.IndexByte and bytes.Index
// are made for long texts: in headers of twenty bytes their calls cost more than
// their work.

const (
	ones   = 0x0101010101010101
	highs  = 0x8080808080808080
	lows   = 0x7f7f7f7f7f7f7f7f
	lfs    = 0x0a * ones
	crs    = 0x0d * ones
	gather = 0x0002040810204081 // times the high bits of eight bytes: the bits, in order, on top
)

// lfs64 has a bit for each LF among the 64 bytes of b.
func lfs64(b []byte) (found uint64) {
	b = b[:64]
	for i := 0; i < 64; i += 16 {
		x := binary.LittleEndian.Uint64(b[i:]) ^ lfs
		y := binary.LittleEndian.Uint64(b[i+8:]) ^ lfs
		x = ^((x&lows + lows) | x) & highs // where a byte is zero
		y = ^((y&lows + lows) | y) & highs
		found |= (x*gather>>56 | y*gather>>56<<8) << i
	}
	return found
}

// blankLine is the place behind the first CR LF CR LF of b, -1 when there is none
// whose CR LF CR stands among the first size bytes. Behind these, slack bytes must stand.
func blankLine(b []byte, size int) int {
	for i := 0; i < size; i += 8 {
		q := b[i : i+9]
		z := binary.LittleEndian.Uint64(q) ^ lfs | binary.LittleEndian.Uint64(q[1:]) ^ crs
		for z = (z - ones) &^ z & highs; z != 0; z &= z - 1 { // LF CR, or so it seems
			at := i + bits.TrailingZeros64(z)>>3
			if at > 0 && at+2 < size && b[at-1] == '\r' && b[at+2] == '\n' {
				return at + 3
			}
		}
	}
	return -1
}
