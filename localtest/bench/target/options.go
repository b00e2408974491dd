package target

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"serverlesschat/localtest/aws/engine"
)

// Options say how the local stack runs. The zero value of a field is the stack's default.
type Options struct {
	Engine     engine.Kind
	Poll       time.Duration // how often streams are polled
	StoreDelay time.Duration // added to each call of the store
	PostDelay  time.Duration // added to each call of the management API
	Processes  int           // limit of processes of a function
	Parameters Parameters    // values for the template's parameters
	// ManagementFront, if given, sees the calls of the management API before they are delayed.
	ManagementFront func(http.Handler) http.Handler
}

// RegisterFlags defines the flags of all options but Poll and ManagementFront.
func (o *Options) RegisterFlags(flags *flag.FlagSet) {
	o.Engine = engine.Dynoxide
	flags.StringVar((*string)(&o.Engine), "engine", string(o.Engine), "DynamoDB engine: dynoxide or local")
	flags.DurationVar(&o.StoreDelay, "store-delay", 0, "added to each call of the store")
	flags.DurationVar(&o.PostDelay, "post-delay", 0, "added to each call of the management API")
	flags.IntVar(&o.Processes, "processes", 0, "limit of processes of a function; 0 is the stack's default")
	flags.Var(&o.Parameters, "parameters", "parameters of the template, Key=Value,...; may be repeated")
}

// Parameters are values for the template's parameters, by name. As a flag they are Key=Value, separated by commas, and
// the flag may be repeated.
type Parameters map[string]string

// String implements flag.Value.
func (p *Parameters) String() string { return strings.Join(p.differing(nil), ",") }

// Set implements flag.Value. A part without a key, or without an equals sign, is an error, and so is a key that has
// been given before.
func (p *Parameters) Set(text string) error {
	if *p == nil {
		*p = Parameters{}
	}
	for part := range strings.SplitSeq(text, ",") {
		key, value, ok := strings.Cut(part, "=")
		if !ok || key == "" {
			return fmt.Errorf("%q is not Key=Value", part)
		}
		if _, again := (*p)[key]; again {
			return fmt.Errorf("%s is given twice", key)
		}
		(*p)[key] = value
	}
	return nil
}

// differing returns those that have another value than the default, as Key=Value, sorted.
func (p *Parameters) differing(defaults map[string]string) []string {
	var differing []string
	for _, key := range slices.Sorted(maps.Keys(*p)) {
		if value, ok := defaults[key]; !ok || value != (*p)[key] {
			differing = append(differing, key+"="+(*p)[key])
		}
	}
	return differing
}
