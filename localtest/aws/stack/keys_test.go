package stack

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"serverlesschat/localtest/aws/engine"
)

func TestKeysThatExpireAreToldAtTheStart(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	file := filepath.Join(t.TempDir(), "credentials")
	const keys = `{"Version":1,"AccessKeyId":"SHORT","SecretAccessKey":"s","SessionToken":"t",` +
		`"Expiration":"2099-06-30T12:00:00Z"}`
	if err := os.WriteFile(file, []byte("[short]\ncredential_process = echo '"+keys+"'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"AWS_SHARED_CREDENTIALS_FILE": file, "AWS_CONFIG_FILE": file + ".none",
		"AWS_PROFILE": "short", "AWS_ACCESS_KEY_ID": "",
	} {
		t.Setenv(name, value)
	}
	outside, err := engine.Start(t.Context(), engine.Options{Kind: engine.External, Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	var console strings.Builder
	s := &Stack{engine: outside, log: slog.New(slog.NewTextHandler(&console, nil))}
	if err := s.useShellKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := console.String(); !strings.Contains(got, "level=WARN") || !strings.Contains(got, "2099-0") {
		t.Errorf("the console has %q", got)
	}
	if s.keys["AWS_ACCESS_KEY_ID"] != "SHORT" {
		t.Errorf("functions have %v", s.keys)
	}
}
