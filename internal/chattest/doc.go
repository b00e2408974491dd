// Package chattest holds what tests of the chat share, and nothing else uses:
//
//   - [Record] keeps what was seen of a room: what was sent and acknowledged, what each connection was pushed, what pages
//     showed, what clients showed. [Record.Check] holds all of it against the promises of the wire protocol.
//   - [Client] does what the protocol says that a client does. What carries its frames is behind [Dialer], so that it runs
//     against the chat in this process as well as over real sockets.
//   - [Actor] stands between the chat and its store and gateway, and makes calls fail: an invocation that dies before or
//     after any call, answers that are lost, calls that are made twice. Package fake has a gateway in this process.
//
// # Promises
//
// They are numbered as in docs/protocol.md. Violations carry the number:
//
//  1. An acknowledged entry is in history.
//  2. Ids are 1, 2, 3 …: no gaps, no repeats, the same for everyone; nothing is shown past a hole.
//  3. The same client_message_id of a user in a room is stored once.
//  4. A joined connection gets every entry at least once, or is closed. A client shows each exactly once, in order.
//  5. A client that comes back with after_id gets all that it missed.
//  6. Nothing reaches a connection whose user is no member any more, from 5 seconds after that at the latest.
//  7. A refused frame changes nothing (a race lost to other content may leave a void).
//
// Number 6 is not looked for here: tests of the pushing and of the members have it.
package chattest
