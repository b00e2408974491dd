package fold

import (
	"slices"

	"serverlesschat/internal/chat"
)

// View is what a client shows of a room: its messages, as the entries that it was given make them. Entries may come in
// any order and more than once: a change may come before its target. A message that comes is as it was when it was
// read, and its UpdatedID says what is in it already.
type View struct {
	messages map[chat.EntryID]chat.Entry   // the newest copy of each
	changes  map[chat.EntryID][]chat.Entry // by target, rising; also those of messages that have not come
	erased   []chat.Entry                  // the entries that tell of erased users
}

// NewView makes a View that shows nothing.
func NewView() *View {
	return &View{messages: map[chat.EntryID]chat.Entry{}, changes: map[chat.EntryID][]chat.Entry{}}
}

// Add takes an entry into the view.
func (v *View) Add(e chat.Entry) {
	switch {
	case e.Kind == chat.KindMessage:
		if old, ok := v.messages[e.ID]; !ok || e.UpdatedID > old.UpdatedID {
			v.messages[e.ID] = e
		}
	case e.IsErasure():
		v.erased = append(v.erased, e)
	case e.IsChange():
		changes := v.changes[e.Target]
		at, has := slices.BinarySearchFunc(changes, e.ID, func(c chat.Entry, id chat.EntryID) int { return int(c.ID - id) })
		if !has {
			v.changes[e.Target] = slices.Insert(changes, at, e)
		}
	}
}

// Messages returns the messages of the view as they are now, in rising order.
func (v *View) Messages() []chat.Entry {
	messages := make([]chat.Entry, 0, len(v.messages))
	for id, m := range v.messages {
		for _, c := range v.changes[id] {
			Into(&m, c)
		}
		for _, e := range v.erased { // in any order: an erased user has written nothing after it
			Erase(&m, e)
		}
		messages = append(messages, m)
	}
	slices.SortFunc(messages, func(a, b chat.Entry) int { return int(a.ID - b.ID) })
	return messages
}
