package auth

import (
	"strings"
	"testing"
)

func testSecrets(t testing.TB) *secrets {
	t.Helper()
	s, err := newSecrets([]byte(strings.Repeat("s", 64)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What is derived stays what it is: another way to derive would sign everybody out.
func TestDerivedAsEver(t *testing.T) {
	s := testSecrets(t)
	for number, want := range map[int]string{1: "NIcb9sWO48oUfRwNVlnN-w", 2: "hYk2lp0VV65XOL_6_za5fw"} {
		point, err := s.public(number)
		if err != nil {
			t.Fatal(err)
		}
		if got := (PublicKey{Point: point}).ID(); got != want {
			t.Errorf("key %d is %s, want %s", number, got, want)
		}
	}
	const want = "AAAAAAAAAAAAAAAAAAAAAA.7.9rBFkBCFk3itAzB7rzpTxVhMUbmIDS_YTR8ajcXH250"
	if got := refreshToken(s.mac, "AAAAAAAAAAAAAAAAAAAAAA", 7); got != want {
		t.Errorf("refresh token %s, want %s", got, want)
	}
}

func TestAShortSecretIsRefused(t *testing.T) {
	if _, err := newSecrets([]byte(strings.Repeat("s", 31))); err == nil || strings.Contains(err.Error(), "sss") {
		t.Errorf("error %v", err)
	}
}

// What is read is a token that we would make, and no other text.
func FuzzReadRefreshToken(f *testing.F) {
	s := testSecrets(f)
	good := refreshToken(s.mac, "AAAAAAAAAAAAAAAAAAAAAA", 7)
	for _, seed := range []string{good, good + "=", "..", "", "a.1.b", "a.-1.b", strings.Replace(good, ".7.", ".07.", 1)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		id, generation, ok := readRefreshToken(s.mac, token)
		if ok && (generation < 1 || refreshToken(s.mac, id, generation) != token) {
			t.Errorf("%q is read as %s %d", token, id, generation)
		}
	})
}

func TestRefreshTokens(t *testing.T) {
	s := testSecrets(t)
	token := refreshToken(s.mac, newFamilyID(func(b []byte) { b[0] = 255 }), 12)
	id, generation, ok := readRefreshToken(s.mac, token)
	if !ok || id != "_wAAAAAAAAAAAAAAAAAAAA" || generation != 12 {
		t.Errorf("%s is read as %s %d, %t", token, id, generation, ok)
	}
	for i := range token { // a change of any character
		other := []byte(token)
		other[i] ^= 1
		if _, _, ok := readRefreshToken(s.mac, string(other)); ok {
			t.Errorf("%s is taken for %s", other, token)
		}
	}
	if _, _, ok := readRefreshToken([]byte("another key"), token); ok {
		t.Error("a token of another key is taken")
	}
}
