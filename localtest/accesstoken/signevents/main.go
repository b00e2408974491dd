// Command signevents signs the tokens in a folder of Lambda events anew, with a key that it makes and forgets:
//
//	go run ./localtest/accesstoken/signevents -issuer URL -audience NAME -subject NAME FOLDER
//
// Every token in FOLDER/*.json is replaced; the public half of the key becomes FOLDER/token-key.jwks. The tokens hold
// from 2026 to 2100: as nobody has the private half, no others can ever be made that the public one accepts.
package main

import (
	"crypto/rand"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"serverlesschat/localtest/accesstoken"
)

func main() {
	claims := accesstoken.Claims{
		IssuedAt:  time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		ExpiresAt: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	flag.StringVar(&claims.Issuer, "issuer", "", "the iss `claim`")
	flag.StringVar(&claims.Audience, "audience", "", "the aud `claim`")
	flag.StringVar(&claims.Subject, "subject", "", "the sub `claim`")
	flag.Parse()
	if err := sign(flag.Arg(0), claims); err != nil {
		fmt.Fprintln(os.Stderr, "signevents:", err)
		os.Exit(1)
	}
}

func sign(folder string, claims accesstoken.Claims) error {
	key, err := accesstoken.New(rand.Reader)
	if err != nil {
		return err
	}
	token, err := key.Sign(claims)
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return err
	}
	// Three parts of base64url with dots between, the first a JSON object.
	tokens := regexp.MustCompile(`eyJ[\w-]*\.[\w-]+\.[\w-]+`)
	for _, file := range files {
		event, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, tokens.ReplaceAll(event, []byte(token)), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(folder, "token-key.jwks"), append(key.KeySet(), '\n'), 0o644)
}
