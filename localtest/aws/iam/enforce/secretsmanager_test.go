package enforce

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

const secretARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:"

// onlyToken knows one secret, by its name and by its ARN.
func onlyToken(secretID string) string {
	if secretID == "token" || secretID == secretARN+"token-a1b2c3" {
		return secretARN + "token-a1b2c3"
	}
	return ""
}

func (d *door) secretsManager(t *testing.T, key string) *secretsmanager.Client {
	t.Helper()
	return secretsmanager.NewFromConfig(config(t, key, d.SecretsManager(onlyToken, http.HandlerFunc(d.service))))
}

func TestAValueTakesTheRightToItsSecret(t *testing.T) {
	for _, row := range []struct{ secretID, resource, statement, word string }{
		{"token", "token-a1b2c3", secretARN + "token-a1b2c3", "may"},
		{secretARN + "token-a1b2c3", "token-a1b2c3", secretARN + "token-??????", "may"},
		{"token", "token-a1b2c3", secretARN + "token", "may not"},
		{secretARN + "token-a1b2c3", "token-a1b2c3", secretARN + "other-??????", "may not"},
		{"none", "none", secretARN + "*", "may"}, // the service says that there is none
		{"none", "none", secretARN + "token-a1b2c3", "may not"},
		{"arn:other", "arn:other", "arn:*", "may"},
	} {
		d := newDoor(allow("secretsmanager:GetSecretValue", row.statement))
		in := &secretsmanager.GetSecretValueInput{SecretId: &row.secretID}
		_, err := d.secretsManager(t, "AKIDFN").GetSecretValue(t.Context(), in)
		const action = "secretsmanager:GetSecretValue"
		checkDenied(t, row.word == "may not", err, http.StatusBadRequest, "AccessDeniedException",
			"User: arn:aws:sts::000000000000:assumed-role/FnRole/fn is not authorized to perform: "+action+
				" on resource: "+row.secretID+" because no identity-based policy allows the "+action+" action")
		resource := row.resource
		if !strings.HasPrefix(resource, "arn:") {
			resource = secretARN + resource
		}
		if want := []string{"Fn " + row.word + " " + action + " " + resource}; !slices.Equal(d.seen, want) {
			t.Errorf("seen %q, want %q", d.seen, want)
		}
		if (row.word == "may") != (d.passed == 1) {
			t.Errorf("%s under %s: %d requests passed", row.secretID, row.statement, d.passed)
		}
	}
}

func TestWhatIsNotKnownOfSecretsManagerIsRefused(t *testing.T) {
	d := newDoor(allow("secretsmanager:*", "*"))
	_, err := d.secretsManager(t, "AKIDFN").ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{})
	checkDenied(t, true, err, http.StatusBadRequest, "AccessDeniedException", `the rights that "ListSecrets" needs are not known`)
	none, token := "", "token"
	_, err = d.secretsManager(t, "AKIDFN").GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &none})
	checkDenied(t, true, err, http.StatusBadRequest, "AccessDeniedException", "GetSecretValue names no secret")
	if want := []string{"Fn may not secretsmanager:ListSecrets *", "Fn may not secretsmanager:GetSecretValue *"}; !slices.Equal(d.seen, want) {
		t.Errorf("seen %q, want %q", d.seen, want)
	}
	_, err = d.secretsManager(t, "AKIDWHO").GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &token})
	checkDenied(t, true, err, http.StatusBadRequest, "UnrecognizedClientException", "token included in the request is invalid")
	if d.passed != 0 {
		t.Errorf("%d requests passed", d.passed)
	}
}

// FuzzSecretsManagerRequests: what is not a known caller's call for a named secret is refused, and nothing panics.
func FuzzSecretsManagerRequests(f *testing.F) {
	f.Add("GetSecretValue", []byte(`{"SecretId":"token"}`))
	f.Add("GetSecretValue", []byte(`{"SecretId":5}`))
	f.Add("ListSecrets", []byte(`{}`))
	f.Add("", []byte(`null`))
	f.Fuzz(func(t *testing.T, operation string, body []byte) {
		d := newDoor(allow("*", "*"))
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(body)))
		r.Header["Authorization"] = []string{"AWS4-HMAC-SHA256 Credential=AKIDFN/20260101/us-east-1/secretsmanager/aws4_request"}
		r.Header["X-Amz-Target"] = []string{"secretsmanager." + operation}
		w := httptest.NewRecorder()
		d.SecretsManager(onlyToken, http.HandlerFunc(d.service)).ServeHTTP(w, r)
		if (d.passed == 1) != (w.Code == http.StatusOK) || len(d.seen) != 1 ||
			d.passed == 1 && !strings.HasPrefix(d.seen[0], "Fn may secretsmanager:GetSecretValue ") {
			t.Errorf("%d passed, %d, seen %q", d.passed, w.Code, d.seen)
		}
	})
}
