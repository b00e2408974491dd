package stack

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// secretTemplate has testdata/function behind an HTTP API, which reveals its secret.
const secretTemplate = templateHead + `  Rest:
    Type: AWS::Serverless::HttpApi
  Token:
    Type: AWS::SecretsManager::Secret
    Properties:
      GenerateSecretString: {PasswordLength: 64, ExcludePunctuation: true}
  Fn:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: go1.x}
    Properties:
      CodeUri: function
      Handler: bootstrap
      Runtime: provided.al2023
      Architectures: [!Ref Architecture]
      Timeout: 30
      Role: !GetAtt FnRole.Arn
      Environment: {Variables: {AWS_ENDPOINT_URL_SECRETS_MANAGER: !Ref SecretsManagerEndpoint, SECRET: !Ref Token}}
      Events:
        All: {Type: HttpApi, Properties: {ApiId: !Ref Rest}}
` + roleHead + `              - {Effect: Allow, Action: "secretsmanager:GetSecretValue", Resource: !Ref Token}
`

// secret returns the value of the template's secret.
func (a *apis) secret() string {
	a.t.Helper()
	value, ok := a.s.SecretValue("Token")
	if !ok || len(value) != 64 {
		a.t.Fatalf("the secret has %d characters, %t", len(value), ok)
	}
	return value
}

func TestAFunctionReadsItsSecret(t *testing.T) {
	for name, options := range map[string]Options{"judged": {Rights: (&decisions{}).observe}, "not judged": {}} {
		a := serve(t, options, secretTemplate)
		status, _, body := a.post(a.s.endpoints.HTTP+"/a", `{"do":"reveal"}`)
		if status != http.StatusOK || body != a.secret() {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

func TestASecretThatTheRoleDoesNotAllowIsDenied(t *testing.T) {
	observed := &decisions{}
	a := serve(t, Options{Rights: observed.observe}, strings.Replace(secretTemplate, "GetSecretValue", "ListSecrets", 1))
	status, _, body := a.post(a.s.endpoints.HTTP+"/a", `{"do":"reveal"}`)
	if status != http.StatusBadGateway || !strings.Contains(body, "AccessDeniedException: User: ") || strings.Contains(body, a.secret()) {
		t.Errorf("got %d %s", status, body)
	}
	if !slices.Contains(observed.seen, "secretsmanager:GetSecretValue denied") {
		t.Errorf("observed %q", observed.seen)
	}
}

// A developer's tools have no role.
func TestADevelopersToolReadsASecret(t *testing.T) {
	a := serve(t, Options{Rights: (&decisions{}).observe}, secretTemplate)
	client := secretsmanager.New(secretsmanager.Options{
		BaseEndpoint: &a.s.endpoints.SecretsManager, Region: "us-east-1", HTTPClient: http.DefaultClient,
		Credentials: credentials.NewStaticCredentialsProvider("DEVELOPER", "secret", ""),
	})
	got, err := client.GetSecretValue(a.ctx(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("local-Token")})
	if err != nil || *got.SecretString != a.secret() || *got.ARN != a.s.system.Function("Fn").Environment["SECRET"] {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestASecretOutlivesTheStack(t *testing.T) {
	dir := t.TempDir()
	a := serve(t, Options{DataDir: dir}, secretTemplate)
	first := a.secret()
	a.close()
	if err := Forget(t.Context(), Options{DataDir: dir}); err != nil {
		t.Fatal(err)
	}
	if got, err := SecretValue(dir, a.s.system, "Token"); err != nil || got != first {
		t.Errorf("beside the stack: %d characters, %v", len(got), err)
	}
	if _, err := SecretValue(dir, a.s.system, "Tokens"); err == nil || !strings.Contains(err.Error(), "template.yaml has no secret Tokens") {
		t.Errorf("of a secret that is not there: %v", err)
	}
	if again := serve(t, Options{DataDir: dir, Name: "other"}, secretTemplate).secret(); again != first {
		t.Error("another stack on the same folder has another value")
	}
}

func TestAStackInMemoryKeepsNoSecret(t *testing.T) {
	dir := t.TempDir()
	serve(t, Options{DataDir: dir, InMemory: true}, secretTemplate).secret()
	if _, err := os.Stat(filepath.Join(dir, secretsFolder)); !os.IsNotExist(err) {
		t.Errorf("the secrets' folder: %v", err)
	}
}

func TestASecretThatCannotBeGeneratedIsRefusedByLine(t *testing.T) {
	a := serve(t, Options{}, secretTemplate)
	a.s.system.Secrets[0].Generate.PasswordLength = 2
	if _, err := openSecrets("", a.s.system); err == nil || !strings.Contains(err.Error(), "template.yaml:12: Token: 2 characters cannot have") {
		t.Errorf("got %v", err)
	}
}
