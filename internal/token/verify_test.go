package token_test

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/token"
)

func TestGoodTokens(t *testing.T) {
	header, claims := goodHeader(es256().kid, "ES256"), goodClaims()
	tokens := map[string]string{
		"typ in capitals":       es256().token(t, with(header, object{"typ": "AT+JWT"}), claims),
		"typ in full":           es256().token(t, with(header, object{"typ": "application/at+jwt"}), claims),
		"aud as a list":         es256().token(t, header, with(claims, object{"aud": []string{"other", audience}})),
		"neither nbf nor iat":   es256().token(t, header, with(claims, object{"nbf": absent{}, "iat": absent{}})),
		"claims of one's own":   es256().token(t, header, with(claims, object{"scope": "chat", "sub_id": object{"sub": "bob"}})),
		"exp in a second":       es256().token(t, header, with(claims, object{"exp": now().Unix() + 1})),
		"nbf 30 s ahead":        es256().token(t, header, with(claims, object{"nbf": now().Unix() + 30})),
		"iat 30 s ahead":        es256().token(t, header, with(claims, object{"iat": now().Unix() + 30})),
		"sub of an issuer":      es256().token(t, header, with(claims, object{"sub": "oidc|eu:5f7c@example.com+1"})),
		"longest possible name": es256().token(t, header, with(claims, object{"sub": strings.Repeat("a", 64)})),
	}
	for algorithm, s := range signers() {
		tokens[algorithm] = s.good(t)
	}
	v := verifier(t)
	for name, raw := range tokens {
		t.Run(name, func(t *testing.T) {
			identity, err := v.Verify(t.Context(), raw)
			if err != nil {
				t.Fatal(err)
			}
			if identity.User != "alice" && name != "longest possible name" && name != "sub of an issuer" {
				t.Errorf("user is %q", identity.User)
			}
			if identity.ExpiresAt.Before(now()) || identity.ExpiresAt.After(now().Add(time.Hour)) {
				t.Errorf("expires at %s", identity.ExpiresAt)
			}
		})
	}
}

func TestIdentityIsWhatTheTokenSays(t *testing.T) {
	identity, err := verifier(t).Verify(t.Context(), es256().good(t))
	if err != nil {
		t.Fatal(err)
	}
	want := chat.Identity{User: "alice", Session: identity.Session, IssuedAt: now(), ExpiresAt: now().Add(time.Hour)}
	if identity != want || identity.Session == "" {
		t.Errorf("got %+v, want %+v with a session", identity, want)
	}
}

// TestSessions: tokens of one sign-in have one session, and all others have others.
func TestSessions(t *testing.T) {
	header, claims := goodHeader(es256().kid, "ES256"), goodClaims()
	session := func(change object) chat.SessionID {
		identity, err := verifier(t).Verify(t.Context(), es256().token(t, header, with(claims, change)))
		if err != nil {
			t.Fatal(err)
		}
		return identity.Session
	}
	of := session(object{"sid": "a", "jti": "1"})
	if of != session(object{"sid": "a", "jti": "2"}) || of != token.SessionID("a") {
		t.Error("two tokens of one sid are of two sessions")
	}
	seen := map[chat.SessionID]string{of: "the sid a"}
	for name, change := range map[string]object{
		"the sid b": {"sid": "b"}, "the jti a": {"jti": "a"}, "the jti b": {"jti": "b"}, "no id": {}, "another user": {"sub": "a"},
		"a long sid": {"sid": strings.Repeat("a", 1000)}, "a sid of other characters": {"sid": "a b\u00e4"},
	} {
		s := session(change)
		if seen[s] != "" || len(s) > 43 {
			t.Errorf("%s has the session %q, as has %q", name, s, seen[s])
		}
		seen[s] = name
	}
}

