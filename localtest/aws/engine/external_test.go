package engine_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"serverlesschat/localtest/aws/engine"
)

// expiring are keys as SSO and assumed roles have them, in the form of a credential_process (AWS SDKs and Tools Reference
// Guide, "Process credential provider").
const expiring = `{"Version":1,"AccessKeyId":"SHORT","SecretAccessKey":"s","SessionToken":"t","Expiration":"2099-12-31T23:59:58Z"}`

// setShell sets the variables by which an SDK finds region and keys, and no others: NAME=value.
func setShell(t *testing.T, variables ...string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "credentials")
	profile := "[short]\ncredential_process = echo '" + expiring + "'\n" +
		"[work]\nregion = eu-central-1\naws_access_key_id = FILED\naws_secret_access_key = secret\n"
	if err := os.WriteFile(file, []byte(profile), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID",
		"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
	t.Setenv("AWS_CONFIG_FILE", file+".none")
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
}

func TestWhoCallsAnEngine(t *testing.T) {
	keys := []string{"AWS_ACCESS_KEY_ID=SHELL", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION=eu-north-1"}
	for name, c := range map[string]struct {
		shell []string
		want  string // of an engine outside, KEY/REGION
	}{
		"nothing set":           {nil, "local/us-east-1"},
		"keys and region":       {keys, "SHELL/eu-north-1"},
		"region alone":          {keys[2:], "local/eu-north-1"},
		"a profile":             {[]string{"AWS_PROFILE=work"}, "FILED/eu-central-1"},
		"a profile, and a key":  {append(keys[:2:2], "AWS_PROFILE=work"), "SHELL/eu-central-1"},
		"an engine's own words": {[]string{"AWS_REGION=local"}, "local/local"},
	} {
		t.Run(name, func(t *testing.T) {
			setShell(t, c.shell...)
			outside, err := engine.ExternalConfig(t.Context(), "http://127.0.0.1:8000")
			if err != nil {
				t.Fatal(err)
			}
			if got := caller(t, outside); got != c.want {
				t.Errorf("an engine outside is called as %s, want %s", got, c.want)
			}
			if got := caller(t, engine.Config("http://127.0.0.1:8000")); got != "local/us-east-1" {
				t.Errorf("an engine of ours is called as %s", got)
			}
		})
	}
	setShell(t, "AWS_PROFILE=there-is-none")
	if _, err := engine.ExternalConfig(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "there-is-none") {
		t.Errorf("with a profile that is not there: %v", err)
	}
}

func caller(t *testing.T, c aws.Config) string {
	t.Helper()
	keys, err := c.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return keys.AccessKeyID + "/" + c.Region
}

func TestKeysThatExpireSayWhen(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	for profile, want := range map[string]time.Time{
		"work":  {},
		"short": time.Date(2099, 12, 31, 23, 59, 58, 0, time.UTC),
	} {
		setShell(t, "AWS_PROFILE="+profile)
		e := start(t, engine.Options{Kind: engine.External, Endpoint: server.URL})
		variables, expire, err := e.Variables(t.Context())
		if err != nil || !expire.Equal(want) || variables["AWS_ACCESS_KEY_ID"] == "local" {
			t.Errorf("%s: %v, %v, %v", profile, variables, expire, err)
		}
	}
}
