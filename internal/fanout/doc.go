// Package fanout pushes the logs of rooms to their members. A wake says only that a room has news; what to push is read from
// the log, from the room's pushed id to the first hole. [Waker] does this for one room, [Pusher] brings a stretch of a log
// to connections, and [ChunkedDeliverer] has workers do it side by side where they are many.
//
// # What must stay true
//
//   - A room's pushed id moves only after every subscriber has what lies up to it, is gone, or gets no more pushes.
//   - Subscriptions are read after the log, never before, and never kept: a connection that joins meanwhile is then in one
//     or in the other.
//
// [Waker.Wake] was model-checked as it stands: a change of the order of its store calls needs a reason as strong as that.
package fanout
