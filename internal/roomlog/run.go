package roomlog

import (
	"context"
	"fmt"
	"math"

	"serverlesschat/internal/chat"
)

// ScanLimit is how many entries one read of a log asks for.
const ScanLimit = 500

// Run is an unbroken stretch of a room's log.
type Run struct {
	Entries []chat.Entry
	End     chat.EntryID // id of the last of them, or where the run began when there are none
	Next    *chat.Entry  // the entry after the hole that ends the run; nil when nothing lies past its end
	More    bool         // the run may go on: it was cut for its length
}

// ReadRun reads the run that begins after the id "from", ScanLimit entries at most.
func ReadRun(ctx context.Context, log Log, room chat.RoomID, from chat.EntryID) (Run, error) {
	read, err := log.EntriesAfter(ctx, room, from, ScanLimit)
	if err != nil {
		return Run{}, fmt.Errorf("read log: %w", err)
	}
	r := Run{End: from}
	for i, e := range read {
		if e.ID != r.End+1 {
			r.Next = &read[i]
			return r, nil
		}
		r.End = e.ID
		r.Entries = read[:i+1]
	}
	r.More = len(read) == ScanLimit
	return r, nil
}

// ReadRange reads the entries after the id "after" up to "last". All of them were there once. One that is missing has
// expired so long ago that its row is gone.
func ReadRange(ctx context.Context, log Log, room chat.RoomID, after, last chat.EntryID) ([]chat.Entry, error) {
	var entries []chat.Entry
	for from := after; from < last; {
		run, err := ReadRun(ctx, log, room, from)
		if err != nil {
			return nil, err
		}
		entries = append(entries, run.Entries...)
		switch from = run.End; {
		case run.Next != nil:
			from = run.Next.ID - 1
		case !run.More:
			from = last
		}
	}
	return upTo(entries, last), nil
}

// NewestID returns the highest id that something lies at, 0 in an empty room.
func NewestID(ctx context.Context, log Log, room chat.RoomID) (chat.EntryID, error) {
	newest, err := log.EntriesBefore(ctx, room, math.MaxInt64, 1)
	if err != nil || len(newest) == 0 {
		return 0, chat.Wrap("read newest entry", err)
	}
	return newest[0].ID, nil
}

// upTo cuts rising entries after the id "last".
func upTo(entries []chat.Entry, last chat.EntryID) []chat.Entry {
	for i, e := range entries {
		if e.ID > last {
			return entries[:i]
		}
	}
	return entries
}
