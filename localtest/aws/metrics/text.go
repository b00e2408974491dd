package metrics

import (
	"bytes"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// write writes everything, sorted, in the text exposition format (Prometheus documentation, "Exposition formats").
func (r *Registry) write(b *bytes.Buffer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(r.families)) {
		r.families[name].write(b, name)
	}
	writeHeader(b, "emf_lines_total", counter, "Log lines in the embedded metric format.")
	writeSample(b, "emf_lines_total", "", float64(r.lines))
	writeHeader(b, "emf_dropped_total", counter, "Metrics that were dropped, by reason.")
	for _, why := range []reason{conflict, invalid, negative, seriesLimit} {
		writeSample(b, "emf_dropped_total", label("reason", string(why)), float64(r.dropped[why]))
	}
}

// writeGauges writes gauges by name, in the order in which they are given: those of one name belong together.
func writeGauges(b *bytes.Buffer, gauges []Gauge) {
	slices.SortStableFunc(gauges, func(a, b Gauge) int { return strings.Compare(a.fullName(), b.fullName()) })
	for i, g := range gauges {
		name := g.fullName()
		if i == 0 || gauges[i-1].fullName() != name {
			writeHeader(b, name, gauge, g.Name+" of "+g.Namespace+", unit "+g.Unit+".")
		}
		writeSample(b, name, label(snake(g.Dimension), g.DimensionValue), g.Value)
	}
}

func (g Gauge) fullName() string {
	name := snake(g.Namespace + "_" + g.Name)
	if g.Unit != "Count" {
		name += "_" + snake(g.Unit)
	}
	return name
}

func (f *family) write(b *bytes.Buffer, name string) {
	writeHeader(b, name, f.kind, f.help)
	for _, labels := range slices.Sorted(maps.Keys(f.series)) {
		s := f.series[labels]
		if f.kind == counter {
			writeSample(b, name, labels, s.sum)
			continue
		}
		if f.kind == histogram {
			var below uint64
			for i, bound := range f.bounds {
				below += s.buckets[i]
				writeSample(b, name+"_bucket", join(labels, label("le", formatValue(bound))), float64(below))
			}
			writeSample(b, name+"_bucket", join(labels, label("le", "+Inf")), float64(s.count))
		}
		writeSample(b, name+"_sum", labels, s.sum)
		writeSample(b, name+"_count", labels, float64(s.count))
	}
}

func writeHeader(b *bytes.Buffer, name string, k kind, help string) {
	b.WriteString("# HELP " + name + " " + helpEscaper.Replace(help) + "\n# TYPE " + name + " " + string(k) + "\n")
}

func writeSample(b *bytes.Buffer, name, labels string, value float64) {
	b.WriteString(name)
	if labels != "" {
		b.WriteString("{" + labels + "}")
	}
	b.WriteString(" " + formatValue(value) + "\n")
}

func formatValue(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "+Inf"
	case math.IsInf(v, -1):
		return "-Inf"
	case v == math.Trunc(v) && math.Abs(v) < 1e15:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

var (
	helpEscaper  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	labelEscaper = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

// label writes a label as it stands in a sample.
func label(name, value string) string { return name + `="` + labelEscaper.Replace(value) + `"` }

func join(labels, more string) string {
	if labels == "" {
		return more
	}
	return labels + "," + more
}

// snake turns a name of CloudWatch's into one that Prometheus takes: letters, digits and single underscores, not
// beginning with a digit. An underscore comes where a word begins (DeliveryLatency, HTTPStatus) and for each run of
// other characters.
func snake(name string) string {
	out := make([]byte, 0, len(name)+8)
	separate := func() {
		if len(out) > 0 && out[len(out)-1] != '_' {
			out = append(out, '_')
		}
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case isUpper(c):
			afterWord := i > 0 && (isLower(name[i-1]) || isDigit(name[i-1]))
			beforeWord := i > 0 && isUpper(name[i-1]) && i+1 < len(name) && isLower(name[i+1])
			if afterWord || beforeWord {
				separate()
			}
			out = append(out, c+'a'-'A')
		case isLower(c):
			out = append(out, c)
		case isDigit(c):
			if len(out) == 0 {
				out = append(out, '_')
			}
			out = append(out, c)
		default:
			separate()
		}
	}
	return strings.TrimSuffix(string(out), "_")
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
