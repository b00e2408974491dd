// Package rooms decides who is in a room, and which of a member's connections get it: joining, leaving, and how far a
// connection and its rooms are.
package rooms
