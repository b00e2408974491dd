package e2e

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"

	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/iam"
	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/aws/template"
)

// Every stack of this test binary judges the calls of its functions by their roles and records them. When all stories
// have run, the recordings are compared with the roles of template.yaml: what was denied is missing there, and
// what no call needed, on whichever engine, is not to be given. A role without one of its statements, actions or resources must
// deny some recorded call.

// recording is the calls of one engine's stacks.
type recording struct {
	mu    sync.Mutex
	calls map[iam.Call]iam.Decision
}

// recordings are kept by recordedOn.
var recordings sync.Map

// recordedOn says where calls are made: on which engine, and whether senders push, which gives them more rights.
type recordedOn struct {
	kind   engine.Kind
	direct bool
}

func recordingOf(kind engine.Kind, direct bool) *recording {
	r, _ := recordings.LoadOrStore(recordedOn{kind, direct}, &recording{calls: map[iam.Call]iam.Decision{}})
	return r.(*recording)
}

// observe keeps a call. Calls about connections differ in the connection's id, which no role names: one stands for all, or
// to compare thousands of them with the roles would take longer than most stories.
func (r *recording) observe(call iam.Call, decision iam.Decision) {
	const connections = "/@connections/"
	if api, _, found := strings.Cut(call.Resource, connections); found {
		call.Resource = api + connections + "ID"
	}
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

// wholeRun reports whether all stories run: rights that no call needed mean nothing otherwise.
func wholeRun() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.fuzz", "test.bench"} {
		if flag.Lookup(name).Value.String() != "" {
			return false
		}
	}
	return os.Getenv("CHAT_WEBSOCKET_URL") == ""
}

// judgeRights compares the recordings with the template, under both values of each condition. What is missing is
// reported in any case; what is not needed only if all stories have run. Few stories run where senders do not push; what
// they need not says nothing.
func judgeRights(all bool) error {
	variants, err := roleVariants()
	if err != nil {
		return err
	}
	var errs []error
	var direct []iam.Call // made where senders push
	recorded := false
	recordings.Range(func(key, r any) bool {
		recorded = true
		on, calls := key.(recordedOn), r.(*recording).made()
		if on.direct {
			direct = append(direct, calls...)
		}
		for _, v := range variants {
			if v.direct == on.direct {
				errs = append(errs, problems(" on "+string(on.kind)+v.name, audit(v, calls).Missing())...)
			}
		}
		return true
	})
	if recorded && !all {
		fmt.Println("rights that no test needs are not looked for: that takes a run of all tests here, all passed")
	}
	for _, v := range variants {
		if all && v.direct && len(direct) > 0 {
			errs = append(errs, problems(v.name, audit(v, direct).Needless())...)
		}
	}
	return errors.Join(errs...)
}

func audit(v variant, calls []iam.Call) iam.Audit {
	return iam.Audit{Calls: calls, Roles: v.roles, Exceptions: exceptions()}
}

func problems(where string, found []string) (errs []error) {
	for _, problem := range found {
		errs = append(errs, fmt.Errorf("rights,%s: %s", where, problem))
	}
	return errs
}

// variant is the template's roles under some values of its parameters.
type variant struct {
	name   string              // "" under the defaults
	direct bool                // senders push
	roles  map[string]iam.Role // by function
}

// roleVariants loads the template so that each of its conditions holds once and once does not. Roles that come out
// alike are one variant.
func roleVariants() ([]variant, error) {
	var variants []variant
	seen := map[string]map[bool]bool{}
	for _, parameters := range []map[string]string{
		{},
		{
			"ManagementEndpoint": "http://127.0.0.1:1/dev", "SendMessageConcurrency": "5", "DeletionProtection": "true",
			"HashConcurrency": "0",
			"AlarmTopic":      "arn:aws:sns:us-east-1:000000000000:alarms",
		},
		{"DirectPush": "false"},
	} {
		options := template.Options{StackName: stackName, Parameters: parameters}
		system, err := template.Load(filepath.Join(root, "template.yaml"), options)
		if err != nil {
			return nil, err
		}
		roles, err := stack.Roles(system)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(variants, func(v variant) bool { return reflect.DeepEqual(v.roles, roles) }) {
			name := ""
			if len(parameters) > 0 {
				name = fmt.Sprintf(" with %v", parameters)
			}
			variants = append(variants, variant{name, parameters["DirectPush"] != "false", roles})
		}
		for name, holds := range system.Conditions {
			if seen[name] == nil {
				seen[name] = map[bool]bool{}
			}
			seen[name][holds] = true
		}
	}
	for name, outcomes := range seen {
		if len(outcomes) < 2 {
			return nil, fmt.Errorf("rights: roleVariants has no parameters under which the condition %s of template.yaml is %t: "+
				"add them", name, !slices.Collect(maps.Keys(outcomes))[0])
		}
	}
	return variants, nil
}
