package e2e

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/iam"
	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/aws/template"
)

// Every stack of this test binary judges the calls of its functions by their roles and records them. When all stories have
// been told, each engine's recording is compared with the roles of template.yaml: what was denied is missing there, and what
// no call needed is not to be given. A role without one of its statements, actions or resources must deny some recorded call.

// recording is the calls of one engine's stacks.
type recording struct {
	mu    sync.Mutex
	calls map[iam.Call]iam.Decision
}

// recordings are kept by engine.Kind.
var recordings sync.Map

func recordingOf(kind engine.Kind) *recording {
	r, _ := recordings.LoadOrStore(kind, &recording{calls: map[iam.Call]iam.Decision{}})
	return r.(*recording)
}

func (r *recording) observe(call iam.Call, decision iam.Decision) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls[call] = decision
}

// made returns all calls, denied ones too.
func (r *recording) made() []iam.Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(r.calls))
}

// has reports whether a function has made a call, to a table of this logical id.
func (r *recording) has(function, action, table string) bool {
	return slices.ContainsFunc(r.made(), func(c iam.Call) bool {
		return c.Function == function && c.Action == action && strings.HasSuffix(c.Resource, "-"+table)
	})
}

// wholeRun reports whether all stories are told: rights that no call needed mean nothing otherwise.
func wholeRun() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.fuzz", "test.bench"} {
		if flag.Lookup(name).Value.String() != "" {
			return false
		}
	}
	return os.Getenv("CHAT_WEBSOCKET_URL") == ""
}

// judgeRights compares the recordings with the template, under both values of each condition.
func judgeRights() error {
	variants, err := roleVariants()
	if err != nil {
		return err
	}
	var errs []error
	recordings.Range(func(kind, r any) bool {
		for _, v := range variants {
			for _, problem := range judge(r.(*recording).made(), v.roles) {
				errs = append(errs, fmt.Errorf("rights, on %s, with %v: %s", kind, v.parameters, problem))
			}
		}
		return true
	})
	return errors.Join(errs...)
}

// judge returns what is wrong between calls and roles, by function: one line each.
func judge(calls []iam.Call, roles map[string]iam.Role) (problems []string) {
	for _, c := range iam.Missing(calls, roles) {
		problems = append(problems, fmt.Sprintf("missing: %s of %s: %s on %s", roles[c.Function].LogicalID, c.Function, c.Action, c.Resource))
	}
	exceptions := rightsExceptions()
	excused := make([]bool, len(exceptions))
	for _, right := range iam.Unused(calls, roles) {
		i := slices.IndexFunc(exceptions, func(e rightsException) bool { return e.role == right.Role && e.action == right.Action })
		if i < 0 {
			problems = append(problems, "no test needs: "+right.String())
		} else {
			excused[i] = true
		}
	}
	for i, e := range exceptions {
		if !excused[i] {
			problems = append(problems, fmt.Sprintf("missing, or needed by a test after all: %s: %s, which is an exception because %s",
				e.role, e.action, e.reason))
		}
	}
	if len(problems) == 0 {
		problems = survivors(calls, roles, exceptions)
	}
	slices.Sort(problems)
	return slices.Compact(problems)
}

// survivors returns what can be taken from a role without a recorded call being denied: it is written twice. What no call
// needs has been reported, or excused.
func survivors(calls []iam.Call, roles map[string]iam.Role, exceptions []rightsException) (problems []string) {
	for function, role := range roles {
		for _, mutant := range role.Mutants() {
			mutated := maps.Clone(roles)
			mutated[function] = mutant.Role
			excused := slices.ContainsFunc(exceptions, func(e rightsException) bool {
				return e.role == role.LogicalID && !slices.ContainsFunc(mutant.Role.Rights(), func(r iam.Right) bool { return r.Action == e.action })
			})
			if !excused && len(iam.Missing(calls, mutated)) == len(iam.Missing(calls, roles)) {
				problems = append(problems, "no call is denied without it: "+mutant.Taken)
			}
		}
	}
	return problems
}

// variant is the template's roles under some values of its parameters.
type variant struct {
	parameters map[string]string
	roles      map[string]iam.Role // by function
}

// roleVariants loads the template so that each of its conditions holds once and once does not.
func roleVariants() ([]variant, error) {
	var variants []variant
	seen := map[string]map[bool]bool{}
	for _, parameters := range []map[string]string{
		{},
		{"ManagementEndpoint": "http://127.0.0.1:1/dev", "SendMessageConcurrency": "5", "DeletionProtection": "true"},
	} {
		system, err := template.Load(filepath.Join(root, "template.yaml"), template.Options{StackName: stack.Name, Parameters: parameters})
		if err != nil {
			return nil, err
		}
		roles, err := stack.Roles(system)
		if err != nil {
			return nil, err
		}
		variants = append(variants, variant{parameters, roles})
		for name, holds := range system.Conditions {
			if seen[name] == nil {
				seen[name] = map[bool]bool{}
			}
			seen[name][holds] = true
		}
	}
	for name, outcomes := range seen {
		if len(outcomes) < 2 {
			return nil, fmt.Errorf("rights: the condition %s of template.yaml is %s under all parameters of roleVariants: add one to them",
				name, strings.Trim(fmt.Sprint(slices.Collect(maps.Keys(outcomes))), "[]"))
		}
	}
	return variants, nil
}
