// Package engine gives the local stack a DynamoDB: it installs and starts a real engine, and creates tables in it.
//
// There are three kinds, and nobody who talks to one has to know which:
//   - Dynoxide, the default: one small program on SQLite, ready in milliseconds, its data in one file.
//   - Local: Amazon's own DynamoDB Local, which needs Java. Ready in a second or two.
//   - External: whatever listens at an address that the caller gives.
//
// # Why Dynoxide starts from a seed
//
// Dynoxide 1.2.1 keeps the records of all streams in one table without an index and never removes any, so each write to a
// table with a stream, and each GetRecords, takes longer the more has ever been written. What it lacks can be added to its
// file from outside: an index, and two triggers that remove records after 24 hours, as AWS does (AWS: "Change data capture
// for DynamoDB Streams", Amazon DynamoDB Developer Guide), and those of a deleted table. seed.sql has the statements, seed.py
// puts them into a file that the engine itself has made, and the result, seed.db, is what a new data folder starts with.
// BenchmarkAge measures the outcome. Milliseconds on two cores, with and without the seed, after so many stream records:
//
//	MEASUREMENTS
//
// The engine works in write-ahead-log mode and syncs each commit to the disk before it answers, whatever the seed says. What
// it has acknowledged survives kill -9 (a test does it). In memory is not faster where the temporary folder is in memory too,
// and it has no index: so a Dynoxide without a data folder runs on a temporary file.
//
// # What differs from AWS
//
// Both engines refuse some of what CreateTable takes on AWS (point-in-time recovery, for one), so CreateTables sends what
// decides how a table behaves and leaves out the rest. Dynoxide never removes expired rows, DynamoDB Local does within a second.
// DynamoDB Local listens on all interfaces and can't be told otherwise. Streams differ in small ways, with which
// localtest/streams deals.
package engine
