package secrets_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"serverlesschat/localtest/aws/secrets"
)

const prefix = "arn:aws:secretsmanager:us-east-1:000000000000:secret:"

// made is when the values of tests are generated.
var made = time.UnixMilli(1_800_000_000_250)

// token is a secret; dir may be empty.
func token(dir string) secrets.Config {
	return secrets.Config{
		Dir: dir, Now: func() time.Time { return made },
		Secrets: []secrets.Secret{{
			Key: "Token", Name: "chat-Token", ARN: prefix + "chat-Token-a1b2c3",
			Password: secrets.Password{Length: 64, ExcludePunctuation: true, RequireEachIncludedType: true},
		}},
	}
}

func open(t *testing.T, c secrets.Config) *secrets.Service {
	t.Helper()
	s, err := secrets.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// valueOf returns the current value of the secret Token.
func valueOf(t *testing.T, s *secrets.Service) string {
	t.Helper()
	value, ok := s.Value("Token")
	if !ok || len(value) != 64 {
		t.Fatalf("the value is %q, %t", value, ok)
	}
	return value
}

// client is the SDK's, over HTTP.
func client(t *testing.T, s *secrets.Service) *secretsmanager.Client {
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return secretsmanager.New(secretsmanager.Options{
		BaseEndpoint: &server.URL, Region: "us-east-1", HTTPClient: server.Client(), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
	})
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestSecretsAreFound(t *testing.T) {
	s := open(t, token(""))
	client := client(t, s)
	for _, id := range []string{"chat-Token", prefix + "chat-Token", prefix + "chat-Token-a1b2c3"} {
		got, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &id})
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		if *got.ARN != prefix+"chat-Token-a1b2c3" || *got.Name != "chat-Token" || *got.SecretString != valueOf(t, s) ||
			!got.CreatedDate.Equal(made) || !uuidForm.MatchString(*got.VersionId) ||
			len(got.VersionStages) != 1 || got.VersionStages[0] != "AWSCURRENT" {
			t.Errorf("%s: got %s, %s, %v, %v, %s", id, *got.ARN, *got.Name, got.CreatedDate, got.VersionStages, *got.VersionId)
		}
		if got := s.ARN(id); got != prefix+"chat-Token-a1b2c3" {
			t.Errorf("the ARN of %s is %q", id, got)
		}
	}
	for _, id := range []string{"Token", "chat-Token-a1b2c3", prefix + "chat-Token-a1b2c4", prefix + "Chat-Token", prefix + "chat-"} {
		_, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &id})
		if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok || s.ARN(id) != "" {
			t.Errorf("%s: got %v, and its ARN %q", id, err, s.ARN(id))
		}
	}
	_, err := client.ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{})
	if err == nil || !strings.Contains(err.Error(), "the operation ListSecrets is not emulated by the local stack") {
		t.Errorf("another operation: %v", err)
	}
}

// The end of such a name looks as the end of an ARN does.
func TestAPartialARNThatLooksWholeIsNotFound(t *testing.T) {
	c := token("")
	c.Secrets[0].Name, c.Secrets[0].ARN = "chat-Secret", prefix+"chat-Secret-a1b2c3"
	s := open(t, c)
	if s.ARN("chat-Secret") == "" || s.ARN(prefix+"chat-Secret") != "" {
		t.Errorf("got %q by name and %q by a part of the ARN", s.ARN("chat-Secret"), s.ARN(prefix+"chat-Secret"))
	}
}

func TestAValueOutlivesTheService(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "secrets")
	c := token(dir)
	first := valueOf(t, open(t, c))
	c.Secrets[0].Name, c.Secrets[0].ARN = "other-Token", prefix+"other-Token-d4e5f6"
	if again := valueOf(t, open(t, c)); again != first {
		t.Error("under another name the secret has another value")
	}
	if runtime.GOOS == "windows" {
		return // files have no modes there
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "Token.json"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
}

func TestAValueInMemoryIsNew(t *testing.T) {
	if valueOf(t, open(t, token(""))) == valueOf(t, open(t, token(""))) {
		t.Error("the same value twice")
	}
}

func TestThoseWhoOpenAtOnceGetOneValue(t *testing.T) {
	dir := t.TempDir()
	values := make([]string, 8)
	var opened sync.WaitGroup
	for i := range values {
		opened.Go(func() {
			if s, err := secrets.Open(token(dir)); err == nil {
				values[i], _ = s.Value("Token")
			}
		})
	}
	opened.Wait()
	for _, value := range values {
		if value == "" || value != values[0] {
			t.Fatalf("values of %d and %d characters differ", len(values[0]), len(value))
		}
	}
}

