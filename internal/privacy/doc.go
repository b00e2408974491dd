// Package privacy gives people what is stored about them, and erases it.
//
// # What is stored about a user
//
// Each kind of row, where it is exported, and which [Part] of an erasure takes it away. What is not here must not be
// stored. Who stores something new about a user adds it here, to the export and to a part.
//
//	session item, with the connections      exported             EraseConnections; EraseSession leaves that one is gone
//	account, sign-ins, their networks       exported, no hash    EraseSession; the name stays, without anything
//	profile                                 exported             EraseSession
//	limits of tries                         under hashes         by their expiry, some minutes
//	connections, subscriptions              exported             EraseConnections
//	polls                                   exported             EraseConnections
//	presence                                exported             ErasePresence
//	member rows, with cursors and marks     exported             EraseMemberships retires, EraseRooms removes them
//	entries, with their claims              exported             EraseRooms; EraseClaims for what is left
//	reactions in others' messages           by their entries     EraseRooms, with the entry of each
//	entries about the user by others        exported             EraseRooms
//	entries by the user about others        by their deeds       EraseRooms, with the deed of each
//	deeds of the audit log                  exported             EraseRooms
//	the name in direct rooms                by the member row    EraseRooms
//	blocks                                  exported             EraseBlocks
//	blocks of others about the user         theirs alone         EraseBlocks
//
// # What must stay true of an erasure
//
//   - First nothing new may come: the session item says that the user is gone, which every way in looks at, and the member
//     rows are retired, which no change passes. Then all that runs ends. Only then is anything erased that a slow writer
//     could bring back.
//   - A room's changes are in its messages before the entries that say so are erased. Else the fan-out, which has read
//     such an entry, would bring a reaction back.
//   - Each step may be done again, by anybody, at any time: how far the erasure is, is written after it.
//   - What stays is the name: in the session item, so that it is never given again; in the ledger, so that the erasure is
//     done again after a restore; and in one entry of each room, so that whoever keeps messages drops them.
package privacy
