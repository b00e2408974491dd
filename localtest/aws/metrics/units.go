package metrics

// units are those of CloudWatch (API reference, MetricDatum).
var units = [...]string{
	"None", "Count", "Percent", "Count/Second",
	"Seconds", "Microseconds", "Milliseconds",
	"Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes",
	"Bits", "Kilobits", "Megabits", "Gigabits", "Terabits",
	"Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second",
	"Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second",
}

// bounds returns the buckets for a unit, nil if it has none: 1 ms to a minute, 64 bytes to 4 MB with the limits of API
// Gateway's frames (32 KB) and messages (128 KB) among them.
func bounds(unit string) []float64 {
	switch unit {
	case "Seconds":
		return []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30, 60}
	case "Milliseconds":
		return []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 3e4, 6e4}
	case "Microseconds":
		return []float64{1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 3e7, 6e7}
	case "Bytes":
		return []float64{64, 256, 1 << 10, 4 << 10, 16 << 10, 32 << 10, 64 << 10, 128 << 10, 1 << 20, 4 << 20}
	}
	return nil
}
