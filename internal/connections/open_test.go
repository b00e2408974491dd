package connections_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/connections"
)

func opener(s connections.OpenerStore, prober connections.Prober, origins ...string) *connections.Opener {
	who := chat.Identity{Session: "s", ExpiresAt: fake.Noon().Add(time.Hour)}
	return connections.NewOpener(verifier{who}, s, prober, connections.OpenerOptions{Origins: origins, Limit: 20, Now: fake.Noon})
}

// TestOrigins: a page must be on the list, or have a ticket that is bound to it. What is no page needs neither.
func TestOrigins(t *testing.T) {
	const page, other = "https://chat.example", "https://evil.example"
	for _, c := range []struct {
		name         string
		listed       []string
		origin, with string // "with": the origin that the ticket is bound to; "token" for none
		want         chat.Code
	}{
		{"no page", nil, "", "token", ""},
		{"no page, a list", []string{page}, "", "token", ""},
		{"a page without a list", nil, page, "token", chat.CodeForbidden},
		{"a page on the list", []string{other, page}, page, "token", ""},
		{"another page", []string{page}, other, "token", chat.CodeForbidden},
		{"the page in capitals", []string{page}, "HTTPS://chat.example", "token", chat.CodeForbidden},
		{"a longer origin", []string{page}, page + ".evil.example", "token", chat.CodeForbidden},
		{"two origins", []string{page}, page + "," + page, "token", chat.CodeForbidden},
		{"null", []string{"null", page}, "null", "token", chat.CodeForbidden},

		{"a ticket of the page", nil, page, page, ""},
		{"a ticket of the page on the list", []string{page}, page, page, ""},
		{"a ticket of a page that is not on the list", []string{page}, other, other, chat.CodeForbidden},
		{"a ticket of another page", nil, other, page, chat.CodeUnauthorized},
		{"a ticket of no page", nil, page, "", chat.CodeUnauthorized},
		{"a ticket of a page, without it", nil, "", page, chat.CodeUnauthorized},
		{"a ticket without a page", nil, "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := fake.NewStore()
			h := connections.Handshake{ID: "c", ConnectedAt: fake.Noon(), Origin: c.origin, Token: "ann"}
			if c.with != "token" {
				office := connections.NewTicketOffice(s, func() string { return "text" }, fake.Noon)
				text, _, err := office.Issue(t.Context(), chat.Identity{User: "ann", ExpiresAt: fake.Noon().Add(time.Hour)}, c.with)
				if err != nil {
					t.Fatal(err)
				}
				h.Token, h.Ticket = "", text
			}
			got, err := opener(s, s, c.listed...).Open(t.Context(), h)
			if chat.CodeOf(err) != c.want || err == nil && got.User != "ann" {
				t.Errorf("got %+v, %v, want %q", got, err, c.want)
			}
			if stored := s.Open != nil; stored != (c.want == "") {
				t.Errorf("stored: %t", stored)
			}
		})
	}
}

func TestATicketEndsWithItsToken(t *testing.T) {
	for left, want := range map[time.Duration]time.Duration{time.Hour: time.Minute, 10 * time.Second: 10 * time.Second} {
		s := fake.NewStore()
		office := connections.NewTicketOffice(s, func() string { return "text" }, fake.Noon)
		_, ends, err := office.Issue(t.Context(), chat.Identity{User: "ann", ExpiresAt: fake.Noon().Add(left)}, "")
		if err != nil || ends.Sub(fake.Noon()) != want || !s.Ticket.ExpiresAt.Equal(ends) || s.Ticket.Hash == "text" {
			t.Errorf("a token for %v: the ticket ends at %v, %v; stored %+v", left, ends, err, s.Ticket)
		}
	}
}

type ctx = context.Context

// full is a store that takes one connection more when one was removed.
type full struct {
	*fake.Store
	open    []chat.Connection
	removed []chat.ConnectionID
	puts    int
}

func (f *full) PutConnection(_ ctx, c chat.Connection, limit int) error {
	if f.puts++; len(f.open) >= limit {
		return connections.ErrFull
	}
	f.open = append(f.open, c)
	return nil
}

func (f *full) ConnectionsOf(ctx, chat.UserID) ([]chat.Connection, error) { return f.open, nil }

func (f *full) RemoveConnection(_ ctx, _ chat.UserID, id chat.ConnectionID) error {
	f.removed = append(f.removed, id)
	f.open = slices.DeleteFunc(f.open, func(c chat.Connection) bool { return c.ID == id })
	return nil
}

// gone are the connections that a gateway does not know.
type gone []chat.ConnectionID

func (g gone) IsGone(_ ctx, id chat.ConnectionID) bool { return slices.Contains(g, id) }

// TestWhoHasTooManyConnections is refused, unless some are gone; those that begin now are not asked for.
func TestWhoHasTooManyConnections(t *testing.T) {
	for name, c := range map[string]struct {
		gone gone
		age  time.Duration
		want error
	}{
		"all are open":    {nil, time.Hour, connections.ErrFull},
		"one is gone":     {gone{"old"}, time.Hour, nil},
		"all begin":       {gone{"old"}, 10 * time.Second, connections.ErrFull},
		"one of many":     {gone{"old", "nowhere"}, 31 * time.Second, nil},
		"another is gone": {gone{"nowhere"}, time.Hour, connections.ErrFull},
	} {
		f := &full{Store: fake.NewStore(), open: []chat.Connection{{ID: "old", User: "ann", ConnectedAt: fake.Noon().Add(-c.age)}}}
		o := connections.NewOpener(verifier{chat.Identity{ExpiresAt: fake.Noon().Add(time.Hour)}}, f, c.gone,
			connections.OpenerOptions{Limit: 1, Now: fake.Noon})
		_, err := o.Open(t.Context(), connections.Handshake{ID: "new", ConnectedAt: fake.Noon(), Token: "ann"})
		if !errors.Is(err, c.want) || err == nil && f.open[0].ID != "new" {
			t.Errorf("%s: got %v, want %v; open %+v", name, err, c.want, f.open)
		}
		if c.want != nil && len(f.removed) > 0 {
			t.Errorf("%s: removed %v", name, f.removed)
		}
	}
}
