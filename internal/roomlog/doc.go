// Package roomlog is the log of a room: entries 1, 2, 3 … without gaps and without repeats. [Writer] appends to it,
// [Reader] shows it up to the first hole, and [HoleWait] waits at a hole or fills it.
//
// It is the log of CORFU (Balakrishnan et al., NSDI 2012) on a key-value store: a sequencer gives out places, a place
// is written once, and a place whose writer is late or dead is filled with junk. The words here: a reserved place with
// nothing at it is a hole; to fill it is to put a void there; a void is for good.
//
// A claim says which place a client_message_id stands for, so that a message that is sent again is stored once.
//
// The head of a room says how far its log is: the last id reserved, up to where all is pushed, up to where all is filled,
// and who pushes now.
//
// # What must stay true
//
//   - An entry of a claim lies only where the claim points. A claim leaves a place only when that place is void for good.
//   - Nothing is shown past a hole: not by history, not by a join, not by the fan-out.
//
// [Writer.Append] was model-checked as it stands: a change of the order of its store calls needs a reason as strong as
// that.
package roomlog
