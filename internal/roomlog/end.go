package roomlog

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fold"
)

// logEnd is the end of a room's log as one reader has found it.
type logEnd struct {
	id      chat.EntryID // up to here every place is filled
	next    *chat.Entry  // the entry after the hole that ends the run; nil when there is none
	first   chat.EntryID // as the head says it
	settled chat.EntryID // up to here all changes are in the messages that they are about
	tail    []chat.Entry // the changes after that
}

// add goes on with the run that comes next.
func (l *logEnd) add(run Run) {
	l.id, l.next = run.End, run.Next
	for _, e := range run.Entries {
		if e.IsChange() && e.ID <= run.End {
			l.tail = append(l.tail, e)
		}
	}
}

// shown returns entries, which were read after the end was found, as they are at the end of the log or later: with the
// tail folded in. An edit has no content when its message is deleted. Of an edit before the tail, the entry says so, or
// the tail does; for one within the tail the message is read.
func (l *logEnd) shown(ctx context.Context, a Applier, entries []chat.Entry) ([]chat.Entry, error) {
	entries = fold.Over(entries, l.tail)
	deleted, err := a.deletedTargets(ctx, entries, l.settled)
	if err != nil {
		return nil, err
	}
	return fold.Emptied(entries, func(id chat.EntryID) bool { return deleted[id] }), nil
}

// deletedTargets returns which targets of those edits after an id that have a content are deleted, as they are stored.
func (a Applier) deletedTargets(
	ctx context.Context, entries []chat.Entry, after chat.EntryID,
) (map[chat.EntryID]bool, error) {
	targets := map[chat.EntryID]chat.RoomID{}
	for _, e := range entries {
		if e.ID > after && e.Kind == chat.KindEdit && e.Content != "" {
			targets[e.Target] = e.Room
		}
	}
	var mu sync.Mutex
	deleted := map[chat.EntryID]bool{}
	ids := slices.Sorted(maps.Keys(targets))
	err := chat.ForEach(ctx, ids, a.atOnce(), func(ctx context.Context, id chat.EntryID) error {
		m, err := a.Store.Entry(ctx, targets[id], id)
		if err != nil {
			return fmt.Errorf("read target: %w", err)
		}
		mu.Lock()
		defer mu.Unlock()
		deleted[id] = m != nil && m.Deleted
		return nil
	})
	return deleted, err
}
