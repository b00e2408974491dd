// Package receipts keeps how far members are in their rooms: what they have got, and what they have read. It marks, tells
// the others, lists, and counts what is unread.
package receipts
