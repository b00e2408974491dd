package metrics

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"serverlesschat/localtest/aws/jsonwalk"
)

// Limits of the format (CloudWatch User Guide, "Specification: Embedded metric format", and the API reference's
// Dimension).
const (
	maxMetrics        = 100
	maxValues         = 100
	maxDimensions     = 30
	maxDimensionValue = 1024
)

// sample is what a line says of one series.
type sample struct {
	*metric
	labels string    // as they are written
	values []float64 // never empty
}

// mayBeEMF is the quick look at a line: most are not EMF.
func mayBeEMF(line []byte) bool {
	line = bytes.TrimLeft(line, " \t\r\n")
	return len(line) > 0 && line[0] == '{' && bytes.Contains(line, []byte(`"_aws"`))
}

type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []struct{ Name, Unit string }
}

// plan is a directive made ready: what to look for in a line, and what becomes of it. A function says the same in all
// its lines, so plans are kept.
type plan struct {
	sets    [][]dimension
	metrics []metric
}

type dimension struct {
	key   string // in the line
	label string
}

type metric struct {
	key    string // in the line
	name   string // in Prometheus, without _sum and the like
	kind   kind
	help   string
	bounds []float64
}

// plans are kept by the text of CloudWatchMetrics, up to maxPlans of up to maxPlanText bytes.
type plans map[string][]plan

const (
	maxPlans    = 1000
	maxPlanText = 8 << 10
)

// parse returns what a line says. A line that is not EMF, although it may have looked so, says nothing. An error means
// that CloudWatch would not take the line.
func (p plans) parse(line []byte) ([]sample, error) {
	if !json.Valid(line) {
		return nil, nil // an ordinary line that has the word in it
	}
	root := jsonwalk.MembersOf(line)
	meta, ok := root.Get("_aws")
	if !ok {
		return nil, nil
	}
	if meta[0] != '{' {
		return nil, errors.New("_aws is no object")
	}
	members := jsonwalk.MembersOf(meta)
	if err := checkTimestamp(members); err != nil {
		return nil, err
	}
	todo, err := p.of(members)
	if err != nil {
		return nil, err
	}
	var samples []sample
	for i := range todo {
		if samples, err = todo[i].appendTo(samples, root); err != nil {
			return nil, err
		}
	}
	return samples, nil
}

func checkTimestamp(meta jsonwalk.Members) error {
	raw, _ := meta.Get("Timestamp")
	if at, err := number(raw); err != nil || at < 0 {
		return errors.New("_aws.Timestamp is missing or no time")
	}
	return nil
}

// of returns the plans for _aws.
func (p plans) of(meta jsonwalk.Members) ([]plan, error) {
	raw, _ := meta.Get("CloudWatchMetrics")
	if known, ok := p[string(raw)]; ok {
		return known, nil
	}
	var directives []directive
	if err := json.Unmarshal(raw, &directives); err != nil {
		return nil, fmt.Errorf("_aws.CloudWatchMetrics: %w", err)
	}
	made := make([]plan, len(directives))
	for i, d := range directives {
		var err error
		if made[i], err = d.plan(); err != nil {
			return nil, fmt.Errorf("_aws.CloudWatchMetrics[%d]: %w", i, err)
		}
	}
	if len(p) < maxPlans && len(raw) <= maxPlanText {
		p[string(raw)] = made
	}
	return made, nil
}

func (d *directive) plan() (plan, error) {
	if d.Namespace == "" || len(d.Dimensions) == 0 || len(d.Metrics) == 0 {
		//nolint:staticcheck // ST1005: the words are names of fields
		return plan{}, errors.New("Namespace, Dimensions or Metrics is missing")
	}
	if len(d.Metrics) > maxMetrics {
		return plan{}, fmt.Errorf("%d metrics, %d are allowed", len(d.Metrics), maxMetrics)
	}
	p := plan{sets: make([][]dimension, len(d.Dimensions)), metrics: make([]metric, len(d.Metrics))}
	var err error
	for i, set := range d.Dimensions {
		if p.sets[i], err = newDimensions(set); err != nil {
			//nolint:staticcheck // ST1005: the word is the name of a field
			return plan{}, fmt.Errorf("Dimensions[%d]: %w", i, err)
		}
	}
	for i, m := range d.Metrics {
		if p.metrics[i], err = newMetric(d.Namespace, m.Name, m.Unit); err != nil {
			return plan{}, fmt.Errorf("metric %q: %w", m.Name, err)
		}
	}
	return p, nil
}

