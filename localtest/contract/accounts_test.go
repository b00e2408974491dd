package contract

import (
	"context"
	"crypto/ecdsa"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/internal/accounts"
	"serverlesschat/internal/apigw"
	"serverlesschat/internal/auth"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/dynamo/dynamotest"
	"serverlesschat/internal/passwordhash"
	"serverlesschat/internal/token"
	"serverlesschat/localtest/aws/engine/enginetest"
)

// restAPI serves requests of the HTTP API.
type restAPI = func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error)

// accountsAPI serves the calls about accounts, on an engine.
func accountsAPI(t *testing.T) restAPI {
	t.Helper()
	e := enginetest.Dynoxide(t)
	store, _ := dynamotest.New(t, e.DynamoDB, e.TableName(""))
	signer := auth.NewSigner(store, auth.SignerOptions{
		Secret: func(context.Context) ([]byte, error) { return []byte(strings.Repeat("s", 64)), nil },
		Encode: func(*ecdsa.PrivateKey, string, auth.Claims) (string, error) { return "token", nil },
		NewID:  func() string { return "id" }, Every: time.Hour, Now: time.Now,
	})
	families := auth.NewFamilies(store, signer, auth.FamiliesOptions{
		SessionOf: token.SessionID, Life: time.Hour, Random: func(b []byte) { clear(b) }, Now: time.Now,
	})
	hasher := passwordhash.New(passwordhash.Parameters{MemoryKiB: 8, Passes: 1, Lanes: 1}, func(b []byte) { clear(b) })
	return apigw.Accounts(apigw.Guard{Tokens: anyToken{}, Gate: fake.NewGate(fake.NewStore())}, accounts.NewSelf(store), &apigw.AccountServices{
		Registrar:     accounts.NewRegistrar(store, hasher, accounts.Open),
		Authenticator: accounts.NewAuthenticator(store, hasher, families, time.Now),
		Families:      families,
	})
}

const formType = "application/x-www-form-urlencoded"

// beAForm reports whether the fields of an object can be those of a form. An empty one counts as left out.
func beAForm(fields map[string]any) bool {
	for name, value := range fields {
		switch value {
		case nil, "":
			delete(fields, name)
			continue
		}
		if _, ok := value.(string); !ok {
			return false
		}
	}
	return true
}

func formOf(fields map[string]any) []byte {
	form := url.Values{}
	for name, value := range fields {
		form.Set(name, value.(string))
	}
	return []byte(form.Encode())
}
