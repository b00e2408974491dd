// Package chat holds the rules of the chat: rooms, members, entries, the log of a room and how it reaches its
// members. It knows no network, no encoding and no database; what it needs of them it asks for in small interfaces,
// declared beside their use. It imports nothing but the standard library.
//
// # What must stay true
//
//   - A room is a log. Its entries are 1, 2, 3 … without gaps and without repeats ([Writer], [Reader]).
//   - An entry of a claim lies only where the claim points; a claim leaves an id only when that id is void for good.
//   - Nothing is shown past a hole: not by history, not by a join, not by the fan-out.
//   - The position of a room moves only after every subscriber has what lies up to it, is gone, or gets no more pushes.
//   - Subscriptions are read after the log, never before, and never kept.
//
// [Writer.Append] and [Fanout.Wake] were model-checked as they stand: a change of the order of their store calls needs
// a reason as strong as that.
package chat
