package app

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"serverlesschat/internal/accounts"
	"serverlesschat/internal/apigw"
	"serverlesschat/internal/auth"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/passwordhash"
	"serverlesschat/internal/secrets"
	"serverlesschat/internal/telemetry"
	"serverlesschat/internal/token"
)

const (
	// hashTimeout is longer than a hash takes, and shorter than a client waits.
	hashTimeout = 5 * time.Second
	// secretTimeout bounds one try to read the secret.
	secretTimeout = 2 * time.Second

	day = 24 * time.Hour
	// maxDays bounds what is told in days.
	maxDays = 365
)

// Auth builds the function behind the HTTP API for accounts and tokens.
func Auth(p *Parts) rest {
	tables := dynamo.Tables{Users: p.settings.required("USERS_TABLE"), Sessions: p.settings.required("SESSIONS_TABLE")}
	own := p.hasOwnAccounts()
	if own {
		tables.Accounts = p.settings.required("ACCOUNTS_TABLE")
		tables.Keys = p.settings.required("KEYS_TABLE")
		tables.Connections = p.settings.required("CONNECTIONS_TABLE")
		tables.Subscriptions = p.settings.required("SUBSCRIPTIONS_TABLE")
		tables.Members = p.settings.required("MEMBERS_TABLE")
	}
	store := p.store(tables)
	var services *apigw.AccountServices
	if own {
		services = p.accountServices(store)
	}
	return apigw.Accounts(p.guard(store), accounts.NewSelf(store), services)
}

// Hash builds the function that hashes passwords.
func Hash(*Parts) telemetry.Handler[json.RawMessage, json.RawMessage] {
	return apigw.Hash(passwordhash.New(passwordhash.Recommended(), randomBytes))
}

// hasOwnAccounts reports whether users have accounts of ours, or come with tokens of another issuer.
func (p *Parts) hasOwnAccounts() bool {
	return p.settings.oneOf("ACCOUNTS", "own", "issuer") != "issuer"
}

func (p *Parts) accountServices(store *dynamo.Store) *apigw.AccountServices {
	signer := p.signer(store)
	families := auth.NewFamilies(store, signer, auth.FamiliesOptions{
		Revoker:   connections.NewRevoker(store, p.ender(store)),
		SessionOf: token.SessionID,
		Life:      p.days("REFRESH_DAYS"),
		Random:    randomBytes, Now: time.Now,
	})
	hasher := p.hasher()
	mode := accounts.Mode(p.settings.oneOf("REGISTRATION",
		string(accounts.Open), string(accounts.InviteOnly), string(accounts.Closed)))
	return &apigw.AccountServices{
		Registrar:     accounts.NewRegistrar(store, hasher, mode),
		Authenticator: accounts.NewAuthenticator(store, hasher, families, time.Now),
		Families:      families,
		KeySet: func(ctx context.Context) ([]byte, error) {
			keys, err := signer.PublicKeys(ctx)
			if err != nil {
				return nil, err
			}
			return token.PublishedSet(keys)
		},
	}
}

func (p *Parts) signer(store *dynamo.Store) *auth.Signer {
	client := secretsmanager.NewFromConfig(p.aws, func(o *secretsmanager.Options) {
		o.HTTPClient = p.httpClient(secretTimeout)
	})
	return auth.NewSigner(store, auth.SignerOptions{
		Secret: secrets.New(client, p.settings.required("TOKEN_SECRET")).Value,
		Encode: token.Encoder(p.settings.required("TOKEN_ISSUER"), p.settings.required("TOKEN_AUDIENCE")),
		NewID:  rand.Text,
		Every:  p.days("KEY_ROTATION_DAYS"),
		Now:    time.Now,
	})
}

func (p *Parts) hasher() *apigw.RemoteHasher {
	client := lambda.NewFromConfig(p.aws, func(o *lambda.Options) {
		o.HTTPClient = p.httpClient(hashTimeout)
		o.Retryer = aws.NopRetryer{} // a client that is told to wait comes again
	})
	return apigw.NewRemoteHasher(client, p.settings.required("HASH_FUNCTION"))
}

func (p *Parts) days(name string) time.Duration {
	return time.Duration(p.settings.number(name, "a whole number of days", 1, maxDays)) * day
}