// badClaims are changes to good claims, each of which alone must make the token bad.
func badClaims() map[string]object {
	return map[string]object{
		"no exp":                 {"exp": absent{}},
		"exp in the past":        {"exp": now().Unix() - 1},
		"exp right now":          {"exp": now().Unix()},
		"exp as text":            {"exp": "4102444800"},
		"exp null":               {"exp": nil},
		"exp zero":               {"exp": 0},
		"exp beyond all years":   {"exp": 1e300},
		"exp in the year 10000":  {"exp": 253402300800},
		"nbf 31 s ahead":         {"nbf": now().Unix() + 31},
		"nbf far in the future":  {"nbf": now().Unix() + 3600},
		"nbf as text":            {"nbf": "0"},
		"exp 30 s past":          {"exp": now().Unix() - 30},
		"iat 31 s ahead":         {"iat": now().Unix() + 31},
		"iat far in the future":  {"iat": now().Unix() + 3600},
		"iat as text":            {"iat": "0"},
		"other iss":              {"iss": "https://other.invalid"},
		"iss with a slash more":  {"iss": issuer + "/"},
		"no iss":                 {"iss": absent{}},
		"empty iss":              {"iss": ""},
		"iss as a list":          {"iss": []string{issuer}},
		"other aud":              {"aud": "other"},
		"aud a list of others":   {"aud": []string{"other", "another"}},
		"aud an empty list":      {"aud": []string{}},
		"no aud":                 {"aud": absent{}},
		"aud as a number":        {"aud": 1},
		"no sub":                 {"sub": absent{}},
		"sub in capitals":        {"sub": absent{}, "SUB": "alice"},
		"exp in capitals":        {"exp": absent{}, "EXP": now().Unix() + 60},
		"empty sub":              {"sub": ""},
		"sub as a list":          {"sub": []string{"alice"}},
		"sub as a number":        {"sub": 1},
		"sub null":               {"sub": nil},
		"sub with a slash":       {"sub": "alice/bob"},
		"sub with a blank":       {"sub": "alice "},
		"sub not ASCII":          {"sub": "ålice"},
		"sub with another case":  {"sub": "alice", "Sub": "bob"},
		"sub too long":           {"sub": strings.Repeat("a", 65)},
		"sub with a comma":       {"sub": "alice,bob"},
		"sub a reserved name":    {"sub": "me"},
		"sub of an erased user":  {"sub": "deleted-1"},
		"sub that leaves a path": {"sub": ".."},
		"sid as a number":        {"sid": 1},
		"sid null":               {"sid": nil},
		"empty sid":              {"sid": ""},
		"jti as a list":          {"jti": []string{"a"}},
	}
}

// badHeaders are changes to a good header, each of which alone must make the token bad.
func badHeaders() map[string]object {
	return map[string]object{
		"no kid":               {"kid": absent{}},
		"unknown kid":          {"kid": "other"},
		"empty kid":            {"kid": ""},
		"kid as a number":      {"kid": 1},
		"kid of another key":   {"kid": "key-ES384"},
		"no typ":               {"typ": absent{}},
		"empty typ":            {"typ": ""},
		"other typ":            {"typ": "JWT"},
		"typ of an id token":   {"typ": "id+jwt"},
		"typ twice prefixed":   {"typ": "application/application/at+jwt"},
		"typ as a list":        {"typ": []string{"at+jwt"}},
		"crit":                 {"crit": []string{"exp"}},
		"crit of an extension": {"crit": []string{"urn:x"}, "urn:x": true},
		"empty crit":           {"crit": []string{}},
		"b64":                  {"b64": true, "crit": []string{"b64"}},
		"b64 without crit":     {"b64": false},
		"no alg":               {"alg": absent{}},
		"alg in lower case":    {"alg": "es256"},
		"alg unknown":          {"alg": "ES257"},
		"alg as a list":        {"alg": []string{"ES256"}},
		"alg of another key":   {"alg": "ES384"},
		"alg of another type":  {"alg": "RS256"},
		"alg none":             {"alg": "none"},
		"alg twice by case":    {"ALG": "none"},
	}
}

