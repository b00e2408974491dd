package token

import (
	"context"
	"sync"
	"time"

	"serverlesschat/internal/auth"
)

// KeyReader reads the keys of our own tokens.
type KeyReader interface {
	KeySet(ctx context.Context) (auth.KeySet, error)
}

// published are the keys of our own tokens, as they were read last. It is safe for concurrent use.
type published struct {
	reader KeyReader
	now    func() time.Time

	mu     sync.Mutex
	keys   map[string]key // those that hold, by kid
	readAt time.Time      // when they were read
	askAt  time.Time      // until then they are not read again
}

// askEvery is how often the keys may be read again: for a kid that is unknown, which everybody can make up, and where
// the last try has failed.
const askEvery = time.Minute

// key returns the key of a kid. When the keys cannot be read, those that were read last stay; its error says that there
// are none.
func (p *published) key(ctx context.Context, kid string) (key, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	k, known := p.keys[kid]
	isOld := now.Sub(p.readAt) >= auth.KeyCacheAge
	if known && !isOld || now.Before(p.askAt) {
		return k, known, nil
	}
	p.askAt = now.Add(askEvery)
	if err := p.read(ctx, now); err != nil {
		if known {
			return k, true, nil
		}
		p.askAt = time.Time{} // whether the kid is known was not found out
		return key{}, false, err
	}
	k, known = p.keys[kid]
	return k, known, nil
}

func (p *published) read(ctx context.Context, now time.Time) error {
	set, err := p.reader.KeySet(ctx)
	if err != nil {
		return err
	}
	keys := map[string]key{}
	for _, k := range set.Holding(now) {
		if keys[k.ID()], err = publishedKey(k); err != nil {
			return err
		}
	}
	p.keys, p.readAt = keys, now
	return nil
}
