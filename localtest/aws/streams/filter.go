package streams

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// filter is the FilterCriteria of a mapping: a record passes that matches one of the patterns, or if there are none.
// What is matched is the record as the function would get it (Lambda Developer Guide, "Filter rule syntax").
type filter []rule

// rule reports whether a value of the record matches. present says that it is there at all.
type rule func(value any, present bool) bool

// compile reads patterns. One that uses what DynamoDB streams can't be filtered by, or what is not known here, is an
// error.
func compile(patterns []string) (filter, error) {
	var f filter
	var errs []error
	for _, text := range patterns {
		r, err := compilePattern(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("filter %s: %w", text, err))
		}
		f = append(f, r)
	}
	return f, errors.Join(errs...)
}

// passes reports whether the function gets the record.
func (f filter) passes(event []byte) bool {
	if len(f) == 0 {
		return true
	}
	value, err := decode(event)
	if err != nil {
		return true // ours always can be
	}
	for _, matches := range f {
		if matches(value, true) {
			return true
		}
	}
	return false
}

// decode reads JSON and keeps numbers as they are written.
func decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, errors.New("more than one JSON value")
	}
	return v, nil
}

func compilePattern(text string) (rule, error) {
	v, err := decode([]byte(text))
	if err != nil {
		return nil, err
	}
	fields, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("a pattern is an object")
	}
	return compileObject(fields)
}

// compileObject makes the rule that all fields must match, and one of the alternatives of "$or".
func compileObject(fields map[string]any) (rule, error) {
	if len(fields) == 0 {
		return nil, errors.New("a pattern needs at least one field")
	}
	var all []rule
	for name, pattern := range fields {
		var r rule
		var err error
		if name == "$or" {
			r, err = compileAlternatives(pattern)
		} else {
			r, err = compileField(name, pattern)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, r)
	}
	return func(value any, present bool) bool {
		for _, matches := range all {
			if !matches(value, present) {
				return false
			}
		}
		return true
	}, nil
}

func compileAlternatives(pattern any) (rule, error) {
	list, ok := pattern.([]any)
	if !ok || len(list) < 2 {
		return nil, errors.New("needs a list of two patterns or more")
	}
	var some []rule
	for _, element := range list {
		fields, ok := element.(map[string]any)
		if !ok {
			return nil, errors.New("each alternative is an object")
		}
		r, err := compileObject(fields)
		if err != nil {
			return nil, err
		}
		some = append(some, r)
	}
	return oneOf(some), nil
}

// compileField makes the rule for what a field has: an object goes deeper, a list holds the conditions of which one
// must be met.
func compileField(name string, pattern any) (rule, error) {
	var inner rule
	var err error
	switch pattern := pattern.(type) {
	case map[string]any:
		inner, err = compileObject(pattern)
	case []any:
		inner, err = compileConditions(pattern)
	default:
		err = errors.New("a condition stands in a list")
	}
	if err != nil {
		return nil, err
	}
	return func(value any, _ bool) bool {
		object, _ := value.(map[string]any)
		v, present := object[name]
		return inner(v, present)
	}, nil
}

func compileConditions(list []any) (rule, error) {
	if len(list) == 0 {
		return nil, errors.New("an empty list matches nothing")
	}
	var some []rule
	for _, condition := range list {
		r, err := compileCondition(condition)
		if err != nil {
			return nil, err
		}
		some = append(some, r)
	}
	return oneOf(some), nil
}

func oneOf(rules []rule) rule {
	return func(value any, present bool) bool {
		for _, matches := range rules {
			if matches(value, present) {
				return true
			}
		}
		return false
	}
}

// compileCondition makes the rule of one condition: a value to be equal to, or {"operator": operand}.
func compileCondition(condition any) (rule, error) {
	operation, ok := condition.(map[string]any)
	if !ok {
		return leaf(func(v any) bool { return reflect.DeepEqual(v, condition) }), nil
	}
	if len(operation) != 1 {
		return nil, errors.New("a condition has one operator")
	}
	for operator, operand := range operation {
		r, err := compileOperator(operator, operand)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", operator, err)
		}
		return r, nil
	}
	panic("unreachable")
}

func compileOperator(operator string, operand any) (rule, error) {
	switch operator {
	case "exists":
		want, ok := operand.(bool)
		if !ok {
			return nil, errors.New("needs true or false")
		}
		return func(v any, present bool) bool { return (present && isLeaf(v)) == want }, nil
	case "prefix":
		return compileText(operand, strings.HasPrefix)
	case "suffix":
		return compileText(operand, strings.HasSuffix)
	case "equals-ignore-case":
		return compileText(operand, strings.EqualFold)
	case "anything-but":
		return compileAnythingBut(operand)
	case "numeric":
		return nil, errors.New("does not work for DynamoDB, whose numbers are strings")
	}
	return nil, errors.New("is not known to the local stack")
}

func compileText(operand any, holds func(value, operand string) bool) (rule, error) {
	text, ok := operand.(string)
	if !ok {
		return nil, errors.New("needs a string")
	}
	return leaf(func(v any) bool {
		s, ok := v.(string)
		return ok && holds(s, text)
	}), nil
}

// compileAnythingBut takes one value, a list of them, or {"prefix": text} and {"suffix": text}. The field must be
// there.
func compileAnythingBut(operand any) (rule, error) {
	list, ok := operand.([]any)
	if !ok {
		list = []any{operand}
	}
	not, err := compileConditions(list)
	if err != nil {
		return nil, err
	}
	return func(v any, present bool) bool { return present && isLeaf(v) && !not(v, true) }, nil
}

// leaf is the rule for a value that is there and not an object. Of a list one element must match.
func leaf(matches func(v any) bool) rule {
	return func(value any, present bool) bool {
		if !present {
			return false
		}
		if list, ok := value.([]any); ok {
			for _, v := range list {
				if matches(v) {
					return true
				}
			}
			return false
		}
		return matches(value)
	}
}

func isLeaf(v any) bool {
	_, object := v.(map[string]any)
	return !object
}
