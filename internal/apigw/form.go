package apigw

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/wire"
)

// formOf reads the body of a request that is a form.
func formOf(event restEvent) (wire.Query, error) {
	text, err := rawBodyOf(event)
	if err != nil {
		return nil, err
	}
	return wire.ParseForm(text)
}

// addressOf returns where a request came from. Headers such as X-Forwarded-For are the client's own words.
func addressOf(event restEvent) string { return event.RequestContext.HTTP.SourceIP }

// The refresh token of a page lies in a cookie that scripts cannot read, and that goes to the calls about tokens alone.
const (
	cookieName  = "__Secure-refresh_token"
	cookieRules = "; Path=/auth; HttpOnly; Secure; SameSite=Strict"
)

func refreshCookie(token string, until time.Time) string {
	return fmt.Sprintf("%s=%s; Expires=%s", cookieName, token, until.UTC().Format(http.TimeFormat)) + cookieRules
}

func noRefreshCookie() string { return cookieName + "=; Max-Age=0" + cookieRules }

// maxToken is longer than any token that a client may have of us.
const maxToken = 4096

// optionalToken reads a token; nil when it is left out.
func optionalToken(fields *chat.Fields, name string) *string {
	token := fields.OptionalText(name)
	if token != nil && len(*token) > maxToken {
		fields.Check(chat.Invalid(name, "must have at most %d characters", maxToken))
	}
	return token
}

// refreshTokenOf returns the refresh token of a request: of its cookie if the client says so, else of the field.
func refreshTokenOf(event restEvent, fields *chat.Fields, name string, byCookie bool) string {
	given := optionalToken(fields, name)
	switch {
	case byCookie:
	case given == nil:
		fields.Check(chat.Invalid(name, "is missing"))
		return ""
	default:
		return *given
	}
	var found []string
	for _, cookie := range event.Cookies {
		if value, ok := strings.CutPrefix(cookie, cookieName+"="); ok {
			found = append(found, value)
		}
	}
	if len(found) != 1 {
		fields.Check(chat.Invalid(name, "must be in one cookie"))
		return ""
	}
	return found[0]
}

// cacheFor lets anybody keep a reply for so long.
func cacheFor(age time.Duration) string {
	return fmt.Sprintf("public, max-age=%d", int64(age.Seconds()))
}
