package apigw

import (
	"context"
	"strings"

	"serverlesschat/internal/chat"
)

// TokenVerifier checks access tokens; its errors are CodeUnauthorized, and CodeUnavailable where it cannot tell.
type TokenVerifier interface {
	Verify(ctx context.Context, raw string) (chat.Identity, error)
}

var (
	errNoToken   = chat.Errorf(chat.CodeUnauthorized, "a token is required")
	errTwoTokens = chat.Errorf(chat.CodeUnauthorized, "more than one token was given")

	errTwoTickets = chat.Errorf(chat.CodeUnauthorized, "more than one ticket was given")
)

// bearer returns the token of an Authorization header, RFC 6750, 2.1; values are all that came under that name.
func bearer(values []string) (string, error) {
	switch {
	case len(values) == 0:
		return "", errNoToken
	case len(values) > 1:
		return "", errTwoTokens
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return "", chat.Errorf(chat.CodeUnauthorized, "the Authorization header must be of the form Bearer TOKEN")
	}
	return strings.TrimSpace(token), nil
}

// authorization returns the values of that header. The gateway joins repeated headers with commas, which no token
// holds. It writes the names of headers in lower case; SAM's local gateway does not.
func authorization(headers map[string]string) []string {
	var values []string
	for name, value := range headers {
		if strings.EqualFold(name, "authorization") && value != "" {
			values = append(values, strings.Split(value, ",")...)
		}
	}
	return values
}
