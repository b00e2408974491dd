package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/ratelimit"
)

// sessions is a store of ann's, whose clock a test moves.
type sessions struct {
	fixture
	*dynamo.Store
	clock atomic.Int64 // milliseconds
}

func (f fixture) sessions() *sessions {
	s := &sessions{fixture: f}
	s.Store = dynamo.New(f.engine.DynamoDB, f.tables, s.now)
	s.clock.Store(1_800_000_000_000)
	return s
}

func (s *sessions) now() time.Time           { return time.UnixMilli(s.clock.Load()) }
func (s *sessions) passes(d time.Duration)   { s.clock.Add(d.Milliseconds()) }
func (s *sessions) context() context.Context { return s.fixture.Context() }
func (s *sessions) connection(id chat.ConnectionID) chat.Connection {
	return chat.Connection{ID: id, User: "ann", Session: "s1", ConnectedAt: s.now(), TokenExpiresAt: s.now().Add(time.Hour).UTC()}
}

// opens opens a connection of ann's, with a token for an hour.
func (s *sessions) opens(id chat.ConnectionID) chat.Connection {
	s.Helper()
	c := s.connection(id)
	s.ok(s.PutConnection(s.context(), c, 20))
	return c
}

var tenAndTwenty = ratelimit.Rate{PerSecond: 10, Burst: 20}

// acts has a connection act so often at once, and returns how often it may.
func (s *sessions) acts(c chat.Connection, times int) (n int) {
	s.Helper()
	for range times {
		_, err := s.Act(s.context(), c, tenAndTwenty)
		switch chat.CodeOf(err) {
		case "":
			n++
		case chat.CodeRateLimited:
			if wait := chat.RetryAfter(err); wait <= 0 || wait > 1050*time.Millisecond {
				s.Errorf("asks to wait for %v", wait)
			}
		default:
			s.Fatal(err)
		}
	}
	return n
}

// TestRateOfAUser: a burst after silence, however long that was; the rate from then on; and the wait that a refusal asks
// for is enough.
func TestRateOfAUser(t *testing.T) {
	each(t, func(f fixture) {
		s := f.sessions()
		c := s.opens("c")
		silences := []int{2, 3, 6, 7, 8, 9, 20, 61, 62, 63, 64, 65, 66, 127, 128, 129}
		for _, silence := range silences {
			s.clock.Store((s.clock.Load()/1000 + int64(silence)) * 1000)
			if s.clock.Load() > 1_800_003_000_000 {
				f.Fatal("the token ends")
			}
			if n := s.acts(c, 25); n != 20 {
				f.Errorf("after %d s of silence: a burst of %d, want 20", silence, n)
			}
			s.passes(time.Second)
			if n := s.acts(c, 25); n != 10 {
				f.Errorf("in the second after a burst: %d, want 10", n)
			}
			s.passes(500 * time.Millisecond)
			if n := s.acts(c, 1); n != 0 {
				f.Error("half a second later: one more, want none")
			}
			s.passes(550 * time.Millisecond)
			if n := s.acts(c, 1); n != 1 {
				f.Error("after the wait: none, want one")
			}
			s.passes(time.Duration(silence%7) * time.Second)
			if n := s.acts(c, 1); n != 1 {
				f.Errorf("%d s later: none, want one", silence%7)
			}
		}
	})
}

