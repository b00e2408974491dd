package wire

import (
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"

	"serverlesschat/internal/auth"
	"serverlesschat/internal/chat"
)

// The token endpoint speaks OAuth 2.0 (RFC 6749): forms, and errors in words of its own.

// ParseForm reads a body that is a form. A field without a value counts as left out (RFC 6749, 3.2).
//
// Errors: CodeInvalid, CodeTooLarge.
func ParseForm(body []byte) (Query, error) {
	if len(body) > maxBody {
		return nil, chat.Errorf(chat.CodeTooLarge, "the body has more than %d bytes", maxBody)
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, chat.Errorf(chat.CodeInvalid, "the form cannot be read")
	}
	for name, given := range values {
		for _, value := range given {
			if !utf8.ValidString(value) {
				return nil, chat.Errorf(chat.CodeInvalid, "the form is not valid UTF-8")
			}
		}
		if len(given) == 1 && given[0] == "" {
			delete(values, name)
		}
	}
	return Query(values), nil
}

// Tokens returns the body that brings tokens (RFC 6749, 5.1). Where the refresh token goes another way, it is left out.
func Tokens(t auth.Tokens, withRefresh bool) []byte {
	body := struct {
		AccessToken  string `json:"access_token"`
		TokenType    string `json:"token_type"`
		ExpiresIn    int64  `json:"expires_in"` // seconds
		RefreshToken string `json:"refresh_token,omitempty"`
	}{t.Access, "Bearer", int64(t.AccessLife.Seconds()), ""}
	if withRefresh {
		body.RefreshToken = t.Refresh
	}
	return encode(body)
}

// ErrGrantType is returned for a grant type that there is not.
var ErrGrantType = chat.Invalid("grant_type", "must be password or refresh_token")

// OAuthError returns the body that tells an error of a client in the words of OAuth 2.0 (RFC 6749, 5.2).
func OAuthError(err error) []byte {
	e, word := publicError(err), "invalid_request"
	switch {
	case errors.Is(err, ErrGrantType):
		word = "unsupported_grant_type"
	case e.Code == chat.CodeUnauthorized:
		word = "invalid_grant"
	}
	return encode(struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}{word, strings.TrimSpace(e.Field + " " + e.Message)})
}
