package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"

	"serverlesschat/internal/token"
)

// maxTokenKeys is how long the parameter TokenKeys may be. It becomes an environment variable of functions. A function
// has 4 KB for all of them (AWS Lambda quotas), and the others take up to 1.5 KB.
const maxTokenKeys = 2560

// printTokenKeys prints the keys in a file, or in the standard input if it is called "-", as a parameter of the
// template.
func printTokenKeys(file string) error {
	set, err := readKeySet(file)
	if err != nil {
		return err
	}
	return writeTokenKeys(os.Stdout, os.Stderr, set)
}

func readKeySet(file string) ([]byte, error) {
	switch file {
	case "":
		return nil, errors.New("FILE is missing: say make jwks FILE=jwks.json, or FILE=- to read from a pipe")
	case "-":
		return notEmpty(io.ReadAll(os.Stdin))
	}
	return notEmpty(os.ReadFile(file))
}

// notEmpty refuses what a failed download leaves.
func notEmpty(set []byte, err error) ([]byte, error) {
	if err == nil && len(bytes.TrimSpace(set)) == 0 {
		err = errors.New("the input is empty: a JWKS was to be read")
	}
	return set, err
}

// writeTokenKeys writes the parameter to out and nothing else, and what was left out to notes.
func writeTokenKeys(out, notes io.Writer, set []byte) error {
	cut, left, err := token.CutKeys(set)
	if err != nil {
		return err
	}
	for _, why := range left {
		fmt.Fprintln(notes, "left out:", why)
	}
	value := base64.RawURLEncoding.EncodeToString(cut)
	if len(value) > maxTokenKeys {
		return fmt.Errorf("TokenKeys would have %d characters and may have %d: take out keys that the issuer no longer signs with",
			len(value), maxTokenKeys)
	}
	_, err = fmt.Fprintf(out, "TokenKeys=%s\n", value)
	return err
}
