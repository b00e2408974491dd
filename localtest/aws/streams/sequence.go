package streams

import "strings"

// sequenceDigits is the least length of a sequence number on AWS. They have 21 to 40 digits (Amazon DynamoDB Streams
// API reference, StreamRecord).
const sequenceDigits = 21

// pad returns a number in AWS's form.
func pad(number string) string {
	if missing := sequenceDigits - len(number); missing > 0 {
		return strings.Repeat("0", missing) + number
	}
	return number
}
