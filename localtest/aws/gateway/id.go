package gateway

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
)

// randomID returns an id in the form of API Gateway's: 11 bytes in the URL-safe base64 alphabet, with a "=" at the end.
func randomID() string {
	var b [11]byte
	rand.Read(b[:])
	return base64.URLEncoding.EncodeToString(b[:])
}

// isID reports whether s could be the id of a connection, of this gateway or another.
func isID(s string) bool {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return len(s) == 16 && s[15] == '=' && strings.Trim(s[:15], alphabet) == ""
}
