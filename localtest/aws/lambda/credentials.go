package lambda

import (
	"crypto/sha256"
	"encoding/base32"
)

// AccessKeyID returns the access key id that the processes of a function sign their calls with. Each function has its
// own, so that a service knows its caller. It has the form of a role session's: ASIA and 16 characters (IAM User Guide,
// "IAM identifiers"). DynamoDB Local takes letters and digits only, and function names have more.
func AccessKeyID(function string) string {
	const length = 16
	sum := sha256.Sum256([]byte(function))
	return "ASIA" + base32.StdEncoding.EncodeToString(sum[:])[:length]
}
