// Package streams is Lambda's event source mapping for DynamoDB streams. It reads a table's stream through the AWS SDK
// and invokes a function with batches of its records, as the Lambda Developer Guide describes ("Using AWS Lambda with
// Amazon DynamoDB" and "Lambda event source mappings").
//
// # The way of a record
//
//	shard  one reader polls it, puts every record into the ledger, and those that pass the filters into a lane
//	lane   the hash of a record's partition key chooses it; its batches go out one by one, so each key's order holds
//	batch  what has gathered in the lane, up to the limits, when the lane's last batch is done with
//	ledger knows which records are done with: invoked with success, filtered out, or given up
//
// The checkpoint of a shard is the last record before the first that is not done with. It is written after the fact and
// never ahead of it, so that a restart, also after kill -9, repeats some records and loses none.
//
// # What the guide leaves open, and what is done here
//
//   - Backoff between attempts: 200 ms, doubled up to 10 s (RetryBase, RetryLimit). A batch cut in two waits too.
//   - A partial success counts as a failed attempt for the rest, and the count goes on when the checkpoint moves.
//   - With bisecting and partial reports together a batch is cut at the reported record, as documented. If that is
//     the first one, nothing is cut off.
//   - A report that is not valid JSON, or names a record that was not in the batch, fails the batch.
//   - An error in place of an answer (throttled, no such function) never counts as an attempt; the age alone ends it.
//   - A dead letter that can't be sent is tried again until it is.
//
// # Where engines differ from AWS
//
// Sequence numbers are padded to AWS's 21 digits, for the function; the engine gets its own back. The region and the
// name of the stream are those of the configuration, and the event id is made of stream, shard and number. A shard has
// ended when reading it says so, whatever its description says. DynamoDB Local cuts the time of a record to the minute,
// so a record of a full minute is taken for up to a minute younger where its age decides.
package streams
