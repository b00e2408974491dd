package gateway

import "strings"

// isID reports whether s could be the id of a connection, of this gateway or another.
func isID(s string) bool {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return len(s) == 16 && s[15] == '=' && strings.Trim(s[:15], alphabet) == ""
}
