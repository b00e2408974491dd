package chattest

import "serverlesschat/internal/chat"

// timeline is what a client holds of a room: by ids alone, whatever way entries come in, as often as they come. What it
// shows it tells to the view.
type timeline struct {
	view  *View
	shown chat.EntryID                // up to here everything is shown
	kept  map[chat.EntryID]chat.Entry // later ones, until what lies between has come
}

// take takes entries from anywhere: one that is shown is left out, the next is shown, a later one is kept aside.
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

// gap tells whether something is kept aside.
func (l *timeline) gap() bool { return len(l.kept) > 0 }
