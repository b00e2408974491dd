package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"serverlesschat/localtest/accesstoken"
)

func TestAllTokensOfAFolderAreSignedAnew(t *testing.T) {
	folder := t.TempDir()
	const before = `{"headers":{"Authorization":"Bearer eyJh.eyJi.c-_9"},"multi":["Bearer eyJh.eyJi.c-_9"],"body":"e.y.J"}`
	event := filepath.Join(folder, "connect.json")
	if err := os.WriteFile(event, []byte(before), 0o644); err != nil {
		t.Fatal(err)
	}
	err := sign(folder, accesstoken.Claims{
		Issuer: "issuer", Audience: "audience", Subject: "alice", IssuedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	var set jose.JSONWebKeySet
	read(t, filepath.Join(folder, "token-key.jwks"), &set)
	var after struct {
		Headers map[string]string
		Multi   []string
		Body    string
	}
	read(t, event, &after)
	for _, authorization := range append(after.Multi, after.Headers["Authorization"]) {
		token, err := jwt.Parse(authorization[len("Bearer "):], func(*jwt.Token) (any, error) { return set.Keys[0].Key, nil })
		if err != nil || token.Header["kid"] != set.Keys[0].KeyID {
			t.Errorf("%s: %v", authorization, err)
		}
	}
	if after.Body != "e.y.J" {
		t.Errorf("the body became %s", after.Body)
	}
}

func read(t *testing.T, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

func TestAFolderThatIsNotThereIsReported(t *testing.T) {
	err := sign(filepath.Join(t.TempDir(), "none"), accesstoken.Claims{
		Issuer: "i", Audience: "a", Subject: "s", IssuedAt: time.Now(), ExpiresAt: time.Now(),
	})
	if err == nil {
		t.Error("no error")
	}
}
