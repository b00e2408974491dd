package chat

import "time"

// How long a room keeps its entries, its retention, is 0 for a room that keeps them for ever. A longer one is for new
// entries alone. A shorter one holds for all at once.

// IsExpired reports whether the entry is to be shown no longer, in a room whose retention is so long now. Whether its row
// is still there says nothing of that: rows are removed days later.
func (e Entry) IsExpired(now time.Time, retention time.Duration) bool {
	return !e.ExpiresAt.IsZero() && !now.Before(e.ExpiresAt) ||
		retention > 0 && !now.Before(e.CreatedAt.Add(retention))
}

// Retention returns the retention with which the entry was placed.
func (e Entry) Retention() time.Duration {
	if e.ExpiresAt.IsZero() {
		return 0
	}
	return e.ExpiresAt.Sub(e.CreatedAt)
}

// Unexpired returns those of the entries that have not expired by themselves, whatever their room's retention is now.
func Unexpired(entries []Entry, now time.Time) []Entry {
	kept := make([]Entry, 0, len(entries))
	for _, e := range entries {
		if !e.IsExpired(now, 0) {
			kept = append(kept, e)
		}
	}
	return kept
}

// Expiry returns when what is made at a time expires; zero for never.
func Expiry(at time.Time, retention time.Duration) time.Time {
	if retention <= 0 {
		return time.Time{}
	}
	return Millis(at).Add(retention)
}
