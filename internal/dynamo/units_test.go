package dynamo_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/telemetry"
)

// units returns the units that do reports, through the line that an invocation writes.
func (f fixture) units(do func(ctx context.Context) error) (write, read float64) {
	f.Helper()
	var line bytes.Buffer
	handler := telemetry.Observed(slog.New(slog.NewJSONHandler(&line, nil)), telemetry.Source{}, time.Now,
		func(ctx context.Context, _ struct{}) (struct{}, error) { return struct{}{}, do(ctx) })
	_, err := handler(f.Context(), struct{}{})
	f.ok(err)
	var counts struct{ WriteUnits, ReadUnits float64 }
	f.ok(json.Unmarshal(line.Bytes(), &counts))
	return counts.WriteUnits, counts.ReadUnits
}

func random(b []byte) { _, _ = rand.Read(b) }

func leases() roomlog.Lease { return roomlog.NewLease(random) }

// TestUnitsOfAMessage: in a quiet room a message costs three write units to send, and a fourth to push: whether its
// sender pushes it, or the stream does because the room is large or because senders do not push.
func TestUnitsOfAMessage(t *testing.T) {
	each(t, func(f fixture) {
		for room, direct := range map[chat.RoomID]bool{"direct": true, "large": true, "stream": false} {
			f.open(room)
			if room == "large" {
				f.fillShard("large#0", 201)
			}
			m := f.mailer(room, direct)
			m.message() // the first message of a room makes items
			if room == "large" {
				m.message() // its sender finds that the room is large
			}
			for range 3 {
				if write := m.message(); write != 4 {
					f.Errorf("%s: a message took %v write units, want 4", room, write)
				}
			}
			if write, _ := f.units(m.wake); write != 0 {
				f.Errorf("%s: a wake without news took %v write units, want none", room, write)
			}
		}
	})
}

// mailer sends messages into a room and wakes it after each.
type mailer struct {
	fixture
	writer *roomlog.Writer
	direct *fanout.Direct
	waker  *fanout.Waker
	room   chat.RoomID
	last   chat.EntryID
}

func (f fixture) mailer(room chat.RoomID, direct bool) *mailer {
	frames := func(_ chat.RoomID, entries []chat.Entry) []fanout.Frame { return []fanout.Frame{{Entries: entries}} }
	to := &fake.Deliverer{}
	return &mailer{
		fixture: f, room: room,
		writer: roomlog.NewWriter(f, roomlog.WriterOptions{Now: time.Now, Random: random, Leases: direct}),
		direct: fanout.NewDirect(f, to, fanout.DirectOptions{Frames: frames, Now: time.Now}),
		waker: fanout.NewWaker(f, to, &fake.Jobs{}, fanout.WakerOptions{
			Frames: frames, HoleAge: time.Second, Direct: direct, NewLease: leases, Now: time.Now,
		}),
	}
}

func (m *mailer) wake(ctx context.Context) error { return m.waker.Wake(ctx, m.room, m.last) }

// message sends one and wakes the room, and returns the write units of both.
func (m *mailer) message() float64 {
	m.Helper()
	write, read := m.units(func(ctx context.Context) error {
		e := newEntry(strings.Repeat("x", 499))
		e.Room, e.ClientMessageID = m.room, chat.ClientMessageID(rand.Text())
		stored, appended, err := m.writer.Append(ctx, e)
		m.last = stored.ID
		m.direct.Push(ctx, appended)
		return err
	})
	woken, _ := m.units(m.wake)
	if read < 1 {
		m.Errorf("%s: a send took %v read units, want 1 at least", m.room, read)
	}
	return write + woken
}

// TestUnitsOfARepeat: a repeat writes nothing; the place that it finds taken costs what the failed condition does.
func TestUnitsOfARepeat(t *testing.T) {
	each(t, func(f fixture) {
		writer := roomlog.NewWriter(f, roomlog.WriterOptions{Now: time.Now, Random: random})
		send := func(ctx context.Context) error { _, _, err := writer.Append(ctx, newEntry("hi")); return err }
		f.ok(send(f.Context()))
		if write, read := f.units(send); write != 1 || read != 1 {
			f.Errorf("a repeat took %v write units and %v read units, want 1 and 1", write, read)
		}
	})
}
