package enforce

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"serverlesschat/localtest/aws/iam"
)

// maxSecretsManagerRequest is more than a request for a value takes.
const maxSecretsManagerRequest = 64 << 10

// SecretsManager stands before Secrets Manager. arn returns the ARN of the secret that a SecretId means, "" if there is
// none.
func (e *Enforcer) SecretsManager(arn func(secretID string) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxSecretsManagerRequest))
		if err != nil {
			refuseSecretsManager(w, "SerializationException", "read request: "+err.Error())
			return
		}
		p, known := e.caller(r)
		if !known {
			refuseSecretsManager(w, "UnrecognizedClientException", unknownToken)
			return
		}
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		secretID, err := secretOf(operation, body)
		if err != nil {
			call := iam.Call{Function: p.Function, Action: "secretsmanager:" + operation, Resource: "*"}
			e.opts.Observe(call, iam.ImplicitDeny)
			refuseSecretsManager(w, "AccessDeniedException", err.Error())
			return
		}
		resource := e.secretARN(secretID, arn)
		if err := e.judge(p, access{"secretsmanager:" + operation, resource}); err != nil {
			refuseSecretsManager(w, "AccessDeniedException", strings.Replace(err.Error(), resource, secretID, 1))
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// secretOf returns the SecretId of a request.
func secretOf(operation string, body []byte) (string, error) {
	if operation != "GetSecretValue" {
		return "", fmt.Errorf("the rights that %q needs are not known to the local stack; "+
			"add the operation in localtest/aws/iam/enforce/secretsmanager.go", operation)
	}
	var request struct {
		SecretID string `json:"SecretId"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return "", fmt.Errorf("decode request: %w", err)
	}
	if request.SecretID == "" {
		return "", fmt.Errorf("%s names no secret", operation)
	}
	return request.SecretID, nil
}

// secretARN returns the resource that a SecretId means (Service Authorization Reference, "AWS Secrets Manager"), also of
// a secret that is not there: rights come first.
func (e *Enforcer) secretARN(secretID string, arn func(string) string) string {
	switch known := arn(secretID); {
	case known != "":
		return known
	case strings.HasPrefix(secretID, "arn:"):
		return secretID
	}
	return e.arn("secretsmanager", "secret:"+secretID)
}

// refuseSecretsManager answers as Secrets Manager does. Its messages name the secret as the request does
// (nautobot/nautobot-app-secrets-providers issue 64, amzn/selling-partner-api-samples issue 76).
func refuseSecretsManager(w http.ResponseWriter, name, message string) {
	body, _ := json.Marshal(map[string]string{"__type": name, "Message": message}) // of text alone: it cannot fail
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write(body)
}
