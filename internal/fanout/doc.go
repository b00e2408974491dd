// Package fanout pushes the logs of rooms to their members.
//
// A sender that finds its room idle pushes what it has stored itself, at once: [Direct]. The stream is the guarantee.
// Each entry has a record there, and its wake returns only when the entry is pushed, or when a job in the queue will do
// it: [Waker.Wake], and [Waker.Finish] for the job. The lease in the room's head only keeps two from pushing the same. No
// promise rests on it, nor on any clock.
//
// What to push is read from the log, from the room's pushed id to the first hole. [Pusher] brings frames to connections
// and judges whose fault it is when one cannot be reached. [ChunkedDeliverer] has workers do that, side by side, where
// there are many.
//
// # What must stay true
//
//   - A room's pushed id moves only after every subscriber has what lies up to it, is gone, or gets no more pushes.
//   - Subscriptions are read after the log, never before, and never kept. A connection that joins meanwhile then has
//     the entries in the reply to its join, or its subscription is read.
//   - No post begins more than 3 s after its subscription was read, consistently, and each is given up after 1 s. The
//     time of the read goes with the page, the delivery and the worker's job. It is the time at which the read began. A
//     subscription that is gone when it is read again is not a failure: its connection is owed nothing.
//   - Who places an entry looks at the head afterwards. Who releases the lease looks at the log afterwards. One of the
//     two always sees the other. Only where many entries wait a sender does not look: the stream is there for the last.
//   - A wake leaves a room only to a job that is in the queue: the job is sent before the head tells of it. A job looks at
//     the log once more when the head does not tell of it any more.
//
// All this was model-checked, call by call (internal/chattest/pushmodel): a change of the order of store calls needs a
// reason as strong as that.
package fanout
