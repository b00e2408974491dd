// Package lambda emulates AWS Lambda for functions that are Linux programs with a Runtime API client inside
// (provided.al2023): it runs the very binaries that are deployed.
//
// # Processes
//
// A process is what AWS calls an execution environment: it runs one invocation at a time and is used again, the most
// recently used first. Processes are started on demand. An invocation that finds none free waits a moment
// (Options.FreeWait) before one is started for it, since most invocations end within that moment. AWS does not wait: a
// negative FreeWait starts a process at once, so that no invocation ever waits for another's end below the limit. At
// most Options.MaxConcurrency processes of a function run at once; beyond that an invocation waits (Options.QueueWait)
// and is throttled at last. A function that reserves its concurrency has AWS's limit and not the laptop's, so there
// only the moment is waited.
//
// A process has a listener of its own for the Runtime API (AWS Lambda Developer Guide, "Using the Lambda runtime API for
// custom runtimes"). Its life is the state machine of that API: next, response or error, next. The caller of Invoke has its
// result as soon as the response is in; the process is free for the next invocation when it asks for it.
//
// A process that overstays its timeout is killed, one that ends by itself is replaced when there is work. A failing start
// is tried a second time under the function's own timeout, as AWS does, before the invocation fails.
// All processes die with this one, even when it is killed with -9 (package childproc).
//
// # Environment
//
// Processes get the variables that the Lambda Developer Guide names ("Defined runtime environment variables"), those of the
// function, and none of the developer's. AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE point to nowhere, since an SDK
// finds ~/.aws even without HOME. GOMAXPROCS is set to the processing power that Lambda gives for the memory size (see
// processors); GOGC and GOMEMLIMIT are not set, and the memory limit is not enforced. A function's own variables win.
//
// # Logs
//
// What a function writes goes, line by line, to LogDir/NAME.log and to Options.OnLine. START, END and REPORT lines are
// added as in CloudWatch. The file is written in batches, at most 100 ms late; at
// 10 MB it becomes NAME.log.1, in place of an older one.
//
// # Invoke API
//
// Service is an http.Handler for POST /2015-03-31/functions/NAME/invocations (AWS Lambda API reference, "Invoke"), with the
// invocation types RequestResponse, Event and DryRun. Left out: versions and aliases other than $LATEST, LogType=Tail,
// client contexts, response streaming. Asynchronous invocations wait in memory and are gone when the service closes.
package lambda
