package template

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// readParameters settles every parameter: the override, else the default, checked against its declaration.
func (l *loader) readParameters() {
	l.parameters = map[string]string{}
	section := l.section("Parameters")
	for key, n := range pairs(section) {
		l.parameters[key.Value] = ""
		if !l.plain(n, yaml.MappingNode) {
			l.report(n, "must be a mapping")
			continue
		}
		l.coverNames(parameterAttributes, n)
		if l.writtenOut(n) {
			l.parameters[key.Value] = l.settle(key, n)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.opts.Parameters)) {
		if _, is := l.parameters[name]; !is {
			l.problems.add(section.Line, "Parameters", "an override is given for "+name+", which the template does not declare")
		}
	}
}

// writtenOut reports what is neither a scalar nor a list of scalars: CloudFormation takes no functions here.
func (l *loader) writtenOut(declaration *yaml.Node) bool {
	ok := true
	for _, n := range pairs(declaration) {
		parts := []*yaml.Node{n}
		if l.plain(n, yaml.SequenceNode) {
			parts = n.Content
		}
		for _, part := range parts {
			if !l.plain(part, yaml.ScalarNode) {
				l.report(part, "must be written out, as text or a number")
				ok = false
			}
		}
	}
	return ok
}

func (l *loader) settle(key, declaration *yaml.Node) string {
	at := key
	given, overridden := l.opts.Parameters[key.Value]
	if fallback := lookup(declaration, "Default"); !overridden && fallback != nil {
		at, given, overridden = fallback, scalarText(fallback), true
	}
	if !overridden {
		l.report(key, "has no default, so a value must be given")
		return ""
	}
	if err := l.checkParameter(declaration, given); err != nil {
		l.report(at, "%v", err)
		return ""
	}
	return given
}

func (l *loader) checkParameter(declaration *yaml.Node, given string) error {
	if allowed := lookup(declaration, "AllowedValues"); allowed != nil && allowed.Kind == yaml.SequenceNode {
		var words []string
		for _, n := range allowed.Content {
			words = append(words, scalarText(n))
		}
		if !slices.Contains(words, given) {
			return fmt.Errorf("%q is not one of %s", given, strings.Join(words, ", "))
		}
	}
	kind := lookup(declaration, "Type")
	switch {
	case kind == nil:
		return fmt.Errorf("type is missing")
	case kind.Value == "String":
		return l.checkString(declaration, given)
	case kind.Value == "Number":
		return l.checkNumber(declaration, given)
	default:
		return fmt.Errorf("parameters of type %s are not emulated, only String and Number", kind.Value)
	}
}

// checkString holds text against its pattern, which must match all of it, and its length.
func (l *loader) checkString(declaration *yaml.Node, given string) error {
	if n := lookup(declaration, "AllowedPattern"); n != nil {
		pattern, err := regexp.Compile(`^(?:` + n.Value + `)$`)
		if err != nil {
			l.report(n, "is not a pattern that can be checked here: %v", err)
		} else if !pattern.MatchString(given) {
			return fmt.Errorf("%q does not match %s", given, n.Value)
		}
	}
	length := float64(utf8.RuneCountInString(given))
	if length < l.limit(declaration, "MinLength", 0) || length > l.limit(declaration, "MaxLength", math.Inf(1)) {
		return fmt.Errorf("%q is too short or too long", given)
	}
	return nil
}

func (l *loader) checkNumber(declaration *yaml.Node, given string) error {
	number, err := parseNumber(given)
	if err != nil {
		return err
	}
	minimum, maximum := l.limit(declaration, "MinValue", math.Inf(-1)), l.limit(declaration, "MaxValue", math.Inf(1))
	if number < minimum || number > maximum {
		return fmt.Errorf("%s is not between %v and %v", given, minimum, maximum)
	}
	return nil
}

func (l *loader) limit(declaration *yaml.Node, name string, fallback float64) float64 {
	n := lookup(declaration, name)
	if n == nil {
		return fallback
	}
	number, err := parseNumber(n.Value)
	if err != nil {
		l.report(n, "%v", err)
		return fallback
	}
	return number
}

var decimal = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?$`)

func parseNumber(s string) (float64, error) {
	if !decimal.MatchString(s) {
		return 0, fmt.Errorf("%q is not a number", s)
	}
	return strconv.ParseFloat(s, 64)
}
