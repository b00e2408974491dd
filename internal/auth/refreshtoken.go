package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
)

// FamilyID names a family: all refresh tokens that come of one sign-in. It is base64url of 128 random bits.
type FamilyID string

// familyBytes is the length of a FamilyID before it is encoded.
const familyBytes = 16

// newFamilyID makes a FamilyID of random bytes.
func newFamilyID(random func([]byte)) FamilyID {
	id := make([]byte, familyBytes)
	random(id)
	return FamilyID(base64.RawURLEncoding.EncodeToString(id))
}

// refreshToken makes the token of a generation of a family: fid.gen.HMAC.
func refreshToken(mac []byte, id FamilyID, generation int) string {
	text := string(id) + "." + strconv.Itoa(generation)
	return text + "." + base64.RawURLEncoding.EncodeToString(sumOf(mac, text))
}

func sumOf(mac []byte, text string) []byte {
	hash := hmac.New(sha256.New, mac)
	hash.Write([]byte("rt1|" + text))
	return hash.Sum(nil)
}

// maxRefreshToken is longer than any token of ours.
const maxRefreshToken = 128

// readRefreshToken returns what a token names, and whether it is one of ours: one that we have made, to the letter.
func readRefreshToken(mac []byte, token string) (id FamilyID, generation int, ok bool) {
	if len(token) > maxRefreshToken {
		return "", 0, false
	}
	text, _, _ := cutLast(token)
	family, number, _ := cutLast(text)
	generation, err := strconv.Atoi(number)
	if err != nil || generation < 1 {
		return "", 0, false
	}
	id = FamilyID(family)
	return id, generation, hmac.Equal([]byte(refreshToken(mac, id, generation)), []byte(token))
}

func cutLast(s string) (before, after string, found bool) {
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
