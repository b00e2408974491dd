package dynamo_test

import (
	"testing"
	"time"

	"serverlesschat/internal/chat"
)

// TestTargets: what changes have made of a message is stored, and only over what was read.
func TestTargets(t *testing.T) {
	each(t, func(f fixture) {
		ctx, first := f.Context(), message(1, "hi")
		e, err := f.Entry(ctx, "r", 1)
		gotEntry(f, "none", e, err, nil)
		done, err := f.Update(ctx, first, first)
		got(f, "an update of none", done, err, false)
		e, err = f.Entry(ctx, "r", 1)
		gotEntry(f, "none still", e, err, nil)

		_, err = f.Place(ctx, first)
		f.ok(err)
		changed := first
		changed.Content = "hello"
		changed.Changes = chat.Changes{
			UpdatedID: 7, EditedAt: noon.Add(time.Minute), Edits: []chat.EntryID{3, 7},
			Reactions: map[chat.Reaction][]chat.UserID{"👍": {"ann", "bob"}, "a.b#c": {"bob"}},
		}
		done, err = f.Update(ctx, first, changed)
		got(f, "update", done, err, true)
		e, err = f.Entry(ctx, "r", 1)
		gotEntry(f, "updated", e, err, &changed)

		done, err = f.Update(ctx, first, changed)
		got(f, "an update of what was before", done, err, false)
		other := changed
		other.User = "bob"
		done, err = f.Update(ctx, other, changed)
		got(f, "an update of another's", done, err, false)

		deleted := changed
		deleted.Content, deleted.Edits, deleted.Reactions, deleted.Deleted, deleted.UpdatedID = "", nil, nil, true, 9
		done, err = f.Update(ctx, changed, deleted)
		got(f, "deletion", done, err, true)
		all, err := f.EntriesAfter(ctx, "r", 0, 10)
		if err != nil || len(all) != 1 || !all[0].Equal(deleted) {
			f.Errorf("stored %+v, %v, want %+v", all, err, deleted)
		}
	})
}

// TestEmpty takes the content from edits alone, and makes no row.
func TestEmpty(t *testing.T) {
	each(t, func(f fixture) {
		ctx, first, edit := f.Context(), message(1, "hi"), message(2, "hello")
		edit.Kind, edit.Target = chat.KindEdit, 1
		react := message(3, "")
		react.Kind, react.Target, react.Reaction, react.Remove = chat.KindReaction, 1, "👍", true
		member := removal().At(4, noon)
		member.Room = "r"
		for _, e := range []chat.Entry{first, edit, react, member} {
			_, err := f.Place(ctx, e)
			f.ok(err)
		}
		for id := chat.EntryID(1); id <= 5; id++ {
			f.ok(f.Empty(ctx, "r", id))
		}
		edit.Content = ""
		for id, want := range map[chat.EntryID]*chat.Entry{1: &first, 2: &edit, 3: &react, 4: &member, 5: nil} {
			e, err := f.Entry(ctx, "r", id)
			gotEntry(f, "after emptying", e, err, want)
		}
	})
}