// newDimensions returns a dimension set sorted by labels. le is a histogram's own label, so a dimension of that name
// gets another.
func newDimensions(set []string) ([]dimension, error) {
	if len(set) > maxDimensions {
		return nil, fmt.Errorf("%d dimensions, %d are allowed", len(set), maxDimensions)
	}
	all := make([]dimension, 0, len(set))
	for _, key := range set {
		d := dimension{key: key, label: snake(key)}
		switch d.label {
		case "":
			return nil, fmt.Errorf("dimension %q cannot be a label", key)
		case "le":
			d.label = "le_"
		}
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b dimension) int { return strings.Compare(a.label, b.label) })
	for i := 1; i < len(all); i++ {
		if all[i-1].label == all[i].label {
			return nil, fmt.Errorf("two dimensions become the label %q", all[i].label)
		}
	}
	return all, nil
}

func newMetric(namespace, name, unit string) (metric, error) {
	unit = cmp.Or(unit, "None")
	if !slices.Contains(units[:], unit) {
		return metric{}, fmt.Errorf("unknown unit %q", unit)
	}
	if snake(name) == "" || snake(namespace) == "" {
		return metric{}, errors.New("name or namespace has no letters")
	}
	m := metric{key: name, name: snake(namespace + "_" + name), kind: summary, help: name + " of " + namespace + ", unit " + unit + "."}
	switch unit {
	case "None":
	case "Count":
		m.kind = counter
		m.name += "_total"
	default:
		m.name += "_" + snake(strings.ReplaceAll(unit, "/", "_per_"))
		if m.bounds = bounds(unit); m.bounds != nil {
			m.kind = histogram
		}
	}
	return m, nil
}

// appendTo adds a line's samples: each metric once for each dimension set.
func (p *plan) appendTo(samples []sample, root jsonwalk.Members) ([]sample, error) {
	first := len(samples)
	for i := range p.metrics {
		m := &p.metrics[i]
		raw, _ := root.Get(m.key)
		all, err := values(raw)
		if err != nil {
			return nil, fmt.Errorf("metric %q: %w", m.key, err)
		}
		for range p.sets {
			samples = append(samples, sample{metric: m, values: all})
		}
	}
	for i, set := range p.sets {
		labels, err := labels(set, root)
		if err != nil {
			return nil, err
		}
		for j := first + i; j < len(samples); j += len(p.sets) {
			samples[j].labels = labels
		}
	}
	return samples, nil
}

// labels writes a line's values of a dimension set.
func labels(set []dimension, root jsonwalk.Members) (string, error) {
	var b []byte
	for i, d := range set {
		raw, _ := root.Get(d.key)
		value, err := jsonwalk.Unquote(raw)
		if err != nil {
			return "", fmt.Errorf("dimension %q is no string", d.key)
		}
		if n := utf8.RuneCount(value); n == 0 || n > maxDimensionValue {
			return "", fmt.Errorf("dimension %q has a value of %d characters", d.key, n)
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, label(d.label, string(value))...)
	}
	return string(b), nil
}

// values reads a metric's value: a number or an array of numbers.
func values(raw []byte) ([]float64, error) {
	switch {
	case len(raw) == 0:
		return nil, errors.New("it has no value")
	case raw[0] != '[':
		one, err := number(raw)
		return []float64{one}, err
	}
	var all []float64
	for item := range jsonwalk.Items(raw) {
		one, err := number(item)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	if len(all) == 0 || len(all) > maxValues {
		return nil, fmt.Errorf("it has %d values, 1 to %d are allowed", len(all), maxValues)
	}
	return all, nil
}

func number(raw []byte) (float64, error) {
	if len(raw) == 0 || raw[0] != '-' && !isDigit(raw[0]) {
		return 0, errors.New("its value is no number")
	}
	return strconv.ParseFloat(string(raw), 64)
}
