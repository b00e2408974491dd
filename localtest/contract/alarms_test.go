package contract

import (
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
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

func TestEveryAlarmNotifiesTheTopic(t *testing.T) {
	for name, alarm := range resources(t, "AWS::CloudWatch::Alarm") {
		actions, _ := alarm["AlarmActions"].([]any)
		if len(actions) != 3 || actions[0] != "HasAlarmTopic" {
			t.Errorf("%s has the AlarmActions %v, want those of HasAlarmTopic", name, alarm["AlarmActions"])
		}
		if alarm["TreatMissingData"] != "notBreaching" {
			t.Errorf("%s is raised when nothing happens: TreatMissingData must be notBreaching", name)
		}
	}
}

// A function that no alarm names fails unseen.
func TestAlarmsWatchEveryFunction(t *testing.T) {
	alarms, functions := resources(t, "AWS::CloudWatch::Alarm"), resources(t, "AWS::Serverless::Function")
	for name, metric := range map[string]string{"FunctionErrorsAlarm": "Errors", "ThrottlesAlarm": "Throttles"} {
		var watched []string
		items, _ := alarms[name]["Metrics"].([]any)
		for _, item := range items {
			m := at(item, "MetricStat", "Metric")
			if m == nil {
				continue // the expression
			}
			dimensions, _ := at(m, "Dimensions").([]any)
			if at(m, "Namespace") != "AWS/Lambda" || at(m, "MetricName") != metric || len(dimensions) != 1 {
				t.Errorf("%s watches %v", name, m)
				continue
			}
			function, _ := at(dimensions[0], "Value").(string)
			watched = append(watched, function)
		}
		for function := range functions {
			if !slices.Contains(watched, function) {
				t.Errorf("%s does not watch %s", name, function)
			}
		}
		if len(watched) != len(functions) || len(watched) > 10 {
			t.Errorf("%s watches %d metrics of %d functions; an alarm takes 10", name, len(watched), len(functions))
		}
	}
	if age := alarms["StreamAgeAlarm"]; age["MetricName"] != "IteratorAge" {
		t.Errorf("StreamAgeAlarm watches %v", age["MetricName"])
	}
}

// What one stack counts must not raise another one's alarms.
func TestOwnMetricsAreOfTheStack(t *testing.T) {
	const own = "Chat/${AWS::StackName}"
	for name, alarm := range resources(t, "AWS::CloudWatch::Alarm") {
		namespace, _ := alarm["Namespace"].(string)
		if alarm["Metrics"] == nil && namespace != own && !strings.HasPrefix(namespace, "AWS/") {
			t.Errorf("%s is of the namespace %q, want %q", name, namespace, own)
		}
	}
	for name, filter := range resources(t, "AWS::Logs::MetricFilter") {
		items, _ := filter["MetricTransformations"].([]any)
		for _, item := range items {
			if namespace := at(item, "MetricNamespace"); namespace != own {
				t.Errorf("%s counts in %q, want %q", name, namespace, own)
			}
		}
	}
}
