package e2e

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"go.uber.org/goleak"

	"serverlesschat/localtest/accesstoken"
	"serverlesschat/localtest/aws/childproc"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/aws/template"
)

const (
	root      = "../.."
	stackName = "chat"
)

// streamPoll is shorter than on AWS, so that stories need not wait. Shorter still, two stacks that do nothing would take
// most of a processor.
const streamPoll = 50 * time.Millisecond

var toolsDir = filepath.Join(root, ".local", "tools")

// deployment is a running chat that stories run on.
type deployment struct {
	websocket, http  string
	key              *accesstoken.Key
	issuer, audience string
	stack            *stack.Stack // nil when it runs elsewhere
	recording        *recording   // of the stack's engine
	dynamoDB         *dynamodb.Client
	dir              string   // the stack's data folder
	printed          *printed // what the stack has printed
}

// close ends a stack of this test binary, and searches what it leaves behind.
func (c *deployment) close() error {
	secrecy := confidential()
	errs := []error{secrecy.searchFolder(filepath.Join(c.dir, "queues"))} // a stack in memory takes them along
	errs = append(errs, c.stack.Close(), secrecy.searchFolder(filepath.Join(c.dir, "log")))
	secrecy.search("console", []byte(c.printed.String()))
	return errors.Join(errs...)
}

// running are the chats that this test binary has started, by engine. Each is started by the first story that needs it.
var running sync.Map // engine.Kind → func() (*deployment, error)

// binaries builds the functions once for all stacks, and the program that make local runs.
var binaries = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "e2e-functions-")
	if err != nil {
		return "", err
	}
	system, err := template.Load(filepath.Join(root, "template.yaml"), template.Options{})
	if err != nil {
		return "", err
	}
	functions := append(system.Functions, template.Function{CodeURI: "localtest"})
	return dir, stack.Build(context.Background(), root, dir, functions)
})

func TestMain(m *testing.M) {
	code := m.Run()
	if err := closeAll(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	all := code == 0 && wholeRun()
	if err := errors.Join(judgeRights(all), judgeDocuments(all), confidential().judge(all)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	http.DefaultClient.CloseIdleConnections()
	if code == 0 {
		if err := goleak.Find(goleak.IgnoreTopFunction(childproc.StarterFunction)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

func closeAll() error {
	var errs []error
	running.Range(func(_, start any) bool {
		if c, err := start.(func() (*deployment, error))(); err == nil && c.stack != nil {
			errs = append(errs, c.close(), os.RemoveAll(c.dir))
		}
		return true
	})
	if dir, err := binaries(); err == nil {
		errs = append(errs, os.RemoveAll(dir))
	}
	return errors.Join(errs...)
}

// each runs the story with a chat on each engine.
func each(t *testing.T, story func(t *testing.T, w *world)) { on(t, engines(), story) }

// once runs the story with a chat on one engine. It is for stories that take long because much happens in them. What the
// engines may differ in is in each call of the store by itself, and the store's own tests make all of them on both.
func once(t *testing.T, story func(t *testing.T, w *world)) { on(t, engines()[:1], story) }

func engines() []engine.Kind { return []engine.Kind{engine.Dynoxide, engine.Local} }

func on(t *testing.T, kinds []engine.Kind, story func(t *testing.T, w *world)) {
	if url := os.Getenv("CHAT_WEBSOCKET_URL"); url != "" {
		story(t, newWorld(t, remote(t, url)))
		return
	}
	onEngines(t, kinds, func(t *testing.T, kind engine.Kind) {
		start, _ := running.LoadOrStore(kind, sync.OnceValues(func() (*deployment, error) { return startChat(kind) }))
		c, err := start.(func() (*deployment, error))()
		if err != nil {
			t.Fatal(err)
		}
		story(t, newWorld(t, c))
	})
}

// eachEngine runs a test on each engine that this machine has.
func eachEngine(t *testing.T, test func(t *testing.T, kind engine.Kind)) {
	onEngines(t, engines(), test)
}

func onEngines(t *testing.T, kinds []engine.Kind, test func(t *testing.T, kind engine.Kind)) {
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			if missing := engine.Missing(t.Context(), kind, toolsDir); missing != "" {
				t.Skipf("left out: %s", missing)
			}
			test(t, kind)
		})
	}
}

func startChat(kind engine.Kind) (*deployment, error) {
	dir, err := os.MkdirTemp("", "e2e-stack-")
	if err != nil {
		return nil, err
	}
	c, err := start(stack.Options{Engine: kind, InMemory: true, DataDir: dir})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return c, nil
}

// start starts a stack with the functions of this test binary; options need hold only what is special about it.
func start(o stack.Options) (*deployment, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	key, err := accesstoken.New(rand.Reader)
	if err != nil {
		return nil, err
	}
	console := o.Console
	o.Name, o.Root, o.BinDir, o.ToolsDir = stackName, root, cmp.Or(o.BinDir, bin), toolsDir
	o.FreeWait = -1 // as on AWS: what runs side by side there does so here
	o.StreamPoll = streamPoll
	if o.Parameters == nil {
		o.Parameters = map[string]string{}
	}
	o.Parameters["TokenKeys"] = key.JWKS()                        // beside the keys of our own accounts
	for _, bound := range []string{"ActionRate", "ActionBurst"} { // stories of their own are about these
		o.Parameters[bound] = cmp.Or(o.Parameters[bound], "1000000")
	}
	o.Parameters["ConnectionsPerUser"] = cmp.Or(o.Parameters["ConnectionsPerUser"], "100")
	o.Parameters["Registration"] = cmp.Or(o.Parameters["Registration"], "open")
	o.Parameters["DirectPush"] = cmp.Or(o.Parameters["DirectPush"], os.Getenv("CHAT_DIRECT_PUSH"), "true")
	documents, err := documented()
	if err != nil {
		return nil, err
	}
	o.HTTPFront = func(api http.Handler) http.Handler { return confidential().front(documents.httpFront(api)) }
	said := &printed{}
	if o.Console = io.Writer(said); console != nil {
		o.Console = io.MultiWriter(said, console)
	}
	o.Rights = recordingOf(o.Engine, o.Parameters["DirectPush"] == "true").observe
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	s, err := stack.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	return &deployment{
		websocket: s.Endpoints().WebSocket, http: s.Endpoints().HTTP, key: key, stack: s, dir: o.DataDir, printed: said,
		recording: recordingOf(o.Engine, o.Parameters["DirectPush"] == "true"),
		dynamoDB:  dynamodb.NewFromConfig(engine.Config(s.Endpoints().DynamoDB)),
		issuer:    s.System().Parameters["TokenIssuer"], audience: s.System().Parameters["TokenAudience"],
	}, nil
}

func remote(t *testing.T, websocket string) *deployment {
	system, err := template.Load(filepath.Join(root, "template.yaml"), template.Options{})
	if err != nil {
		t.Fatal(err)
	}
	key, err := accesstoken.Load(os.Getenv("CHAT_TOKEN_KEY"))
	if err != nil {
		t.Fatalf("CHAT_TOKEN_KEY: %v", err)
	}
	return &deployment{
		websocket: websocket, http: os.Getenv("CHAT_HTTP_URL"), key: key,
		issuer: system.Parameters["TokenIssuer"], audience: system.Parameters["TokenAudience"],
	}
}