// TestManyAtOnce: of 2,000 that come at once in ten processes, a burst gets through, and no more; requests over HTTP
// count as frames do.
func TestManyAtOnce(t *testing.T) {
	each(t, func(f fixture) {
		s := f.sessions()
		c := s.opens("c")
		var through atomic.Int64
		var all sync.WaitGroup
		for process := range 10 {
			store := dynamo.New(f.engine.DynamoDB, f.tables, s.now)
			all.Go(func() {
				for i := range 200 {
					var err error
					if (process+i)%2 == 0 {
						_, err = store.Act(s.context(), c, tenAndTwenty)
					} else {
						err = store.ActFor(s.context(), "ann", "s1", tenAndTwenty)
					}
					if err == nil {
						through.Add(1)
					} else if chat.CodeOf(err) != chat.CodeRateLimited {
						f.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		if n := through.Load(); n != 20 {
			f.Errorf("%d got through, want 20", n)
		}
	})
}

// TestAFrameTakesOneWrite, whatever the rate of its user is; the windows of a ring never pile up.
func TestAFrameTakesOneWrite(t *testing.T) {
	each(t, func(f fixture) {
		s := f.sessions()
		c := s.opens("c")
		for _, pause := range []time.Duration{0, 150 * time.Millisecond, time.Second, 3 * time.Second, 30 * time.Second} {
			for range 5 {
				s.passes(pause)
				written, _ := f.units(func(ctx context.Context) error {
					_, err := s.Act(ctx, c, tenAndTwenty)
					return err
				})
				if written != 1 {
					f.Errorf("every %v: %v units", pause, written)
				}
			}
		}
		if row := s.row("ann"); len(row) > 5 {
			f.Errorf("the item has %d attributes: %v", len(row), row)
		}
	})
}

type row = map[string]types.AttributeValue

func user(name string) row { return row{"user_id": &types.AttributeValueMemberS{Value: name}} }

func (s *sessions) row(name string) row {
	s.Helper()
	out, err := s.engine.DynamoDB.GetItem(s.context(), &dynamodb.GetItemInput{TableName: &s.tables.Sessions, Key: user(name)})
	s.ok(err)
	return out.Item
}

// set changes the session item of a user by hand.
func (s *sessions) set(name, expression string, values row) {
	s.Helper()
	_, err := s.engine.DynamoDB.UpdateItem(s.context(), &dynamodb.UpdateItemInput{
		TableName: &s.tables.Sessions, Key: user(name), UpdateExpression: &expression, ExpressionAttributeValues: values,
	})
	s.ok(err)
}

func (s *sessions) ends(name chat.UserID, session chat.SessionID) {
	s.Helper()
	_, err := s.EndSession(s.context(), name, session, s.now().Add(time.Hour))
	s.ok(err)
}

func (s *sessions) erases(name string) {
	s.Helper()
	s.set(name, "SET gone = :yes", row{":yes": &types.AttributeValueMemberBOOL{Value: true}})
}

// forgetSession removes the session item of a user.
func (f fixture) forgetSession(name string) {
	f.Helper()
	_, err := f.engine.DynamoDB.DeleteItem(f.Context(), &dynamodb.DeleteItemInput{TableName: &f.tables.Sessions, Key: user(name)})
	f.ok(err)
}

// TestWhoMayAct: a connection that is there, with a token that holds and a session that was not ended.
func TestWhoMayAct(t *testing.T) {
	each(t, func(f fixture) {
		for name, c := range map[string]struct {
			change func(s *sessions, c chat.Connection)
			want   error
		}{
			"a connection":    {func(*sessions, chat.Connection) {}, nil},
			"one that ended":  {func(s *sessions, c chat.Connection) { s.ok(s.RemoveConnection(s.context(), "ann", c.ID)) }, connections.ErrClosed},
			"an old token":    {func(s *sessions, _ chat.Connection) { s.passes(time.Hour) }, connections.ErrExpired},
			"almost an hour":  {func(s *sessions, _ chat.Connection) { s.passes(time.Hour - time.Second) }, nil},
			"an ended one":    {func(s *sessions, _ chat.Connection) { s.ends("ann", "s1") }, connections.ErrRevoked},
			"another ended":   {func(s *sessions, _ chat.Connection) { s.ends("ann", "s2") }, nil},
			"its user erased": {func(s *sessions, _ chat.Connection) { s.erases("ann") }, connections.ErrRevoked},
			"a fresh token, by another process": {func(s *sessions, c chat.Connection) {
				is := c
				is.Session, is.TokenExpiresAt = "s2", c.TokenExpiresAt.Add(time.Hour)
				renewed, err := s.Renew(s.context(), c, is)
				got(f, "renewed", renewed, err, true)
				s.ends("ann", "s1")
				s.passes(90 * time.Minute)
			}, nil},
		} {
			s := f.sessions()
			s.forgetSession("ann")
			connection := s.opens("c")
			c.change(s, connection)
			_, acts := s.Act(s.context(), connection, tenAndTwenty)
			_, looks := s.Look(s.context(), connection)
			if !errors.Is(acts, c.want) || !errors.Is(looks, c.want) {
				f.Errorf("%s: acts %v, looks %v, want %v", name, acts, looks, c.want)
			}
			if c.want != nil && len(s.row("ann")) > 0 && s.row("ann")["w_at"] != nil {
				f.Errorf("%s: something was counted", name)
			}
		}
	})
}

// TestWhoMayConnect: not with a session that was ended, and no more than the limit, whoever races.
func TestWhoMayConnect(t *testing.T) {
	each(t, func(f fixture) {
		s := f.sessions()
		var in, full atomic.Int64
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				switch err := s.PutConnection(s.context(), s.connection(chat.ConnectionID(fmt.Sprint("c", i))), 20); {
				case err == nil:
					in.Add(1)
				case errors.Is(err, connections.ErrFull):
					full.Add(1)
				default:
					f.Error(err)
				}
			})
		}
		all.Wait()
		open, err := s.ConnectionsOf(s.context(), "ann")
		if in.Load() != 20 || full.Load() != 30 || len(open) != 20 || err != nil {
			f.Errorf("%d are in, %d were refused, %d are open, %v", in.Load(), full.Load(), len(open), err)
		}
		s.passes(3 * time.Hour) // nobody has told of their end
		s.ends("ann", "s2")
		c := s.connection("new")
		f.ok(s.PutConnection(s.context(), c, 20))
		c.ID, c.Session = "newer", "s2"
		if err := s.PutConnection(s.context(), c, 20); !errors.Is(err, connections.ErrRevoked) {
			f.Errorf("with an ended session: %v", err)
		}
		if row, err := s.Connection(s.context(), "newer"); err != nil || row != nil {
			f.Errorf("what was refused is stored: %+v, %v", row, err)
		}
	})
}

// TestEntriesOfTheVersionBefore: it kept only when nothing of a connection may be left.
func TestEntriesOfTheVersionBefore(t *testing.T) {
	each(t, func(f fixture) {
		s := f.sessions()
		c := s.opens("c")
		s.set("ann", "SET c.c = :n", row{":n": &types.AttributeValueMemberN{Value: fmt.Sprint(c.ExpiresAt().Unix())}})
		open, err := s.ConnectionsOf(s.context(), "ann")
		if err != nil || len(open) != 1 || open[0].ConnectedAt.Unix() != c.ConnectedAt.Unix() {
			f.Errorf("open are %+v, %v", open, err)
		}
		if n := s.acts(c, 25); n != 20 {
			f.Errorf("it acts %d times, want 20", n)
		}
		if open, err := s.ConnectionsOf(s.context(), "ann"); err != nil || open[0].Session != "s1" {
			f.Errorf("open are %+v, %v", open, err)
		}
	})
}

// TestEndedSessionsAreForgotten when none of their tokens can hold any more.
func TestEndedSessionsAreForgotten(t *testing.T) {
	each(t, func(f fixture) {
		s := f.sessions()
		c := s.opens("c")
		for i := range 3 {
			open, err := s.EndSession(s.context(), "ann", chat.SessionID(fmt.Sprint("other", i)), s.now().Add(time.Minute))
			if err != nil || len(open) != 1 || open[0].ID != c.ID || open[0].Session != c.Session {
				f.Errorf("open are %+v, %v", open, err)
			}
		}
		s.passes(2 * time.Minute)
		s.ends("ann", "last")
		ended := s.row("ann")["r"].(*types.AttributeValueMemberM).Value
		if len(ended) != 1 || ended["last"] == nil {
			f.Errorf("ended are %v, want the last alone", ended)
		}
	})
}

// TestOnlyOneReminds: of many that see the same connection, one renews it.
func TestOnlyOneReminds(t *testing.T) {
	each(t, func(f fixture) {
		s := f.sessions()
		c := s.opens("c")
		is := c
		is.Reminded = true
		var reminds atomic.Int64
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if done, err := s.Renew(s.context(), c, is); err != nil {
					f.Error(err)
				} else if done {
					reminds.Add(1)
				}
			})
		}
		all.Wait()
		if reminds.Load() != 1 {
			f.Errorf("%d remind, want one", reminds.Load())
		}
		if got, err := s.Act(s.context(), c, tenAndTwenty); err != nil || !got.Reminded {
			f.Errorf("who saw it before gets %+v, %v", got, err)
		}
	})
}

