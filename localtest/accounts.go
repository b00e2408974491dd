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

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/internal/accounts"
	"serverlesschat/internal/auth"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/passwordhash"
	"serverlesschat/internal/token"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/aws/template"
)

// accountStore is the table of accounts of a stack, and nothing beside it.
func accountStore(cfg aws.Config, table string) *dynamo.Store {
	return dynamo.New(dynamodb.NewFromConfig(cfg), dynamo.Tables{Accounts: table}, time.Now)
}

// accountsHere returns the accounts of the local stack, which must be running; target is what make was asked for.
func accountsHere(target string) (*dynamo.Store, error) {
	e, err := endpointsHere(target)
	if err != nil {
		return nil, err
	}
	system, err := template.Load("template.yaml", template.Options{StackName: stackName})
	if err != nil {
		return nil, err
	}
	return accountStore(engine.Config(e.DynamoDB), system.Table("AccountsTable").Name), nil
}

// accountsDeployed returns the accounts of a stack in AWS: file has its outputs, as for redriveDeployed.
func accountsDeployed(ctx context.Context, file string) (*dynamo.Store, error) {
	values, err := outputsOf(file)
	if err != nil {
		return nil, err
	}
	if values["AccountsTable"] == "" {
		return nil, errors.New(file + ": the output AccountsTable is needed")
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	return accountStore(cfg, values["AccountsTable"]), nil
}

// findAccounts returns the accounts of the stack in AWS whose outputs are in the file that args may name, or else of
// the local stack.
func findAccounts(ctx context.Context, target string, args []string) (*dynamo.Store, error) {
	if len(args) > 0 {
		return accountsDeployed(ctx, args[0])
	}
	return accountsHere(target)
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
