package roomlog

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fold"
)

// targetsAtOnce is how many messages are read and changed side by side.
const targetsAtOnce = 16

// Applier stores changes in the messages that they are about.
type Applier struct {
	Store Targets
	// InTurn makes all calls one after the other: for tests that let one call be made at a time.
	InTurn bool
}

func (a Applier) atOnce() int {
	if a.InTurn {
		return 1
	}
	return targetsAtOnce
}

// Apply stores in the messages what the changes among the entries say: a rising part of a room's log without holes, up to
// which the changes before it are applied. Entries of other kinds are passed over. It is to be called before a mark moves
// past the entries, as often as anybody likes.
//
// It returns the entries as they are to be shown: messages as they are now, and edits without content whose message is
// deleted. An error may leave some changes applied.
func (a Applier) Apply(ctx context.Context, entries []chat.Entry) ([]chat.Entry, error) {
	targets := map[chat.EntryID]*target{}
	for _, e := range entries {
		if !e.IsChange() {
			continue
		}
		t, known := targets[e.Target]
		if !known {
			t = &target{store: a.Store, room: e.Room, id: e.Target}
			targets[e.Target] = t
		}
		t.changes = append(t.changes, e)
	}
	if len(targets) == 0 {
		return entries, nil
	}
	all := slices.SortedFunc(maps.Values(targets), func(a, b *target) int { return int(a.id - b.id) })
	err := chat.ForEach(ctx, all, a.atOnce(), func(ctx context.Context, t *target) error { return t.apply(ctx) })
	if err != nil {
		return nil, err
	}
	shown := slices.Clone(entries)
	for i, e := range shown {
		if t, changed := targets[e.ID]; changed && t.now != nil && t.now.UpdatedID > e.UpdatedID {
			shown[i] = *t.now
		}
	}
	return fold.Emptied(shown, func(id chat.EntryID) bool { return targets[id] != nil && targets[id].isDeleted() }), nil
}

// target is a message, and changes that are to be applied to it.
type target struct {
	store   Targets
	room    chat.RoomID
	id      chat.EntryID
	changes []chat.Entry // rising
	now     *chat.Entry  // as it is stored then; nil when it is not there
}

func (t *target) isDeleted() bool { return t.now != nil && t.now.Deleted }

// apply folds the changes into the message as it is stored. When another has changed it meanwhile, it begins again:
// whoever applies knows no less than these changes, or the same.
func (t *target) apply(ctx context.Context) error {
	for {
		was, err := t.store.Entry(ctx, t.room, t.id)
		if err != nil {
			return fmt.Errorf("read target: %w", err)
		}
		if was == nil || was.Kind != chat.KindMessage {
			t.now = nil
			return nil // it has expired
		}
		is, changed := *was, false
		for _, c := range t.changes {
			changed = fold.Into(&is, c) || changed
		}
		// The contents go before the message says that it is deleted: after a crash here it is not deleted, and the whole
		// is done again.
		if is.Deleted {
			if err := t.empty(ctx, was.Edits); err != nil {
				return err
			}
		}
		t.now = &is
		if !changed {
			return nil
		}
		done, err := t.store.Update(ctx, *was, is)
		if err != nil {
			return fmt.Errorf("update target: %w", err)
		}
		if done {
			return nil
		}
	}
}

// empty takes the content from edits of the message: those that were in it, and those among the changes.
func (t *target) empty(ctx context.Context, edits []chat.EntryID) error {
	edits = slices.Clone(edits)
	for _, c := range t.changes {
		if c.Kind == chat.KindEdit && c.Content != "" && !slices.Contains(edits, c.ID) {
			edits = append(edits, c.ID)
		}
	}
	for _, id := range edits {
		if err := t.store.Empty(ctx, t.room, id); err != nil {
			return fmt.Errorf("empty edit: %w", err)
		}
	}
	return nil
}
