// Package fold makes of a message what later entries of its room's log say: edits, deletions and reactions. The fan-out,
// which stores it, every reader, and clients fold alike, so that all who have read the log up to the same id see the same.
//
// The golden cases in internal/wire/testdata/fold are for clients in other languages.
package fold

import (
	"maps"
	"slices"

	"serverlesschat/internal/chat"
)

// What one message takes. More changes nothing.
const (
	MaxReactions     = 500 // pairs of a user and a reaction
	MaxReactionNames = 20  // different reactions
	MaxEdits         = 100 // is for those who write edits; the fold takes all
)

// Into folds a change of the message m into it, and reports whether m is another now. Changes are to be folded in rising
// order of their ids; one that is in m already changes nothing.
//
// A deleted message stays deleted. UpdatedID tells of changes that changed something alone.
func Into(m *chat.Entry, change chat.Entry) bool {
	if change.ID <= m.UpdatedID || change.Target != m.ID || m.Kind != chat.KindMessage || m.Deleted {
		return false
	}
	switch change.Kind {
	case chat.KindEdit:
		m.Content, m.EditedAt = change.Content, change.CreatedAt
		m.Edits = append(slices.Clip(m.Edits), change.ID)
	case chat.KindDelete:
		m.Content, m.Deleted, m.Reactions, m.Edits = "", true, nil, nil
	case chat.KindReaction:
		if !react(m, change) {
			return false
		}
	default:
		return false
	}
	m.UpdatedID = change.ID
	return true
}

// react adds or removes a reaction; it reports whether anything changed. It never writes into what m shares with copies
// of it.
func react(m *chat.Entry, change chat.Entry) bool {
	users, known := m.Reactions[change.Reaction]
	at, has := slices.BinarySearch(users, change.User)
	if has != change.Remove || !change.Remove && !hasRoom(m, known) {
		return false
	}
	reactions := maps.Clone(m.Reactions)
	if reactions == nil {
		reactions = map[chat.Reaction][]chat.UserID{}
	}
	users = slices.Clone(users)
	if change.Remove {
		users = slices.Delete(users, at, at+1)
	} else {
		users = slices.Insert(users, at, change.User)
	}
	reactions[change.Reaction] = users
	if len(users) == 0 {
		delete(reactions, change.Reaction)
	}
	if m.Reactions = reactions; len(reactions) == 0 {
		m.Reactions = nil
	}
	return true
}

// hasRoom reports whether m takes one more reaction, one whose name it has already, or another.
func hasRoom(m *chat.Entry, known bool) bool {
	return countPairs(m.Reactions) < MaxReactions && (known || len(m.Reactions) < MaxReactionNames)
}

func countPairs(reactions map[chat.Reaction][]chat.UserID) int {
	pairs := 0
	for _, users := range reactions {
		pairs += len(users)
	}
	return pairs
}

// HasRoom reports whether m takes the reaction of the user: one that it has already needs no room.
func HasRoom(m chat.Entry, user chat.UserID, reaction chat.Reaction) bool {
	users, known := m.Reactions[reaction]
	_, has := slices.BinarySearch(users, user)
	return has || hasRoom(&m, known)
}

// Erase takes out of a message what the erased user of a member entry has left in it: the content of a message of that
// user, who is called by the pseudonym from then on, or the user's reactions. The other members' reactions stay. It may be
// done any number of times, and reports whether the message is another now.
func Erase(m *chat.Entry, erased chat.Entry) bool {
	if m.Kind != chat.KindMessage {
		return false
	}
	if m.User == erased.Subject {
		m.User, m.Content, m.Deleted, m.Reactions, m.Edits = erased.User, "", true, nil, nil
		m.ClientMessageID = chat.PseudonymousEntryID(erased.User, m.ID)
		return true
	}
	reactions := WithoutUser(m.Reactions, erased.Subject)
	if len(reactions) == len(m.Reactions) && countPairs(reactions) == countPairs(m.Reactions) {
		return false
	}
	m.Reactions = reactions
	return true
}

// WithoutUser returns the reactions of all users but one; nil when there are no others.
func WithoutUser(reactions map[chat.Reaction][]chat.UserID, user chat.UserID) map[chat.Reaction][]chat.UserID {
	var left map[chat.Reaction][]chat.UserID
	for name, users := range reactions {
		others := slices.DeleteFunc(slices.Clone(users), func(u chat.UserID) bool { return u == user })
		if len(others) == 0 {
			continue
		}
		if left == nil {
			left = map[chat.Reaction][]chat.UserID{}
		}
		left[name] = others
	}
	return left
}

// Over folds changes into those entries that are their targets, and empties the edits of messages that are deleted then,
// and returns the result. Both lists are rising. The entries stay as they are.
func Over(entries, changes []chat.Entry) []chat.Entry {
	if len(changes) == 0 {
		return entries
	}
	byTarget := map[chat.EntryID][]chat.Entry{}
	deleted := map[chat.EntryID]bool{}
	for _, c := range changes {
		byTarget[c.Target] = append(byTarget[c.Target], c)
		deleted[c.Target] = deleted[c.Target] || c.Kind == chat.KindDelete
	}
	folded := slices.Clone(entries)
	for i := range folded {
		for _, c := range byTarget[folded[i].ID] {
			Into(&folded[i], c)
		}
	}
	return Emptied(folded, func(target chat.EntryID) bool { return deleted[target] })
}

// Emptied takes the content from those of the entries, which it changes, that are edits of a message that is deleted.
func Emptied(entries []chat.Entry, deleted func(target chat.EntryID) bool) []chat.Entry {
	for i := range entries {
		if e := &entries[i]; e.Kind == chat.KindEdit && deleted(e.Target) {
			e.Content = ""
		}
	}
	return entries
}
