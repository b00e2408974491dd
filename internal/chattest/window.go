package chattest

import "serverlesschat/internal/chat"

// window is what a client holds of a room: by ids alone, whatever way entries come in, as often as they come. What it
// shows it tells to the view.
type window struct {
	view  *View
	shown chat.EntryID                // up to here everything is shown
	kept  map[chat.EntryID]chat.Entry // later ones, until what lies between has come
}

// take takes entries from anywhere: one that is shown is left out, the next is shown, a later one is kept aside.
func (w *window) take(entries []chat.Entry) {
	for _, e := range entries {
		if e.ID > w.shown {
			w.kept[e.ID] = e
		}
	}
	for {
		e, ok := w.kept[w.shown+1]
		if !ok {
			return
		}
		delete(w.kept, e.ID)
		w.shown++
		w.view.Shown(e)
	}
}

// gap tells whether something is kept aside.
func (w *window) gap() bool { return len(w.kept) > 0 }
