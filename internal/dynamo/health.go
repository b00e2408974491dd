package dynamo

import (
	"context"
	"sync"
	"time"
)

// pings keeps when the store was last seen to write.
type pings struct {
	mu   sync.Mutex
	last time.Time
}

// pingEvery is how long one write is proof enough. Everybody may ask for the health, and is not to cost a write each
// time.
const pingEvery = 5 * time.Second

// Ping returns nil if DynamoDB stores what it is given, by writing a row that nothing reads: an engine whose disk is
// full still answers reads. Within 5 s after such a write it reads the row instead.
func (s *Store) Ping(ctx context.Context) error {
	key := item{"item": text("health")}
	s.pings.mu.Lock()
	proven := s.now().Sub(s.pings.last) < pingEvery
	s.pings.mu.Unlock()
	if proven {
		_, err := s.get(ctx, s.tables.Rooms, key)
		return err
	}
	now := s.now()
	key["checked_at"] = number(now.UnixMilli())
	if _, err := s.put(ctx, s.tables.Rooms, key, ""); err != nil {
		return err
	}
	s.pings.mu.Lock()
	s.pings.last = now
	s.pings.mu.Unlock()
	return nil
}
