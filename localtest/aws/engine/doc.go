// Package engine is the local stack's DynamoDB: it installs and starts a real engine, and creates tables in it.
//
// There are three kinds, and a client of one does not have to know which:
//   - Dynoxide, the default: one small program on SQLite, ready in milliseconds, its data in one file.
//   - Local: Amazon's own DynamoDB Local, which needs Java. Ready in a second or two.
//   - External: whatever listens at an address that the caller gives.
//
// # Why Dynoxide starts from a seed
//
// Dynoxide 1.2.1 keeps the records of all streams in one table without an index and never removes any. So each write to
// a table with a stream, and each GetRecords, takes longer the more has ever been written. What it lacks can be added
// to its file from outside: an index, and two triggers that remove records after 24 hours, as AWS does (AWS: "Change
// data capture for DynamoDB Streams", Amazon DynamoDB Developer Guide), and those of a deleted table. seed.sql has the
// statements, seed.py puts them into a file that the engine itself has made, and the result, seed.db, is what a new
// data folder starts with. BenchmarkAge measures the outcome. Milliseconds a call on two shared cores, after so many
// stream records:
//
//	                          with the seed                without
//	stream records      0   20,000  100,000  200,000      0   20,000
//	put, stream        1.0     0.9      0.7      0.9     0.8      3.1
//	put, no stream     0.8     0.7      0.6      0.7     1.0      0.6
//	update             0.8     0.7      0.7      0.8     0.6      0.5
//	query              0.5     0.4      0.4      0.5     0.4      0.3
//	GetRecords         0.5     0.4      0.4      0.4     0.4      2.9
//	DescribeStream     0.7     5.5       24       53     0.4      3.3
//
// DescribeStream compares sequence numbers as text, so an index spares it little; it is to be called rarely.
//
// The engine works in write-ahead-log mode and syncs each commit to the disk before it answers, whatever the seed says.
// What it has acknowledged survives kill -9 (a test does it). Syncing takes a quarter of a millisecond of each write
// above. The engine's own mode in memory has no index, and a file in /dev/shm is as fast (put 0.6, update 0.4, against
// 0.6 and 0.4): so a Dynoxide without a data folder runs on a temporary file there.
//
// # What differs from AWS
//
// Both engines refuse some of what CreateTable takes on AWS (point-in-time recovery, for one), so CreateTables sends
// what decides how a table behaves and leaves out the rest. Dynoxide never removes expired rows: RemoveExpired does it
// there. DynamoDB Local removes them within a second; it listens on all interfaces and has no setting for that. Streams
// differ in small ways, with which localtest/aws/streams deals.
package engine
