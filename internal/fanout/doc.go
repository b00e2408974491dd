// Package fanout pushes the logs of rooms to their members. A wake says only that a room has news. What to push is read
// from the log, from the room's pushed id to the first hole. [Waker] does this for one room. [Pusher] brings a stretch
// of a log to connections. [ChunkedDeliverer] has workers do that, side by side, where there are many connections.
//
// # What must stay true
//
//   - A room's pushed id moves only after every subscriber has what lies up to it, is gone, or gets no more pushes.
//   - Subscriptions are read after the log, never before, and never kept. A connection that joins meanwhile then has
//     the entries in the reply to its join, or its subscription is read.
//
// [Waker.Wake] was model-checked as it stands: a change of the order of its store calls needs a reason as strong as
// that.
package fanout
