package apigw_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
)

func hasher(t *testing.T, handle http.HandlerFunc) *apigw.RemoteHasher {
	t.Helper()
	url, client := serve(t, handle)
	return apigw.NewRemoteHasher(lambda.New(lambda.Options{
		BaseEndpoint: aws.String(url), Region: "us-east-1", Retryer: aws.NopRetryer{}, HTTPClient: client,
		Credentials: credentials.NewStaticCredentialsProvider("id", "key", ""),
	}), "local-HashFunction")
}

// written "hashes" a password by writing "hash of" before it. Hashes of old are renewed.
type written struct{}

func (written) HashPassword(_ context.Context, password string) (string, error) {
	if password == "broken" {
		return "", errors.New("no memory")
	}
	return "hash of " + password, nil
}

func (written) VerifyPassword(_ context.Context, password, hash string) (ok bool, renewed string, err error) {
	if hash == "old hash of "+password {
		return true, "hash of " + password, nil
	}
	return hash == "hash of "+password, "", nil
}

func TestHashRoundTrip(t *testing.T) {
	h := hasher(t, func(w http.ResponseWriter, r *http.Request) {
		expect(t, "request", r.Method+" "+r.URL.Path, "POST /2015-03-31/functions/local-HashFunction/invocations")
		payload, _ := io.ReadAll(r.Body)
		answer, err := apigw.Hash(written{})(r.Context(), payload)
		if err != nil {
			t.Error(err)
		}
		_, _ = w.Write(answer)
	})
	hash, err := h.HashPassword(t.Context(), "é\x00\u2028<")
	if err != nil || hash != "hash of é\x00\u2028<" {
		t.Errorf("got %q, %v", hash, err)
	}
	for _, c := range []struct {
		password, hash string
		ok             bool
		renewed        string
	}{
		{"a", "hash of a", true, ""}, {"b", "hash of a", false, ""}, {"a", "old hash of a", true, "hash of a"},
		{"a", "", false, ""}, {"", "hash of ", true, ""},
	} {
		ok, renewed, err := h.VerifyPassword(t.Context(), c.password, c.hash)
		if ok != c.ok || renewed != c.renewed || err != nil {
			t.Errorf("%q with %q: %t, %q, %v", c.password, c.hash, ok, renewed, err)
		}
	}
}

// A function that is busy is no defect. Whatever fails, nothing of the password is told.
func TestHashFails(t *testing.T) {
	for name, c := range map[string]struct {
		status     int
		errorType  string
		failed     string
		code       chat.Code
		retryAfter time.Duration
		payload    string
	}{
		"busy":          {429, "TooManyRequestsException", "", chat.CodeUnavailable, time.Second, `{"Reason":"x"}`},
		"out":           {503, "ServiceException", "", chat.CodeUnavailable, time.Second, `{}`},
		"no right":      {403, "AccessDeniedException", "", chat.CodeInternal, 0, `{}`},
		"it failed":     {200, "", "Unhandled", chat.CodeInternal, 0, `{"errorMessage":"` + secret + `"}`},
		"not an answer": {200, "", "", chat.CodeInternal, 0, `x` + secret},
	} {
		t.Run(name, func(t *testing.T) {
			h := hasher(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Amzn-Errortype", c.errorType)
				if c.failed != "" {
					w.Header().Set("X-Amz-Function-Error", c.failed)
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.payload)
			})
			ok, _, err := h.VerifyPassword(t.Context(), secret, "hash")
			if ok || chat.CodeOf(err) != c.code || strings.Contains(err.Error(), secret) {
				t.Errorf("got %t, %v", ok, err)
			}
			if e, is := errors.AsType[*chat.Error](err); is && e.RetryAfter != c.retryAfter {
				t.Errorf("told to wait %v", e.RetryAfter)
			}
		})
	}
}

func TestAHashJobThatCannotBeReadIsNotTold(t *testing.T) {
	for _, payload := range []string{`{"password":["` + secret + `"]}`, `"` + secret + `"`, secret} {
		_, err := apigw.Hash(written{})(t.Context(), json.RawMessage(payload))
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", payload, err)
		}
	}
	if _, err := apigw.Hash(written{})(t.Context(), json.RawMessage(`{"password":"broken"}`)); err == nil {
		t.Error("a hash that failed is none")
	}
}

func FuzzHash(f *testing.F) {
	f.Add(`{"password":"x","hash":"y"}`)
	f.Add(`{"password":7}`)
	f.Add(`null`)
	f.Fuzz(func(t *testing.T, payload string) {
		answer, err := apigw.Hash(written{})(t.Context(), json.RawMessage(payload))
		if (answer == nil) == (err == nil) {
			t.Errorf("%s, %v", answer, err)
		}
	})
}
