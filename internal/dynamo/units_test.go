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

// TestUnitsOfAMessage: in a quiet room a message costs three write units to send, a fourth to move the pushed id, and
// one read unit before it is sent.
func TestUnitsOfAMessage(t *testing.T) {
	each(t, func(f fixture) {
		writer := roomlog.NewWriter(f, time.Now, func(b []byte) { _, _ = rand.Read(b) })
		fanout := fanout.NewWaker(f, nil, fanout.WakerOptions{HoleAge: time.Second, Now: time.Now})
		send := func(content string) func(context.Context) error {
			d := newEntry(content)
			d.ClientMessageID = chat.ClientMessageID(rand.Text())
			return func(ctx context.Context) error { _, err := writer.Append(ctx, d); return err }
		}
		wake := func(ctx context.Context) error { return fanout.Wake(ctx, "r") }
		for range 2 { // the first message of a room makes items, the second changes them
			if write, read := f.units(send(strings.Repeat("x", 499))); write != 3 || read != 1 {
				f.Errorf("a send took %v write units and %v read units, want 3 and 1", write, read)
			}
			if write, _ := f.units(wake); write != 1 {
				f.Errorf("a wake took %v write units, want 1", write)
			}
		}
		if write, _ := f.units(wake); write != 0 {
			f.Errorf("a wake without news took %v write units, want none", write)
		}
	})
}

// TestUnitsOfARepeat: a repeat writes nothing; the place that it finds taken costs what the failed condition does.
func TestUnitsOfARepeat(t *testing.T) {
	each(t, func(f fixture) {
		writer := roomlog.NewWriter(f, time.Now, func(b []byte) { _, _ = rand.Read(b) })
		send := func(ctx context.Context) error { _, err := writer.Append(ctx, newEntry("hi")); return err }
		f.ok(send(f.Context()))
		if write, read := f.units(send); write != 1 || read != 1 {
			f.Errorf("a repeat took %v write units and %v read units, want 1 and 1", write, read)
		}
	})
}