// badTexts are tokens that are bad by how they are put together.
func badTexts(t *testing.T) map[string]string {
	good := es256().good(t)
	parts := strings.Split(good, ".")
	header, claims := encode(t, goodHeader(es256().kid, "ES256")), encode(t, goodClaims())
	signed := func(header, claims string) string {
		return sign(t, es256().method, es256().private, header, claims)
	}
	return map[string]string{
		"empty":                    "",
		"blank":                    " ",
		"one dot":                  ".",
		"two dots":                 "..",
		"not a token":              "hello",
		"with Bearer":              "Bearer " + good,
		"blank before":             " " + good,
		"line break after":         good + "\n",
		"line break within":        good[:len(good)-5] + "\r\n" + good[len(good)-5:],
		"two parts":                parts[0] + "." + parts[1],
		"four parts":               good + "." + parts[2],
		"five parts":               good + "..",
		"no signature":             parts[0] + "." + parts[1] + ".",
		"signature of another":     parts[0] + "." + base64url(strings.Replace(claims, "alice", "bob", 1)) + "." + parts[2],
		"signature cut":            good[:len(good)-4],
		"padded signature":         good + "==",
		"padded header":            signEncoded(t, es256().method, es256().private, pad(parts[0])+"."+parts[1]),
		"standard base64":          signEncoded(t, es256().method, es256().private, base64url(header)+"."+base64url(claims+" ")+"+/"),
		"loose last bits":          good[:len(good)-1] + looser(good[len(good)-1]),
		"sub twice":                signed(header, strings.Replace(claims, `"sub"`, `"sub":"bob","sub"`, 1)),
		"sub twice, once escaped":  signed(header, strings.Replace(claims, `"sub"`, `"s\u0075b":"bob","sub"`, 1)),
		"exp twice":                signed(header, strings.Replace(claims, `"exp"`, `"exp":1,"exp"`, 1)),
		"alg twice":                signed(strings.Replace(header, `"alg"`, `"alg":"none","alg"`, 1), claims),
		"kid twice":                signed(strings.Replace(header, `"kid"`, `"kid":"other","kid"`, 1), claims),
		"claims not JSON":          signed(header, "hello"),
		"claims cut":               signed(header, claims[:len(claims)-1]),
		"claims with more behind":  signed(header, claims+"{}"),
		"claims a list":            signed(header, "["+claims+"]"),
		"claims null":              signed(header, "null"),
		"claims empty":             signed(header, ""),
		"header null":              signed("null", claims),
		"header a list":            signed("["+header+"]", claims),
		"nested encryption's form": good + ".e30.e30",
		"huge, not signed":         strings.Repeat("a", 1<<20),
		"huge, only dots":          strings.Repeat(".", 1<<20),
		"huge header":              strings.Repeat("e", 1<<20) + "." + parts[1] + "." + parts[2],
	}
}

func pad(part string) string { return part + strings.Repeat("=", (4-len(part)%4)%4) + "=" }

// looser returns another letter that stands for the same bytes: the last one of 64 bytes carries 2 bits and 4 unused
// ones.
func looser(last byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, last)|1])
}

// forged are tokens that were not signed by a key of ours, or not as that key is meant to.
func forged(t *testing.T) map[string]string {
	claims := encode(t, goodClaims())
	public, err := x509.MarshalPKIXPublicKey(es256().private.Public())
	if err != nil {
		t.Fatal(err)
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
	stranger := otherES256(t)
	headerWith := func(kid, alg string, more object) string { return encode(t, with(goodHeader(kid, alg), more)) }
	return map[string]string{
		"none": sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, headerWith(es256().kid, "none", nil), claims),
		"HS256 with the public key as secret": sign(t, jwt.SigningMethodHS256, public,
			headerWith(es256().kid, "HS256", nil), claims),
		"HS256 with the public PEM as secret": sign(t, jwt.SigningMethodHS256, publicPEM,
			headerWith(es256().kid, "HS256", nil), claims),
		"a stranger's key under our kid": stranger.token(t, goodHeader(es256().kid, "ES256"), goodClaims()),
		"a stranger's key in jwk":        stranger.token(t, with(goodHeader("", "ES256"), object{"kid": absent{}, "jwk": stranger.public()}), goodClaims()),
		"a stranger's key in jwk, our kid": stranger.token(t,
			with(goodHeader(es256().kid, "ES256"), object{"jwk": stranger.public()}), goodClaims()),
		"a stranger's key at jku": stranger.token(t,
			with(goodHeader(stranger.kid, "ES256"), object{"jku": "http://127.0.0.1:1/keys"}), goodClaims()),
		"a stranger's key at x5u": stranger.token(t,
			with(goodHeader(stranger.kid, "ES256"), object{"x5u": "http://127.0.0.1:1/keys"}), goodClaims()),
		"PS256 by a key for RS256": sign(t, jwt.SigningMethodPS256, signers()["RS256"].private,
			headerWith(signers()["RS256"].kid, "PS256", nil), claims),
		"RS384 by a key for RS256": sign(t, jwt.SigningMethodRS384, signers()["RS256"].private,
			headerWith(signers()["RS256"].kid, "RS384", nil), claims),
		"our other key's signature": sign(t, jwt.SigningMethodES384, signers()["ES384"].private,
			headerWith(es256().kid, "ES384", nil), claims),
	}
}

