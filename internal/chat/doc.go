// Package chat holds the nouns of the chat: rooms, users, connections, entries, errors, each with its own rules. What
// is done with them is in the packages above: fold, roomlog, fanout, rooms, messages, signals and connections. None of
// these knows a network, an encoding or a database. They ask for what they need in small interfaces, which stand where
// they are used. They import nothing but the standard library and each other.
//
// A room is a log: entries 1, 2, 3 … without gaps and without repeats. What must stay true of it stands in the comments
// of the packages roomlog (what is stored and shown) and fanout (what is pushed).
package chat
