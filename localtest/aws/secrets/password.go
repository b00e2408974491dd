package secrets

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
)

// Password says how a value is generated, as GenerateSecretString of a template does.
type Password struct {
	Length             int    `json:"length"`
	ExcludeCharacters  string `json:"exclude_characters,omitempty"`
	ExcludeLowercase   bool   `json:"exclude_lowercase,omitempty"`
	ExcludeUppercase   bool   `json:"exclude_uppercase,omitempty"`
	ExcludeNumbers     bool   `json:"exclude_numbers,omitempty"`
	ExcludePunctuation bool   `json:"exclude_punctuation,omitempty"`
	IncludeSpace       bool   `json:"include_space,omitempty"`
	// RequireEachIncludedType asks for at least one character of each kind that may be there.
	RequireEachIncludedType bool `json:"require_each_included_type,omitempty"`
}

const maxPasswordLength = 4096

// The kinds of characters (AWS Secrets Manager API Reference, GetRandomPassword).
const (
	lowercase   = "abcdefghijklmnopqrstuvwxyz"
	uppercase   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	numbers     = "0123456789"
	punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
)

// kinds returns the characters of each kind that may be there. A kind of which nothing is left is none.
func (p Password) kinds() (kinds []string) {
	for _, kind := range []struct {
		characters string
		excluded   bool
	}{
		{lowercase, p.ExcludeLowercase}, {uppercase, p.ExcludeUppercase}, {numbers, p.ExcludeNumbers},
		{punctuation, p.ExcludePunctuation}, {" ", !p.IncludeSpace},
	} {
		left := strings.Map(func(r rune) rune {
			if strings.ContainsRune(p.ExcludeCharacters, r) {
				return -1
			}
			return r
		}, kind.characters)
		if !kind.excluded && left != "" {
			kinds = append(kinds, left)
		}
	}
	return kinds
}

// Validate returns an error for what no password can be.
func (p Password) Validate() error {
	kinds := p.kinds()
	switch {
	case p.Length < 1 || p.Length > maxPasswordLength:
		return fmt.Errorf("a password has 1 to %d characters, not %d", maxPasswordLength, p.Length)
	case len(kinds) == 0:
		return errors.New("all characters are excluded")
	case p.RequireEachIncludedType && p.Length < len(kinds):
		return fmt.Errorf("%d characters cannot have one of each of the %d kinds that may be there", p.Length, len(kinds))
	}
	return nil
}

// generate returns a password that is as likely as any other of its kind. It must be valid.
func (p Password) generate(random io.Reader) (string, error) {
	kinds := p.kinds()
	alphabet := strings.Join(kinds, "")
	count := big.NewInt(int64(len(alphabet)))
	password := make([]byte, p.Length)
	for {
		for i := range password {
			n, err := rand.Int(random, count)
			if err != nil {
				return "", fmt.Errorf("generate a password: %w", err)
			}
			password[i] = alphabet[n.Int64()]
		}
		// To try again, and not to mend this one, leaves all passwords equally likely.
		if !p.RequireEachIncludedType || hasEach(string(password), kinds) {
			return string(password), nil
		}
	}
}

func hasEach(password string, kinds []string) bool {
	for _, kind := range kinds {
		if !strings.ContainsAny(password, kind) {
			return false
		}
	}
	return true
}