func TestAChangeOfTheTemplateMakesANewValue(t *testing.T) {
	c := token(t.TempDir())
	var values []string
	for _, excluded := range []string{"", "x", "xy"} {
		c.Secrets[0].Password.ExcludeCharacters = excluded
		values = append(values, valueOf(t, open(t, c)))
	}
	client := client(t, open(t, c))
	for stage, want := range map[string]string{"AWSCURRENT": values[2], "AWSPREVIOUS": values[1]} {
		in := &secretsmanager.GetSecretValueInput{SecretId: aws.String("chat-Token"), VersionStage: &stage}
		got, err := client.GetSecretValue(t.Context(), in)
		if err != nil || *got.SecretString != want || got.VersionStages[0] != stage {
			t.Fatalf("%s: %v, %v", stage, got, err)
		}
		in.VersionId, in.VersionStage = got.VersionId, nil
		if byID, err := client.GetSecretValue(t.Context(), in); err != nil || *byID.SecretString != want {
			t.Errorf("%s by its id: %v", stage, err)
		}
		in.VersionStage = aws.String(map[string]string{"AWSCURRENT": "AWSPREVIOUS", "AWSPREVIOUS": "AWSCURRENT"}[stage])
		_, err = client.GetSecretValue(t.Context(), in)
		if _, ok := errors.AsType[*types.InvalidRequestException](err); !ok {
			t.Errorf("%s as %s: %v", stage, *in.VersionStage, err)
		}
	}
}

func TestErrorsAreSentAsAWSDoes(t *testing.T) {
	s := open(t, token(""))
	const target = "secretsmanager.GetSecretValue"
	for _, c := range []struct{ method, target, body, want string }{
		{"POST", target, `{"SecretId":"none"}`,
			`{"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret."}`},
		{"POST", target, `{"SecretId":"chat-Token","VersionStage":"AWSPREVIOUS"}`,
			`{"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret value for staging label: AWSPREVIOUS"}`},
		{"POST", target, `{"SecretId":"chat-Token","VersionId":"1"}`,
			`{"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret value for VersionId: 1"}`},
		{"POST", target, `{}`, `{"__type":"InvalidParameterException","Message":"The request must contain the parameter SecretId."}`},
		{"POST", target, `{"SecretId":1}`, `{"__type":"SerializationException",`},
		{"POST", target, `{"SecretId":"chat-Token","Colour":"red"}`, `{"__type":"SerializationException",`},
		{"POST", target, `{"SecretId":"chat-Token"}{}`, `{"__type":"SerializationException",`},
		{"POST", target, strings.Repeat(" ", 64<<10) + `{"SecretId":"chat-Token"}`, `{"__type":"SerializationException",`},
		{"POST", "secretsmanager.DeleteSecret", `{}`,
			`{"__type":"UnknownOperationException","Message":"the operation DeleteSecret is not emulated by the local stack, only GetSecretValue"}`},
		{"POST", "AmazonSQS.GetSecretValue", `{}`, `{"__type":"UnknownOperationException",`},
		{"GET", target, `{"SecretId":"chat-Token"}`, `{"__type":"UnknownOperationException",`},
	} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, request(c.method, c.target, c.body))
		if w.Code != http.StatusBadRequest || w.Header().Get("Content-Type") != "application/x-amz-json-1.1" ||
			!strings.HasPrefix(w.Body.String(), c.want) {
			t.Errorf("%s %s %.60s: %d %s, want %s", c.method, c.target, c.body, w.Code, w.Body, c.want)
		}
	}
}

func request(method, target, body string) *http.Request {
	r := httptest.NewRequest(method, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", target)
	return r
}

func TestWhatCannotBeOpenedIsNamed(t *testing.T) {
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, "Token.json"), []byte(`{"versions":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*secrets.Config)
		want   string
	}{
		"a file that is damaged": {func(c *secrets.Config) { c.Dir = damaged }, "Token.json is damaged; remove it"},
		"no randomness":          {func(c *secrets.Config) { c.Random = iotest.ErrReader(io.ErrUnexpectedEOF) }, "generate a password"},
		"a key that is no file":  {func(c *secrets.Config) { c.Secrets[0].Key = "../Token" }, "letters and digits"},
		"no name":                {func(c *secrets.Config) { c.Secrets[0].Name = "" }, "it needs a name"},
		"a partial ARN":          {func(c *secrets.Config) { c.Secrets[0].ARN = prefix + "chat-Token" }, "six characters"},
		"one twice":              {func(c *secrets.Config) { c.Secrets = append(c.Secrets, c.Secrets[0]) }, "secret Token is there twice"},
		"no password":            {func(c *secrets.Config) { c.Secrets[0].Password.Length = 0 }, "secret Token: a password has 1 to 4096"},
	} {
		config := token("")
		c.change(&config)
		if _, err := secrets.Open(config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// FuzzRequests: a value is told for a request that names its secret, and for no other.
func FuzzRequests(f *testing.F) {
	s, err := secrets.Open(token(""))
	if err != nil {
		f.Fatal(err)
	}
	value, _ := s.Value("Token")
	f.Add("secretsmanager.GetSecretValue", []byte(`{"SecretId":"chat-Token","VersionStage":"AWSCURRENT"}`))
	f.Add("secretsmanager.GetSecretValue", []byte(`{"secretid":"`+prefix+`chat-Token"}`))
	f.Add("secretsmanager.", []byte(`null`))
	f.Fuzz(func(t *testing.T, target string, body []byte) {
		w, r := httptest.NewRecorder(), request(http.MethodPost, "", string(body))
		r.Header["X-Amz-Target"] = []string{target}
		s.ServeHTTP(w, r)
		var in struct {
			SecretID string `json:"SecretId"`
		}
		_ = json.Unmarshal(body, &in)
		told := strings.Contains(w.Body.String(), value)
		if told != (w.Code == http.StatusOK) || told && s.ARN(in.SecretID) == "" || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s: %d %s", target, body, w.Code, w.Body)
		}
	})
}
