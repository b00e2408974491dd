// Package presence keeps who is online, tells those who share a room, and answers who asks.
//
// A user is online while at least one of its connections is open. The session item of the user, which has the
// connections, decides. The presence item follows it. What must stay true:
//
//  1. A connection is in the session item before the user counts as online, and it is out of it before the user counts
//     as offline. Each time that a user connects, the version of the item rises.
//  2. A check reads the version, then the session item. It writes offline only if the version is still the same: so
//     nobody has connected between the two reads and the write.
//  3. A job that checks is sent before a connection's end is written, and it runs after that. So an end that was begun
//     leads to a check, whoever dies.
//  4. What peers were told is in the same item as what holds. Whoever connects sees in its own write that they were told
//     otherwise, and has a job put it right. The job tells only what still holds.
//  5. From the time that peers are told of online until they are told of offline, one job goes round and asks the gateway
//     for the connections. It finds those whose end nobody has reported.
package presence
