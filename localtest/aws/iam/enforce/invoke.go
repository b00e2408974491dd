package enforce

import (
	"net/http"
	"net/url"
	"strings"
)

// Invoke stands before the Invoke API. Paths that are not of it pass, for the API itself to refuse.
func (e *Enforcer) Invoke(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		function, ok := e.invokedFunction(r.URL)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		p, known := e.caller(r)
		if !known {
			refuse(w, http.StatusForbidden, "UnrecognizedClientException", unknownToken)
			return
		}
		if err := e.judge(p, access{"lambda:InvokeFunction", function}); err != nil {
			refuse(w, http.StatusForbidden, "AccessDeniedException", err.Error())
			return
		}
		next.ServeHTTP(w, r)
	})
}

// unknownToken is what AWS says of an access key id that it does not know.
const unknownToken = "The security token included in the request is invalid."

// invokedFunction returns the ARN of the function that a path names, by name or by ARN; with its qualifier, where there
// is one (Lambda API Reference, "Invoke").
func (e *Enforcer) invokedFunction(u *url.URL) (arn string, ok bool) {
	name, ok := strings.CutPrefix(u.EscapedPath(), "/2015-03-31/functions/")
	if ok {
		name, ok = strings.CutSuffix(name, "/invocations")
	}
	name, err := url.PathUnescape(name)
	if !ok || err != nil {
		return "", false
	}
	if !strings.HasPrefix(name, "arn:") {
		name = e.arn("lambda", "function:"+name)
	}
	if qualifier := u.Query().Get("Qualifier"); qualifier != "" {
		name += ":" + qualifier
	}
	return name, true
}
