package auth

import (
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	try := hashOf("try")
	family := func(age time.Duration, attempt []byte) Family {
		return Family{User: "ann", Generation: 5, RotatedAt: now.Add(-age), Attempt: attempt, EndsAt: now.Add(time.Hour)}
	}
	ended := family(0, nil)
	ended.EndedAt = now
	over := family(0, nil)
	over.EndsAt = now
	for _, c := range []struct {
		name       string
		family     Family
		generation int
		attempt    []byte
		want       verdict
	}{
		{"its own, again", family(9*time.Second, nil), 5, nil, successor},
		{"the one before, soon", family(10*time.Second-time.Millisecond, nil), 4, nil, successor},
		{"the one before, late", family(10*time.Second, nil), 4, nil, reused},
		{"the one before, late, by the same attempt", family(time.Hour, try), 4, try, successor},
		{"the one before, late, by another attempt", family(time.Hour, try), 4, hashOf("other"), reused},
		{"the one before, late, by no attempt", family(time.Hour, try), 4, nil, reused},
		{"the one before, late, none then and now", family(time.Hour, nil), 4, hashOf(""), reused},
		{"two before, soon", family(0, nil), 3, nil, reused},
		{"two before, by the same attempt", family(0, try), 3, try, reused},
		{"one that is to come", family(0, nil), 6, nil, refused},
		{"of a family that was ended", ended, 5, nil, refused},
		{"of a family that is over", over, 5, nil, refused},
		{"of no family", Family{}, 5, nil, refused},
	} {
		if got := c.family.judge(c.generation, c.attempt, now); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
