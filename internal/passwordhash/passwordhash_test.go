package passwordhash

import (
	"crypto/rand"
	"strings"
	"testing"
)

// light are parameters for tests alone.
func light() Parameters { return Parameters{MemoryKiB: 64, Passes: 1, Lanes: 1} }

func random(b []byte) { _, _ = rand.Read(b) }

func TestPasswords(t *testing.T) {
	h := New(light(), random)
	hash, err := h.HashPassword(t.Context(), "correct horse")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Fatalf("hash %q, %v", hash, err)
	}
	again, err := h.HashPassword(t.Context(), "correct horse")
	if err != nil || again == hash {
		t.Errorf("the second hash is %q, %v; it has the salt of the first", again, err)
	}
	for _, c := range []struct {
		password, hash string
		ok             bool
	}{
		{"correct horse", hash, true},
		{"correct horse", again, true},
		{"correct horse ", hash, false},
		{"", hash, false},
		{"correct horse", "", false},
		{"", "", false},
	} {
		ok, renewed, err := h.VerifyPassword(t.Context(), c.password, c.hash)
		if err != nil || ok != c.ok || renewed != "" {
			t.Errorf("%q with %q: %t, renewed %q, %v", c.password, c.hash, ok, renewed, err)
		}
	}
}

func TestHashesAreRenewedWhenParametersRise(t *testing.T) {
	hash, err := New(light(), random).HashPassword(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		today   Parameters
		renewed bool
	}{
		"as they were": {light(), false},
		"less":         {Parameters{MemoryKiB: 32, Passes: 1, Lanes: 1}, false},
		"more memory":  {Parameters{MemoryKiB: 128, Passes: 1, Lanes: 1}, true},
		"more passes":  {Parameters{MemoryKiB: 32, Passes: 2, Lanes: 1}, true},
	} {
		h := New(c.today, random)
		ok, renewed, err := h.VerifyPassword(t.Context(), "correct horse", hash)
		if !ok || err != nil || (renewed != "") != c.renewed {
			t.Errorf("%s: %t, renewed %q, %v", name, ok, renewed, err)
		}
		if renewed != "" {
			if ok, _, err := h.VerifyPassword(t.Context(), "correct horse", renewed); !ok || err != nil {
				t.Errorf("%s: the renewed hash does not hold, %v", name, err)
			}
		}
		if ok, renewed, err := h.VerifyPassword(t.Context(), "wrong", hash); ok || renewed != "" || err != nil {
			t.Errorf("%s: a wrong password: %t, renewed %q, %v", name, ok, renewed, err)
		}
	}
}

// RFC 9106 has no vector without a secret and associated data. This is one of the reference implementation
// (P-H-C/phc-winner-argon2, src/test.c).
func TestKnownHash(t *testing.T) {
	const hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	ok, _, err := New(light(), random).VerifyPassword(t.Context(), "password", hash)
	if !ok || err != nil {
		t.Errorf("the reference's hash: %t, %v", ok, err)
	}
}

func TestBrokenHashesAreErrors(t *testing.T) {
	good := phc{light(), make([]byte, saltBytes), make([]byte, keyBytes)}.String()
	for _, broken := range []string{
		"x", "$", good + "$", good[1:], strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=64", "m=999999999", 1), strings.Replace(good, "m=64", "m=7", 1), strings.Replace(good, "t=1", "t=0", 1),
		strings.Replace(good, "t=1", "t=17", 1), strings.Replace(good, "p=1", "p=0", 1), strings.Replace(good, "t=1", "t=01", 1),
		strings.Replace(good, "$m", "$ m", 1), good[:len(good)-2], good + "=",
	} {
		if ok, _, err := New(light(), random).VerifyPassword(t.Context(), "correct horse", broken); ok || err == nil {
			t.Errorf("%q: %t, %v", broken, ok, err)
		}
	}
}

// What is read is written the same way.
func FuzzParse(f *testing.F) {
	f.Add(phc{light(), make([]byte, saltBytes), make([]byte, keyBytes)}.String())
	f.Add("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=1,t=1,p=1$$")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := parse(text)
		if err == nil && (h.String() != text || !h.isWithinBounds()) {
			t.Errorf("%q is read as %q", text, h)
		}
	})
}

// BenchmarkVerify prints what a known name and an unknown one take with the parameters that are deployed. The two must
// not differ by more than the noise.
func BenchmarkVerify(b *testing.B) {
	h := New(Recommended(), random)
	hash, err := h.HashPassword(b.Context(), "correct horse")
	if err != nil {
		b.Fatal(err)
	}
	for name, stored := range map[string]string{"known": hash, "unknown": ""} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if ok, _, err := h.VerifyPassword(b.Context(), "wrong horse", stored); ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}
