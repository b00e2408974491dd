package enforce

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"serverlesschat/localtest/aws/iam"
)

// Principal is a function as a caller.
type Principal struct {
	Function string // what Call.Function gets
	Session  string // name of the role's session; Lambda takes the function's name
	Role     iam.Role
}

// Options are what an Enforcer works with. All of it is needed.
type Options struct {
	Region, AccountID string
	Principals        map[string]Principal // by access key id
	// Observe is called with each decision, also from several goroutines at once.
	Observe func(iam.Call, iam.Decision)
}

// Enforcer judges calls. It is safe for use by many goroutines.
type Enforcer struct {
	opts       Options
	byFunction map[string]Principal
}

// New returns an Enforcer.
func New(opts Options) *Enforcer {
	e := &Enforcer{opts: opts, byFunction: map[string]Principal{}}
	for _, p := range opts.Principals {
		e.byFunction[p.Function] = p
	}
	return e
}

// Denied is returned for a call that the caller's role does not allow. Its text is AWS's.
type Denied struct {
	user     string // ARN of the role's session
	call     iam.Call
	decision iam.Decision
}

// Error implements error. The form is that of access denied messages (IAM User Guide, "Troubleshoot access denied error
// messages"); field: anomalyco/sst issue 4469.
func (d *Denied) Error() string {
	why := fmt.Sprintf("because no identity-based policy allows the %s action", d.call.Action)
	if d.decision == iam.ExplicitDeny {
		why = "with an explicit deny in an identity-based policy"
	}
	return fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s %s",
		d.user, d.call.Action, d.call.Resource, why)
}

// Check judges what a service does for a function under its role, and passes the decision to the observer. The error is
// a *Denied.
func (e *Enforcer) Check(function, action, resource string) error {
	return e.judge(e.byFunction[function], access{action, resource})
}

// MayEver is Check before anything is done: AWS looks at a role when a resource is made that will use it. The observer
// gets nothing.
func (e *Enforcer) MayEver(function, action, resource string) error {
	_, err := e.decide(e.byFunction[function], access{action, resource})
	return err
}

// access is what a call does, as IAM has it.
type access struct{ action, resource string }

func (e *Enforcer) judge(p Principal, a access) error {
	denied, err := e.decide(p, a)
	e.opts.Observe(denied.call, denied.decision)
	return err
}

func (e *Enforcer) decide(p Principal, a access) (Denied, error) {
	d := Denied{
		user:     fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/%s", e.opts.AccountID, p.Role.Name, p.Session),
		call:     iam.Call{Function: p.Function, Action: a.action, Resource: a.resource},
		decision: p.Role.Decide(a.action, a.resource),
	}
	if d.decision == iam.Allow {
		return d, nil
	}
	return d, &d
}

// judgeAll judges all parts of a call, so that the observer learns of all that is missing at once. It returns the first
// error.
func (e *Enforcer) judgeAll(p Principal, all []access) (first error) {
	for _, a := range all {
		if err := e.judge(p, a); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// caller returns the principal that signed a request.
func (e *Enforcer) caller(r *http.Request) (Principal, bool) {
	p, ok := e.opts.Principals[accessKeyID(r.Header.Get("Authorization"))]
	return p, ok
}

// accessKeyID reads the header Authorization of Signature Version 4 (IAM User Guide, "Create a signed AWS API
// request"). It returns "" for any other.
func accessKeyID(authorization string) string {
	fields, ok := strings.CutPrefix(authorization, "AWS4-HMAC-SHA256 ")
	if !ok {
		return ""
	}
	for field := range strings.SplitSeq(fields, ",") {
		if scope, ok := strings.CutPrefix(strings.TrimSpace(field), "Credential="); ok {
			id, _, _ := strings.Cut(scope, "/")
			return id
		}
	}
	return ""
}

func (e *Enforcer) arn(service, resource string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, e.opts.Region, e.opts.AccountID, resource)
}

// refuse answers as the REST services do: the name of the error in a header, the text in the body. Some services spell
// the member Message and others message; SDKs take both.
func refuse(w http.ResponseWriter, status int, name, message string) {
	body, _ := json.Marshal(map[string]string{"Message": message, "message": message}) // of text alone: it cannot fail
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", name)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