// TestTickets: of 200 that race for one, one gets it, again and again; nobody gets one that has ended, or is of another
// origin, which does not use it up.
func TestTickets(t *testing.T) {
	each(t, func(f fixture) {
		s := f.sessions()
		ticket := connections.Ticket{
			Hash: connections.TicketHash("text"), Origin: "https://chat.example", ExpiresAt: s.now().Add(time.Minute),
			Of: chat.Identity{User: "ann", Session: "s1", ExpiresAt: s.now().Add(time.Hour).UTC()},
		}
		f.ok(s.PutTicket(s.context(), ticket))
		redeem := func(hash string, id int, origin string) bool {
			who, err := s.Redeem(s.context(), hash, chat.ConnectionID(fmt.Sprint("c", id)), origin)
			if err != nil || who != nil && *who != ticket.Of {
				f.Errorf("got %+v, %v", who, err)
			}
			return who != nil
		}
		if redeem(ticket.Hash, 0, "") || redeem(ticket.Hash, 0, "https://evil.example") || redeem("text", 0, ticket.Origin) {
			f.Error("redeemed by who must not")
		}
		var winners, repeats atomic.Int64
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				if redeem(ticket.Hash, i, ticket.Origin) {
					winners.Add(1)
					if redeem(ticket.Hash, i, ticket.Origin) {
						repeats.Add(1)
					}
				}
			})
		}
		all.Wait()
		if winners.Load() != 1 || repeats.Load() != 1 {
			f.Errorf("%d winners, who can repeat it %d times", winners.Load(), repeats.Load())
		}
		f.ok(s.PutTicket(s.context(), ticket))
		s.passes(time.Minute)
		if redeem(ticket.Hash, 1, ticket.Origin) {
			f.Error("redeemed after its end")
		}
	})
}
