package passwordhash

import (
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// phc is a hash with all that is needed to make it again.
type phc struct {
	parameters Parameters
	salt, key  []byte
}

// What a hash may cost at most. A row of ours never asks for more; one that does would end the process.
const (
	maxMemoryKiB = 256 << 10
	maxPasses    = 16
	maxLanes     = 16
	minSaltBytes = 8
	minKeyBytes  = 16
	maxPartBytes = 64
)

// String returns the PHC string: $argon2id$v=19$m=19456,t=2,p=1$SALT$KEY.
func (h phc) String() string {
	encode := base64.RawStdEncoding.EncodeToString
	p := h.parameters
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, p.MemoryKiB, p.Passes, p.Lanes, encode(h.salt), encode(h.key))
}

// parse reads a PHC string as String writes it.
func parse(text string) (h phc, err error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 {
		return phc{}, errForm
	}
	p := &h.parameters
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.MemoryKiB, &p.Passes, &p.Lanes); err != nil {
		return phc{}, errForm
	}
	decode := base64.RawStdEncoding.Strict().DecodeString
	if h.salt, err = decode(parts[4]); err != nil {
		return phc{}, errForm
	}
	if h.key, err = decode(parts[5]); err != nil {
		return phc{}, errForm
	}
	if h.String() != text || !h.isWithinBounds() {
		return phc{}, errForm
	}
	return h, nil
}

func (h phc) isWithinBounds() bool {
	p := h.parameters
	return p.Passes >= 1 && p.Passes <= maxPasses && p.Lanes >= 1 && p.Lanes <= maxLanes &&
		p.MemoryKiB >= 8*uint32(p.Lanes) && p.MemoryKiB <= maxMemoryKiB && // RFC 9106, 3.1
		len(h.salt) >= minSaltBytes && len(h.salt) <= maxPartBytes &&
		len(h.key) >= minKeyBytes && len(h.key) <= maxPartBytes
}
