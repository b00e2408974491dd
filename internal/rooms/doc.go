// Package rooms decides which users are in a room, and which of a member's connections get it. It has joining, leaving,
// and pings, which tell how far a connection and its rooms are.
package rooms
