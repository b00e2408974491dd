// Command tokenkey prints the public half of a signing key as the parameter TokenKeys takes it, and makes the key if
// there is none: tokenkey FILE
package main

import (
	"crypto/rand"
	"fmt"
	"os"

	"serverlesschat/localtest/accesstoken"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: tokenkey FILE")
		os.Exit(2)
	}
	key, err := accesstoken.LoadOrCreate(os.Args[1], rand.Reader)
	if err != nil {
		fmt.Fprintln(os.Stderr, "tokenkey:", err)
		os.Exit(1)
	}
	fmt.Println(key.JWKS())
}
