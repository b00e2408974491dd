// Package chat holds the nouns of the chat: rooms, users, connections, entries, errors, each with its own rules. What
// is done with them is in the packages above: roomlog, fanout, rooms, messages and connections. None of these knows a
// network, an encoding or a database. They ask for what they need in small interfaces, which stand where they are used.
// They import nothing but the standard library and each other.
//
// # What must stay true
//
//   - A room is a log. Its entries are 1, 2, 3 … without gaps and without repeats (package roomlog).
//   - An entry of a claim lies only where the claim points. A claim leaves an id only when that id is void for good.
//   - Nothing is shown past a hole: not by history, not by a join, not by the fan-out.
//   - A room's pushed id moves only after every subscriber has what lies up to it, is gone, or gets no more pushes.
//   - Subscriptions are read after the log, never before, and never kept (package fanout).
package chat
