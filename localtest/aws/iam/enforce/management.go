package enforce

import (
	"net/http"
	"strings"
)

// Management stands before a WebSocket API's endpoint, and judges the calls for connections at a stage. All else
// passes. IAM has one action for them, and the method as a part of the resource (API Gateway Developer Guide, "Control
// access to a WebSocket API with IAM authorization").
func (e *Enforcer) Management(apiID, stage string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connection, ok := strings.CutPrefix(r.URL.Path, "/"+stage+"/@connections/")
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		p, known := e.caller(r)
		if !known {
			refuse(w, http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token")
			return
		}
		resource := e.arn("execute-api", apiID+"/"+stage+"/"+r.Method+"/@connections/"+connection)
		if err := e.judge(p, access{"execute-api:ManageConnections", resource}); err != nil {
			refuse(w, http.StatusForbidden, "ForbiddenException", err.Error())
			return
		}
		next.ServeHTTP(w, r)
	})
}
