package chattest

import "serverlesschat/internal/chat"

// timeline is what a client holds of a room. It goes by ids alone: entries may come in any way, and more than once. It
// adds to the view what it shows.
type timeline struct {
	view  *View
	shown chat.EntryID                // up to here everything is shown
	kept  map[chat.EntryID]chat.Entry // later ones, until what lies between has come
}

// take takes entries: it drops one that is shown already, shows the next one, and keeps a later one aside.
func (l *timeline) take(entries []chat.Entry) {
	for _, e := range entries {
		if e.ID > l.shown {
			l.kept[e.ID] = e
		}
	}
	for {
		e, ok := l.kept[l.shown+1]
		if !ok {
			return
		}
		delete(l.kept, e.ID)
		l.shown++
		l.view.Shown(e)
	}
}

// skip goes on from the first id that is still there, when that lies above the next one.
func (l *timeline) skip(first chat.EntryID) {
	if first <= l.shown+1 {
		return
	}
	for id := range l.kept {
		if id < first {
			delete(l.kept, id)
		}
	}
	l.shown = first - 1
	l.view.Skipped(first)
}

// gap reports whether something is kept aside.
func (l *timeline) gap() bool { return len(l.kept) > 0 }
