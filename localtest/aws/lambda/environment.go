package lambda

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// environment returns the variables that all processes of a function have in common. Where one comes twice, the last
// holds.
func environment(spec Function, region string, extra map[string]string) []string {
	root := filepath.Dir(spec.Binary)
	variables := map[string]string{
		"_HANDLER":                        spec.Handler,
		"AWS_REGION":                      region,
		"AWS_DEFAULT_REGION":              region,
		"AWS_ACCESS_KEY_ID":               AccessKeyID(spec.Name),
		"AWS_SECRET_ACCESS_KEY":           "local",
		"AWS_SESSION_TOKEN":               "local",
		"AWS_CONFIG_FILE":                 os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE":     os.DevNull,
		"AWS_LAMBDA_FUNCTION_NAME":        spec.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     latest,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(spec.MemoryMB),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       cmp.Or(spec.LogGroup, "/aws/lambda/"+spec.Name),
		"LAMBDA_TASK_ROOT":                root,
		"LAMBDA_RUNTIME_DIR":              runtimeDir,
		"TZ":                              ":UTC",
		"LANG":                            "en_US.UTF-8",
		"LD_LIBRARY_PATH":                 libraryPath(root),
		"AWS_XRAY_CONTEXT_MISSING":        "LOG_ERROR",
		"AWS_XRAY_DAEMON_ADDRESS":         xrayHost + ":" + xrayPort,
		"_AWS_XRAY_DAEMON_ADDRESS":        xrayHost,
		"_AWS_XRAY_DAEMON_PORT":           xrayPort,
		"PATH":                            "/usr/local/bin:/usr/bin:/bin:/opt/bin",
		"GOMAXPROCS":                      strconv.Itoa(processors(spec.MemoryMB)),
	}
	maps.Copy(variables, extra)
	maps.Copy(variables, spec.Env)
	list := make([]string, 0, len(variables))
	for name, value := range variables {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	return list
}

const runtimeDir = "/var/runtime"

// The address of the X-Ray daemon that an SDK for X-Ray reports to (AWS X-Ray Developer Guide, "AWS X-Ray daemon"). On
// AWS it is a link-local address; here it is the daemon's own default, where somebody may run one. The variables with
// an underscore in front are in environments that functions printed on AWS.
const (
	xrayHost = "127.0.0.1"
	xrayPort = "2000"
)

// libraryPath is LD_LIBRARY_PATH as the Lambda Developer Guide has it ("Defined runtime environment variables").
func libraryPath(root string) string {
	return strings.Join([]string{
		"/lib64", "/usr/lib64", runtimeDir, runtimeDir + "/lib", root, root + "/lib", "/opt/lib",
	}, ":")
}

// processors is how many processors a function with that memory has the power of, rounded up: Lambda gives one vCPU for
// each 1,769 MB (AWS Lambda Developer Guide, "Configure Lambda function memory"). Lambda shows more of them than it
// gives, two to a small function. To set GOMAXPROCS to what it gives is the one liberty taken with the environment:
// with two, a function of 512 MB that echoes its event takes half as much processor time again (250 µs an invocation,
// not 165), for waking threads.
func processors(memoryMB int) int {
	const memoryOfOne = 1769
	return max(1, (memoryMB+memoryOfOne-1)/memoryOfOne)
}

// processEnvironment adds to a function's variables what each process has of its own.
func processEnvironment(common []string, runtimeAPI string, now time.Time) []string {
	stream := now.UTC().Format("2006/01/02/[") + latest + "]" +
		string(appendHex(appendHex(nil, rand.Uint64(), 16), rand.Uint64(), 16))
	return append(slices.Clone(common),
		"AWS_LAMBDA_RUNTIME_API="+runtimeAPI,
		"AWS_LAMBDA_LOG_STREAM_NAME="+stream)
}
