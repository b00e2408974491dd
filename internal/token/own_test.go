package token_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"serverlesschat/internal/auth"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/token"
)

// keys is a store of a set of keys that can fail.
type keys struct {
	set   auth.KeySet
	reads int
	fails error
}

func (k *keys) KeySet(context.Context) (auth.KeySet, error) {
	k.reads++
	return k.set, k.fails
}

func (k *keys) ReplaceKeySet(_ context.Context, set auth.KeySet) (bool, error) {
	if k.fails != nil || set.Version != k.set.Version+1 {
		return false, k.fails
	}
	k.set = set
	return true, nil
}

// own is signers and verifiers of our own tokens, with a clock that the test moves.
type own struct {
	*testing.T
	keys
	now    time.Time
	secret string
}

const rotation = 2 * time.Hour

func newOwn(t *testing.T) *own { return &own{T: t, now: now(), secret: strings.Repeat("s", 64)} }

func (o *own) signer() *auth.Signer {
	secret := []byte(o.secret)
	return auth.NewSigner(&o.keys, auth.SignerOptions{
		Secret: func(context.Context) ([]byte, error) { return secret, nil },
		Encode: token.Encoder(issuer, audience), NewID: func() string { return "id" }, Every: rotation,
		Now: func() time.Time { return o.now },
	})
}

func (o *own) verifier() *token.Verifier {
	o.Helper()
	v, err := token.NewVerifier(token.Options{
		Issuer: issuer, Audience: audience, Types: []string{"at+jwt"}, Published: &o.keys, Now: func() time.Time { return o.now },
	})
	if err != nil {
		o.Fatal(err)
	}
	return v
}

func (o *own) sign(s *auth.Signer) string {
	o.Helper()
	raw, err := s.Sign(o.Context(), "ann", "family")
	if err != nil {
		o.Fatal(err)
	}
	return raw
}

func (o *own) verify(v *token.Verifier, raw string) {
	o.Helper()
	got, err := v.Verify(o.Context(), raw)
	if err != nil || got.User != "ann" || got.Session != token.SessionID("family") {
		o.Fatalf("at %v: %+v, %v", o.now.Sub(now()), got, err)
	}
}

// TestKeysRotateWithoutACut: whoever signs and whoever verifies has sets of keys of other ages, and each token holds at
// once and to its end, with every one of them.
func TestKeysRotateWithoutACut(t *testing.T) {
	o := newOwn(t)
	var signers []*auth.Signer
	var verifiers []*token.Verifier
	type made struct {
		raw string
		at  time.Time
	}
	var alive []made
	kids, junk := map[string]bool{}, es256().token(t, goodHeader("unknown", "ES256"), goodClaims())
	for step := range 2600 { // of 13 s, which is no part of any other time
		if step%100 == 0 { // processes come late, too
			signers, verifiers = append(signers, o.signer()), append(verifiers, o.verifier())
		}
		raw := o.sign(signers[step%len(signers)])
		kids[strings.Split(raw, ".")[0]] = true
		alive = append(alive, made{raw, o.now})
		for len(alive) > 0 && o.now.Sub(alive[0].at) > auth.AccessLife-time.Second {
			alive = alive[1:]
		}
		v := verifiers[(step*7)%len(verifiers)]
		for _, v := range verifiers { // tokens that others make up use up the right to ask for an unknown kid
			_, _ = v.Verify(t.Context(), junk)
		}
		o.verify(v, raw)
		o.verify(v, alive[0].raw)
		o.now = o.now.Add(13 * time.Second)
	}
	if hours := o.now.Sub(now()) / rotation; len(kids) != int(hours)+1 {
		t.Errorf("in %d periods %d keys have signed", hours, len(kids))
	}
	if len(o.set.Keys) > 2 {
		t.Errorf("%d keys are kept", len(o.set.Keys))
	}
}

// The first key signs at once. Another secret has keys of its own, at once too.
func TestASecretThatChanged(t *testing.T) {
	o := newOwn(t)
	v := o.verifier()
	before := o.sign(o.signer())
	o.verify(v, before)
	o.secret = strings.Repeat("t", 64)
	o.now = o.now.Add(time.Minute)
	after := o.sign(o.signer())
	o.verify(v, after)
	o.verify(v, before)
	o.now = o.now.Add(auth.AccessLife + time.Hour)
	if _, err := v.Verify(t.Context(), before); chat.CodeOf(err) != chat.CodeUnauthorized {
		t.Errorf("an old token: %v", err)
	}
}

// TestAFloodOfKids: a kid that is unknown has the keys read again once a minute, however many come.
func TestAFloodOfKids(t *testing.T) {
	o := newOwn(t)
	v := o.verifier()
	raw := o.sign(o.signer())
	o.reads = 0
	for minute := range 3 {
		for i := range 100 {
			header := with(goodHeader(fmt.Sprint("kid-", minute, "-", i), "ES256"), nil)
			_, err := v.Verify(t.Context(), es256().token(t, header, goodClaims()))
			if chat.CodeOf(err) != chat.CodeUnauthorized {
				t.Fatal(err)
			}
		}
		o.verify(v, raw)
		o.now = o.now.Add(time.Minute)
	}
	if o.reads != 3 {
		t.Errorf("the keys were read %d times in three minutes", o.reads)
	}
}

// While the store is out, known keys hold, and unknown ones cannot be judged.
func TestKeysThatCannotBeRead(t *testing.T) {
	o := newOwn(t)
	raw := o.sign(o.signer())
	known, empty := o.verifier(), o.verifier()
	o.verify(known, raw)
	o.fails = errors.New("out")
	o.now = o.now.Add(auth.KeyCacheAge + time.Second)
	o.reads = 0
	for range 10 {
		o.verify(known, raw)
	}
	if o.reads != 1 {
		t.Errorf("a store that is out was asked %d times", o.reads)
	}
	if _, err := empty.Verify(t.Context(), raw); chat.CodeOf(err) != chat.CodeUnavailable {
		t.Errorf("without any key: %v", err)
	}
	o.fails = nil
	o.verify(empty, raw) // as soon as they can
}

// What the JWKS says is what verifies.
func TestThePublishedSet(t *testing.T) {
	o := newOwn(t)
	s := o.signer()
	raw := o.sign(s)
	published, err := s.PublicKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	set, err := token.PublishedSet(published)
	if err != nil || strings.Contains(string(set), `"d"`) {
		t.Fatalf("%s, %v", set, err)
	}
	v, err := token.NewVerifier(options(base64url(string(set))))
	if err != nil {
		t.Fatal(err)
	}
	o.verify(v, raw)
}

// A key that is taken out of the set verifies nothing any more, as soon as sets are old.
func TestAKeyThatIsTakenOut(t *testing.T) {
	o := newOwn(t)
	v, raw := o.verifier(), o.sign(o.signer())
	o.verify(v, raw)
	o.set.Keys = nil
	o.now = o.now.Add(auth.KeyCacheAge)
	if _, err := v.Verify(t.Context(), raw); chat.CodeOf(err) != chat.CodeUnauthorized {
		t.Errorf("got %v", err)
	}
}
