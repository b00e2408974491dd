package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/internal/accounts"
	"serverlesschat/internal/auth"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/passwordhash"
	"serverlesschat/internal/token"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
)

// findAccounts returns the accounts of a stack, and nothing beside them.
func findAccounts(ctx context.Context, command string, args []string) (*dynamo.Store, error) {
	s, err := findStack(ctx, command, args)
	if err != nil {
		return nil, err
	}
	tables := dynamo.Tables{Accounts: s.outputs["AccountsTable"]}
	return dynamo.New(dynamodb.NewFromConfig(s.store), tables, time.Now), nil
}

// printInvite stores an invite and prints its code, and nothing else.
func printInvite(ctx context.Context, args []string) error {
	store, err := findAccounts(ctx, "invite", args)
	if err != nil {
		return err
	}
	code := strings.ToLower(rand.Text())
	if err := store.PutInvite(ctx, accounts.InviteOf(code), time.Now().Add(accounts.InviteLife)); err != nil {
		return err
	}
	fmt.Println(code)
	return nil
}

// resetPassword gives a user a password that is made up, prints it and nothing else, and ends all sign-ins of the user.
// An access token that was made before holds for up to ten minutes.
func resetPassword(ctx context.Context, user string, args []string) error {
	if user == "" {
		return errors.New("whose password? Say make reset-password USER=alice")
	}
	store, err := findAccounts(ctx, "reset-password", args)
	if err != nil {
		return err
	}
	families := auth.NewFamilies(store, nil, auth.FamiliesOptions{SessionOf: token.SessionID, Now: time.Now})
	password := strings.ToLower(rand.Text())
	authenticator := accounts.NewAuthenticator(store, newHasher(), families, time.Now)
	if err := authenticator.ResetPassword(ctx, chat.UserID(user), password); err != nil {
		return err
	}
	fmt.Println(password)
	return nil
}

func newHasher() *passwordhash.Hasher {
	return passwordhash.New(passwordhash.Recommended(), func(b []byte) { _, _ = rand.Read(b) })
}

// demoUsers are who has an account in the local stack from its start.
func demoUsers() []chat.UserID { return []chat.UserID{"alice", "bob"} }

// passwordLength is that of the password of demoUsers: 80 bits in base32.
const passwordLength = 16

// addDemoUsers gives demoUsers accounts, unless they have them, and returns their password. It is another one for each
// checkout, and stays the same.
func addDemoUsers(ctx context.Context, s *stack.Stack, o stack.Options) (password string, err error) {
	secret, _ := s.SecretValue("TokenSecret")
	sum := sha256.Sum256([]byte("demo users|" + secret))
	password = strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:passwordLength]
	cfg := engine.Config(s.Endpoints().DynamoDB)
	if o.Endpoint != "" {
		if cfg, err = engine.ExternalConfig(ctx, o.Endpoint); err != nil {
			return "", err
		}
	}
	store := dynamo.New(dynamodb.NewFromConfig(cfg), dynamo.Tables{
		Accounts: s.System().Table("AccountsTable").Name, Users: s.System().Table("UsersTable").Name,
	}, time.Now)
	for _, user := range demoUsers() {
		if err := addDemoUser(ctx, store, user, password); err != nil {
			return "", err
		}
	}
	return password, nil
}

func addDemoUser(ctx context.Context, store *dynamo.Store, user chat.UserID, password string) error {
	account, err := store.Account(ctx, user)
	if err != nil || account != nil {
		return err
	}
	hash, err := newHasher().HashPassword(ctx, password)
	if err != nil {
		return err
	}
	made := accounts.Account{User: user, Hash: hash, PasswordVersion: 1}
	return store.CreateAccount(ctx, made, strings.ToUpper(string(user[:1]))+string(user[1:]), "")
}
