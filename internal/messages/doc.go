// Package messages is what members do with the messages of a room: send one, edit or delete it, react to it, read the
// history, catch up on what they missed, and poll for what is new where no connection can be kept open.
package messages
