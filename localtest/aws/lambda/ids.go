package lambda

import (
	"math/rand/v2"
	"time"
)

// newUUID returns a random UUID (RFC 9562, version 4). It need not be hard to guess, so it need not cost a system call.
func newUUID() string {
	a, b := rand.Uint64(), rand.Uint64()
	a = a&^0xf000 | 0x4000
	b = b&^(3<<62) | 1<<63
	id := make([]byte, 0, 36)
	id = appendHex(id, a>>32, 8)
	id = append(id, '-')
	id = appendHex(id, a>>16, 4)
	id = append(id, '-')
	id = appendHex(id, a, 4)
	id = append(id, '-')
	id = appendHex(id, b>>48, 4)
	id = append(id, '-')
	return string(appendHex(id, b, 12))
}

// appendHex appends the lowest digits of v.
func appendHex(to []byte, v uint64, digits int) []byte {
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		to = append(to, "0123456789abcdef"[v>>shift&0xf])
	}
	return to
}

// appendTraceID appends an X-Ray trace header for an invocation that is not traced (AWS X-Ray Developer Guide, "Tracing
// header").
func appendTraceID(to []byte, now time.Time) []byte {
	to = append(to, "Root=1-"...)
	to = appendHex(to, uint64(now.Unix()), 8)
	to = append(to, '-')
	to = appendHex(to, rand.Uint64(), 8)
	to = appendHex(to, rand.Uint64(), 16)
	to = append(to, ";Parent="...)
	to = appendHex(to, rand.Uint64(), 16)
	return append(to, ";Sampled=0"...)
}
