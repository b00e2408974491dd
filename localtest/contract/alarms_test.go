package contract

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/telemetry"
)

// tree is a part of the template, as it is written: !Ref PushFunction is the text PushFunction.
type tree = map[string]any

// resources returns the properties of the template's resources of a type, by their names.
func resources(t *testing.T, typ string) map[string]tree {
	t.Helper()
	data, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Type       string `yaml:"Type"`
			Properties tree   `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(data, &template); err != nil {
		t.Fatal(err)
	}
	found := map[string]tree{}
	for name, r := range template.Resources {
		if r.Type == typ {
			found[name] = r.Properties
		}
	}
	return found
}

// at returns what is at a path of names in a tree, and nil where there is nothing.
func at(value any, path ...string) any {
	for _, name := range path {
		inner, _ := value.(tree)
		value = inner[name]
	}
	return value
}

// ownNamespace has the stack's name in it: what one stack counts must not raise another one's alarms.
const ownNamespace = "Chat/${AWS::StackName}"

// alarm is what raises an alarm: that the sum of its metrics is above the threshold in each of the last periods.
type alarm struct {
	metrics   []string // as metricOf writes them, sorted
	threshold any
	periods   any
}

// metricOf writes a metric as one text.
func metricOf(namespace, name, dimension, statistic any) string {
	return fmt.Sprintf("%v %v of {%v}, %v each 60 s", namespace, name, dimension, statistic)
}

// wantAlarms are the alarms that the template must have. A function that no alarm names fails unseen, so those of
// Lambda's errors and throttles name all functions between them.
func wantAlarms(t *testing.T) map[string]alarm {
	t.Helper()
	behind := []string{"FanoutFunction", "JobsFunction", "PushFunction", "ReceiptsFunction"} // of the streams and the queues
	ofFunctions := func(name string, wanted bool) (metrics []string) {
		for function := range resources(t, "AWS::Serverless::Function") {
			if slices.Contains(behind, function) == wanted {
				metrics = append(metrics, metricOf("AWS/Lambda", name, "FunctionName "+function, "Sum"))
			}
		}
		return slices.Sorted(slices.Values(metrics))
	}
	return map[string]alarm{
		"FanoutDeadLettersAlarm": {[]string{metricOf("AWS/SQS", "ApproximateNumberOfMessagesVisible",
			"QueueName FanoutDeadLetters.QueueName", "Maximum")}, 0, 1},
		"JobsDeadLettersAlarm": {[]string{metricOf("AWS/SQS", "ApproximateNumberOfMessagesVisible",
			"QueueName JobsDeadLetters.QueueName", "Maximum")}, 0, 1},
		"JobsAgeAlarm": {[]string{metricOf("AWS/SQS", "ApproximateAgeOfOldestMessage",
			"QueueName Jobs.QueueName", "Maximum")}, 300, 1}, // seconds
		"ChecksAgeAlarm": {[]string{metricOf("AWS/SQS", "ApproximateAgeOfOldestMessage",
			"QueueName Checks.QueueName", "Maximum")}, 1800, 1}, // seconds; some jobs are sent 15 minutes ahead
		"DefectsAlarm": {[]string{metricOf(ownNamespace, telemetry.Errors, "outcome "+string(chat.CodeInternal), "Sum")}, 0, 1},
		"UnavailableAlarm": {[]string{metricOf(ownNamespace, telemetry.Errors,
			"outcome "+string(chat.CodeUnavailable), "Sum")}, 0, 1},
		"TimeoutsAlarm":        {[]string{metricOf(ownNamespace, "Timeouts", "", "Sum")}, 0, 1},
		"FunctionErrorsAlarm":  {ofFunctions("Errors", false), 0, 1},
		"FunctionErrorsAlarm2": {ofFunctions("Errors", true), 0, 1},
		"ThrottlesAlarm":       {ofFunctions("Throttles", false), 0, 1},
		"ThrottlesAlarm2":      {ofFunctions("Throttles", true), 0, 1},
		"StreamAgeAlarm": {[]string{metricOf("AWS/Lambda", "IteratorAge", "FunctionName FanoutFunction", "Maximum")},
			30_000, 2}, // milliseconds
	}
}

func TestAlarms(t *testing.T) {
	want, written := wantAlarms(t), resources(t, "AWS::CloudWatch::Alarm")
	for name := range written {
		if _, ok := want[name]; !ok {
			t.Errorf("template.yaml has the alarm %s: add to wantAlarms what raises it", name)
		}
	}
	for name, w := range want {
		properties, ok := written[name]
		if !ok {
			t.Errorf("template.yaml has no alarm %s", name)
			continue
		}
		got := alarm{metricsOf(t, name, properties), properties["Threshold"], properties["EvaluationPeriods"]}
		if !reflect.DeepEqual(got, w) {
			t.Errorf("%s watches\n%v, want\n%v", name, got, w)
		}
		for property, value := range map[string]any{
			"ComparisonOperator": "GreaterThanThreshold",
			"TreatMissingData":   "notBreaching", // else the alarm is raised when nothing happens
			"AlarmActions":       []any{"HasAlarmTopic", []any{"AlarmTopic"}, "AWS::NoValue"},
			"ActionsEnabled":     nil,
			"DatapointsToAlarm":  nil,
		} {
			if !reflect.DeepEqual(properties[property], value) {
				t.Errorf("%s has the %s %v, want %v", name, property, properties[property], value)
			}
		}
	}
}

// metricsOf returns the metrics of an alarm: its only one, or those that its expression adds up. CloudWatch takes a
// missing value for 0 there (CloudWatch User Guide, "Using math expressions").
func metricsOf(t *testing.T, name string, properties tree) []string {
	t.Helper()
	items, several := properties["Metrics"].([]any)
	if !several {
		return []string{metricOfStat(t, name, properties, properties["Statistic"], properties["Period"])}
	}
	var metrics, ids, expressions []string
	for _, item := range items {
		if expression, ok := at(item, "Expression").(string); ok {
			expressions = append(expressions, expression)
			continue
		}
		if at(item, "ReturnData") != false {
			t.Errorf("%s: the metric %v lacks ReturnData: false; the alarm is on the expression", name, at(item, "Id"))
		}
		stat := at(item, "MetricStat")
		metrics = append(metrics, metricOfStat(t, name, at(stat, "Metric"), at(stat, "Stat"), at(stat, "Period")))
		ids = append(ids, fmt.Sprint(at(item, "Id")))
	}
	if len(metrics) > 10 {
		t.Errorf("%s has %d metrics, and an alarm takes 10 (CloudWatch User Guide, \"Alarm data queries\")", name, len(metrics))
	}
	if want := []string{strings.Join(ids, " + ")}; !slices.Equal(expressions, want) {
		t.Errorf("%s has the expressions %q, want the sum of its metrics, %q", name, expressions, want)
	}
	return slices.Sorted(slices.Values(metrics))
}

// metricOfStat writes one metric of an alarm, which has one dimension or none.
func metricOfStat(t *testing.T, name string, metric, statistic, period any) string {
	t.Helper()
	dimensions, _ := at(metric, "Dimensions").([]any)
	var texts []string
	for _, d := range dimensions {
		texts = append(texts, fmt.Sprint(at(d, "Name"), " ", at(d, "Value")))
	}
	if period != 60 {
		t.Errorf("%s has the period %v, want 60", name, period)
	}
	return metricOf(at(metric, "Namespace"), at(metric, "MetricName"), strings.Join(texts, ", "), statistic)
}

// The alarm of timeouts is on what the filter counts in the log: what Lambda writes when a function runs out of time
// (Lambda Developer Guide, "Troubleshoot invocation issues").
func TestTimeoutsAreCounted(t *testing.T) {
	filters := resources(t, "AWS::Logs::MetricFilter")
	want := map[string]tree{"Timeouts": {
		"LogGroupName":  "Logs",
		"FilterPattern": `"Task timed out after"`,
		"MetricTransformations": []any{
			tree{"MetricNamespace": ownNamespace, "MetricName": "Timeouts", "MetricValue": "1"},
		},
	}}
	if !reflect.DeepEqual(filters, want) {
		t.Errorf("the metric filters are\n%v, want\n%v", filters, want)
	}
}
