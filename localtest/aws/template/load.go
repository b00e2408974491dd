package template

import (
	"fmt"
	"os"
	"regexp"

	"go.yaml.in/yaml/v3"
)

// Options are what a template is resolved for.
type Options struct {
	Parameters map[string]string // overrides of defaults, by the parameter's name
	StackName  string            // "" means "local"; resources are called STACK-LogicalId
	Region     string            // "" means us-east-1
	AccountID  string            // "" means 000000000000
}

var (
	stackNames = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]{0,127}$`)
	regions    = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)
	accountIDs = regexp.MustCompile(`^[0-9]{12}$`)
)

func (o Options) withDefaults() (Options, error) {
	for _, s := range []struct {
		name     string
		value    *string
		fallback string
		form     *regexp.Regexp
	}{
		{"StackName", &o.StackName, "local", stackNames},
		{"Region", &o.Region, "us-east-1", regions},
		{"AccountID", &o.AccountID, "000000000000", accountIDs},
	} {
		if *s.value == "" {
			*s.value = s.fallback
		}
		if !s.form.MatchString(*s.value) {
			return o, fmt.Errorf("load template: option %s: %q does not match %s", s.name, *s.value, s.form)
		}
	}
	return o, nil
}

// Load reads the SAM template at path. Everything that is wrong with it, or that the local stack neither emulates nor
// knowingly leaves out, comes back as one error of type [Problems]. Other errors are about the file or the options.
func Load(path string, opts Options) (*System, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("load template: %w", err)
	}
	return load(path, data, opts)
}

func load(file string, data []byte, opts Options) (*System, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	found := newProblemSet(file)
	doc := parse(data, found)
	if doc == nil {
		return nil, found.err()
	}
	l := &loader{document: doc, opts: opts, cover: newCoverage(), edges: map[string][]edge{}}
	l.checkSections()
	l.readParameters()
	l.readConditions()
	l.readResources()
	l.nameResources()
	l.findMadeIDs()
	l.evaluateResources()
	l.evaluateOutputs()
	system := l.readSystem()
	l.refuseCircles()
	if err := found.err(); err != nil {
		return nil, err
	}
	return system, nil
}

// loader carries what is known of a template between the steps of load.
type loader struct {
	*document
	opts  Options
	cover coverage

	parameters map[string]string     // resolved values; "" for one with a problem
	conditions map[string]*condition // by name
	resources  []*resource           // in the order of the template
	byID       map[string]*resource
	made       map[string]made // by the logical id that SAM's transform makes
	edges      map[string][]edge
}

// checkSections compares the sections of the template with the two lists.
func (l *loader) checkSections() {
	l.coverNames(sectionsOf, l.root)
	transform := lookup(l.root, "Transform")
	if transform == nil || transform.Value != samTransform {
		l.report(orRoot(transform, l.root), "must be %s", samTransform)
	}
	for key, section := range pairs(l.root) {
		switch key.Value {
		case "Parameters", "Conditions", "Globals", "Resources", "Outputs":
			if section.Kind != yaml.MappingNode {
				l.report(section, "must be a mapping")
			}
		}
	}
	if lookup(l.root, "Resources") == nil {
		l.report(l.root, "there is no Resources section")
	}
}

const samTransform = "AWS::Serverless-2016-10-31"

func orRoot(n, root *yaml.Node) *yaml.Node {
	if n == nil {
		return root
	}
	return n
}

// evaluateOutputs resolves the outputs for their mistakes only: nothing here reads them.
func (l *loader) evaluateOutputs() {
	for _, output := range pairs(l.section("Outputs")) {
		l.coverNames(outputAttributes, output)
		name := lookup(output, "Condition")
		e := evaluator{loader: l, dead: name != nil && !l.holds(name)}
		for key, n := range pairs(output) {
			if key.Value != "Condition" {
				e.evaluate(n)
			}
		}
	}
}
