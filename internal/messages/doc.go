// Package messages is what members do with the messages of a room: send one, edit or delete it, react to it, read the
// history, and catch up on what they missed.
package messages
