package template

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// readFunction reads a function. AWS: 3 s and 128 MB by default, 1 to 900 s, 128 to 10,240 MB (Lambda Developer Guide,
// quotas; SAM specification, AWS::Serverless::Function).
func (l *loader) readFunction(r *resource) Function {
	known := l.attributes(r)
	f := Function{
		LogicalID:    r.id,
		Line:         r.key.Line,
		Name:         known[""],
		ARN:          known["Arn"],
		CodeURI:      l.readCodeURI(r.value),
		Handler:      l.text(l.required(r.value, "Handler"), ""),
		Runtime:      l.word(l.required(r.value, "Runtime"), "", "provided.al2023"),
		Architecture: l.readArchitecture(l.get(r.value, "Architectures")),
		Timeout:      time.Duration(l.whole(l.get(r.value, "Timeout"), 3, 1, 900)) * time.Second,
		MemoryMB:     l.whole(l.get(r.value, "MemorySize"), 128, 128, 10240),
		Environment:  l.readEnvironment(l.get(l.get(r.value, "Environment"), "Variables")),
		Role:         idOf(l.find(l.get(r.value, "Role"), typeRole, "Arn")),
		LogGroup:     l.text(l.get(l.get(r.value, "LoggingConfig"), "LogGroup"), "/aws/lambda/"+known[""]),
	}
	if reserved := l.get(r.value, "ReservedConcurrentExecutions"); reserved != nil {
		n := l.whole(reserved, 0, 0, 1<<31-1)
		f.ReservedConcurrency = &n
	}
	return f
}

func (l *loader) readCodeURI(properties *value) string {
	v := l.required(properties, "CodeUri")
	uri := l.text(v, "")
	if strings.Contains(uri, "://") {
		l.report(v.node, "%q is not a local folder", uri)
	}
	return uri
}

func (l *loader) readArchitecture(v *value) string {
	items := l.items(v)
	if v == nil || v.kind == broken {
		return "x86_64"
	}
	if len(items) != 1 {
		l.report(v.node, "must be a list of one architecture")
		return ""
	}
	return l.word(items[0], "", "arm64", "x86_64")
}

var variableNames = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]+$`)

// maxEnvironment is the size of all variables together, names and values, in bytes. AWS: 4 KB, Lambda Developer Guide,
// quotas. How AWS counts separators is not documented; here they count nothing.
const maxEnvironment = 4096

func (l *loader) readEnvironment(v *value) map[string]string {
	variables, size := map[string]string{}, 0
	for _, f := range l.fields(v) {
		if !variableNames.MatchString(f.name) {
			l.report(f.key, "the name of a variable is a letter followed by letters, digits or _")
		}
		if slices.Contains(reservedVariables(), f.name) {
			l.report(f.key, "Lambda sets this variable itself and refuses it in a template")
		}
		variables[f.name] = l.text(f.value, "")
		size += len(f.name) + len(variables[f.name])
	}
	if size > maxEnvironment {
		l.report(v.node, "the variables take %d bytes, and Lambda takes %d", size, maxEnvironment)
	}
	return variables
}

// reservedVariables are those that a function cannot set. AWS: Lambda Developer Guide, "Defined runtime environment
// variables".
func reservedVariables() []string {
	return []string{
		"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
		"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
		"AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION",
		"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "_HANDLER",
		"_X_AMZN_TRACE_ID",
	}
}

// readEvents adds what the events of a function describe: routes of the HTTP API, and mappings from streams and queues.
func (l *loader) readEvents(s *System, r *resource, f Function) {
	for _, event := range l.fields(l.get(r.value, "Events")) {
		kind := l.required(event.value, "Type")
		properties := l.get(event.value, "Properties")
		if properties == nil {
			properties = &value{node: event.key, kind: object}
		}
		switch l.text(kind, "") {
		case "HttpApi":
			l.coverValue(httpEvent, properties)
			l.readHTTPRoute(s, r, event, properties)
		case "DynamoDB":
			l.coverValue(streamEvent, properties)
			s.Mappings = append(s.Mappings, l.readMapping(r, event, properties))
		case "SQS":
			l.coverValue(queueEvent, properties)
			l.readQueueMapping(s, f, event, properties)
		default:
			if kind.kind == text {
				l.report(kind.node, "events of type %q are not emulated, only HttpApi, DynamoDB, SQS", kind.text)
			}
		}
	}
}