func otherES256(t *testing.T) signer {
	t.Helper()
	private, err := newP256(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer{kid: "stranger", method: jwt.SigningMethodES256, private: private}
}

func TestBadTokens(t *testing.T) {
	tokens := map[string]string{}
	header, claims := goodHeader(es256().kid, "ES256"), goodClaims()
	for name, changes := range badClaims() {
		tokens[name] = es256().token(t, header, with(claims, changes))
	}
	for name, changes := range badHeaders() {
		tokens[name] = es256().token(t, with(header, changes), claims)
	}
	for name, raw := range badTexts(t) {
		tokens[name] = raw
	}
	for name, raw := range forged(t) {
		tokens[name] = raw
	}
	v := verifier(t)
	for name, raw := range tokens {
		t.Run(name, func(t *testing.T) {
			identity, err := v.Verify(t.Context(), raw)
			if code := chat.CodeOf(err); code != chat.CodeUnauthorized {
				t.Fatalf("identity %+v, error %v, want %s", identity, err, chat.CodeUnauthorized)
			}
			if identity != (chat.Identity{}) {
				t.Errorf("identity is %+v beside an error", identity)
			}
			expectHidden(t, err, raw)
		})
	}
}

func TestAllowedTypesAreASetting(t *testing.T) {
	o := options(setting(t, es256().public()))
	o.Types = []string{"JWT", "at+jwt"}
	v, err := token.NewVerifier(o)
	if err != nil {
		t.Fatal(err)
	}
	header := goodHeader(es256().kid, "ES256")
	for typ, want := range map[string]chat.Code{"jwt": "", "at+jwt": "", "other": chat.CodeUnauthorized, "": chat.CodeUnauthorized} {
		_, err := v.Verify(t.Context(), es256().token(t, with(header, object{"typ": typ}), goodClaims()))
		if chat.CodeOf(err) != want {
			t.Errorf("typ %q: error %v, want %q", typ, err, want)
		}
	}
}

// A missing setting must not become a check that is left out.
func TestWithoutSettingsNoTokenHolds(t *testing.T) {
	for name, leaveOut := range map[string]func(*token.Options){
		"keys":     func(o *token.Options) { o.Keys = "" },
		"issuer":   func(o *token.Options) { o.Issuer = "" },
		"audience": func(o *token.Options) { o.Audience = "" },
		"types":    func(o *token.Options) { o.Types = nil },
		"type":     func(o *token.Options) { o.Types = []string{""} },
	} {
		o := options(setting(t, es256().public()))
		leaveOut(&o)
		v, err := token.NewVerifier(o)
		if err != nil {
			t.Fatal(err)
		}
		header, claims := goodHeader(es256().kid, "ES256"), goodClaims()
		for _, raw := range []string{
			es256().good(t),
			es256().token(t, with(header, object{"typ": absent{}}), claims),
			es256().token(t, with(header, object{"typ": ""}), claims),
			es256().token(t, header, with(claims, object{"iss": "", "aud": ""})),
			es256().token(t, header, with(claims, object{"iss": "https://other.invalid"})),
			es256().token(t, header, with(claims, object{"aud": ""})),
		} {
			if identity, err := v.Verify(t.Context(), raw); chat.CodeOf(err) != chat.CodeUnauthorized {
				t.Errorf("without %s: %+v, error %v", name, identity, err)
			}
		}
	}
}

func TestVerifierIsSafeForConcurrentUse(t *testing.T) {
	v := verifier(t)
	done := make(chan error)
	for _, s := range signers() {
		raw := s.good(t)
		go func() {
			_, err := v.Verify(t.Context(), raw)
			done <- err
		}()
	}
	for range signers() {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	good := es256().good(f)
	f.Add(good)
	f.Add(strings.Replace(good, ".", "..", 1))
	f.Add(base64url(`{"alg":"none"}`) + "." + base64url(`{"sub":"alice","exp":1e999}`) + ".")
	f.Add(base64url(`{"alg":"ES256","kid":"key-ES256","typ":"at+jwt"}`) + ".bnVsbA.AA")
	v, err := token.NewVerifier(options(setting(f, es256().public())))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		identity, err := v.Verify(t.Context(), raw)
		switch {
		case err == nil && (raw != good || identity.User != "alice"):
			// Only someone with the key, or someone that turns a signature's s around, can make another.
			if raw[:strings.LastIndexByte(raw, '.')] != good[:strings.LastIndexByte(good, '.')] {
				t.Errorf("took %q for %+v", raw, identity)
			}
		case err != nil && chat.CodeOf(err) != chat.CodeUnauthorized:
			t.Errorf("error of another code: %v", err)
		case err != nil:
			expectHidden(t, err, raw)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	v := verifier(b)
	for _, algorithm := range []string{string(jose.ES256), string(jose.RS256), string(jose.EdDSA)} {
		b.Run(algorithm, func(b *testing.B) {
			raw := signers()[algorithm].good(b)
			for b.Loop() {
				if _, err := v.Verify(b.Context(), raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
