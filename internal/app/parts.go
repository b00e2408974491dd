package app

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/receipts"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/telemetry"
	"serverlesschat/internal/token"
	"serverlesschat/internal/wire"
)

// Parts is what functions are built from. Each part is made when a function asks for it, so that a function needs the
// settings of its own parts alone.
type Parts struct {
	settings  *Settings
	aws       aws.Config
	log       *slog.Logger
	namespace string // of the metrics
	clients   []*http.Client

	// One client serves all parts that call the same API, so that they share its connections. Each is made when the first
	// part asks for it.
	dynamoDB   *dynamodb.Client
	management *apigw.Management
	sqs        *sqs.Client
}

const (
	// pushParallel is how many connections one process posts to side by side.
	pushParallel = 64
	// pushLimit is how many connections one invocation pushes to itself.
	pushLimit = 2000
	// pushWorkers is how many workers run side by side for one page of a room's subscriptions.
	pushWorkers = 64
	// patience is how long a connection that cannot be reached is tried before it is closed.
	patience = 3 * time.Second
	// postTimeout bounds one call to the management API.
	postTimeout = 3 * time.Second
	// workerTimeout is longer than the time that a worker has.
	workerTimeout = 22 * time.Second
	// queueTimeout bounds one try of a call to the queue.
	queueTimeout = time.Second
	// maxGather is the longest that a sender's reply may wait for others, in milliseconds.
	maxGather = 200
	// drainShare is the part of the post rate that a drain takes. It has time, and messages have not.
	drainShare = 0.25
	// maxPostRate is far above what accounts have (10,000 requests a second; API Gateway quotas).
	maxPostRate = 1_000_000
	// maxDelay is the longest delay that a queue takes, in seconds (SQS API Reference, SendMessage).
	maxDelay = 900
	// pairBytes is how much of its fingerprint names a direct room: 128 bits are not met twice.
	pairBytes = 16
	// maxPolls is what one count takes: each poll writes to it twice, and one key takes 1,000 writes a second.
	maxPolls = 500
)

// NewParts reads the settings of the AWS SDK (which finds its endpoints in AWS_ENDPOINT_URL_… itself) and the namespace
// of the metrics. The log goes to out.
func NewParts(ctx context.Context, get func(string) string, out io.Writer) (*Parts, error) {
	settings := NewSettings(get)
	awsConfig, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	return &Parts{
		settings:  settings,
		aws:       awsConfig,
		namespace: settings.required("METRICS_NAMESPACE"),
		log:       slog.New(slog.NewJSONHandler(out, nil)),
	}, nil
}

// Err returns all that is missing or wrong among the settings that were asked for so far; nil when nothing is.
func (p *Parts) Err() error { return p.settings.Err() }

// source says whose lines a function writes.
func (p *Parts) source(function string) telemetry.Source {
	return telemetry.Source{Function: function, Namespace: p.namespace}
}

func (p *Parts) store(tables dynamo.Tables) *dynamo.Store {
	if p.dynamoDB == nil {
		p.dynamoDB = dynamodb.NewFromConfig(p.aws, func(o *dynamodb.Options) {
			o.HTTPClient = p.httpClient(0) // the store bounds its calls, and each try of them
			o.Retryer = dynamo.NewRetryer()
			// The checksum of answers costs more time than it saves: TCP and TLS have theirs.
			o.DisableValidateResponseChecksum = true
		})
	}
	return dynamo.New(p.dynamoDB, tables, time.Now)
}

func (p *Parts) tokens() *token.Verifier {
	opts := token.Options{
		Keys:     p.settings.optional("TOKEN_KEYS"),
		Issuer:   p.settings.required("TOKEN_ISSUER"),
		Audience: p.settings.required("TOKEN_AUDIENCE"),
		Types:    p.settings.list("TOKEN_TYPES"),
		Now:      time.Now,
	}
	if p.hasOwnAccounts() {
		opts.Published = p.store(dynamo.Tables{Keys: p.settings.required("KEYS_TABLE")})
	}
	v, err := token.NewVerifier(opts)
	if err != nil {
		p.settings.wrong("TOKEN_KEYS", "cannot be used: "+err.Error())
	}
	return v
}

func (p *Parts) writer(store *dynamo.Store, leases bool) *roomlog.Writer {
	return roomlog.NewWriter(store, roomlog.WriterOptions{Now: time.Now, Random: randomBytes, Leases: leases})
}

func (p *Parts) reader(store *dynamo.Store) *roomlog.Reader {
	return roomlog.NewReader(store, roomlog.ReaderOptions{
		HoleAge: p.holeAge(),
		Now:     time.Now,
		Jitter:  mathrand.Float64,
		Size:    wire.EntrySize,
		Late:    fanout.NewLate(store, p.jobs(), time.Now).Push,
	})
}

func (p *Parts) holeAge() time.Duration { return p.settings.millis("HOLE_AGE_MS", 1, maxHoleAge) }
func (p *Parts) gather() time.Duration  { return p.settings.millis("GATHER_MS", 0, maxGather) }

// direct is what a sender pushes with.
func (p *Parts) direct(store *dynamo.Store) *fanout.Direct {
	return fanout.NewDirect(p.watched(store), p.pusher(store), fanout.DirectOptions{
		Frames: wire.Messages, Gather: p.gather(), Now: time.Now, Left: apigw.ObserveLeft,
	})
}

// waker is what the fan-out and its jobs push with.
func (p *Parts) waker() *fanout.Waker {
	store := p.store(dynamo.Tables{
		Entries:       p.settings.required("ENTRIES_TABLE"),
		Rooms:         p.settings.required("ROOMS_TABLE"),
		Subscriptions: p.settings.required("SUBSCRIPTIONS_TABLE"),
		Connections:   p.settings.required("CONNECTIONS_TABLE"),
		Sessions:      p.settings.required("SESSIONS_TABLE"),
	})
	deliverer := fanout.NewChunkedDeliverer(p.pusher(store), p.workers(), fanout.ChunkOptions{
		Limit: pushLimit, Parallel: pushWorkers, PostRate: p.postRate(), Now: time.Now, Jitter: mathrand.Float64,
	})
	return fanout.NewWaker(p.watched(store), deliverer, p.jobs(), fanout.WakerOptions{
		Frames:   wire.Messages,
		HoleAge:  p.holeAge(),
		Direct:   p.settings.flag("DIRECT_PUSH"),
		Gather:   p.gather(),
		NewLease: func() roomlog.Lease { return roomlog.NewLease(randomBytes) },
		Now:      time.Now,
	})
}

// connectionLife is how long the gateway keeps a connection.
func (p *Parts) connectionLife() time.Duration {
	return p.settings.seconds("CONNECTION_SECONDS", 1, int(chat.MaxConnectionLife/time.Second))
}

func (p *Parts) postRate() float64 {
	return float64(p.settings.number("POST_RATE", "a whole number of posts a second", 1, maxPostRate))
}

// drainer is what asks all clients to move.
func (p *Parts) drainer() *fanout.Drainer {
	store := p.store(dynamo.Tables{Connections: p.settings.required("CONNECTIONS_TABLE")})
	return fanout.NewDrainer(p.poster(), store, p.jobs(), fanout.DrainerOptions{
		Goodbye: wire.Goodbye, Parallel: pushParallel, PostRate: p.postRate() * drainShare,
		Now: time.Now, Jitter: mathrand.Float64, Observe: apigw.ObservePush,
	})
}

// poster reaches connections. Whoever calls it decides what is tried again.
func (p *Parts) poster() *apigw.Management {
	p.settings.required("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI") // the SDK reads it
	if p.management == nil {
		client := apigatewaymanagementapi.NewFromConfig(p.aws, func(o *apigatewaymanagementapi.Options) {
			o.HTTPClient = p.httpClient(postTimeout)
			o.Retryer = aws.NopRetryer{}
		})
		p.management = apigw.NewManagement(client, postTimeout)
	}
	return p.management
}

func (p *Parts) teller() *fanout.Teller { return fanout.NewTeller(p.poster(), apigw.ObservePush) }

func (p *Parts) pusher(store *dynamo.Store) *fanout.Pusher {
	return fanout.NewPusher(p.poster(), noticing{p.watched(store), p.tracker(store)}, fanout.PusherOptions{
		Parallel: pushParallel,
		PostRate: p.postRate(),
		Patience: patience,
		Now:      time.Now,
		Jitter:   mathrand.Float64,
		Observe:  apigw.ObservePush,
	})
}

// allTables are those of functions that use all of them.
func (p *Parts) allTables() dynamo.Tables {
	tables := p.chatTables()
	tables.Presence = p.settings.required("PRESENCE_TABLE")
	return tables
}

// chatTables are all but that of presence.
func (p *Parts) chatTables() dynamo.Tables {
	return dynamo.Tables{
		Connections:   p.settings.required("CONNECTIONS_TABLE"),
		Subscriptions: p.settings.required("SUBSCRIPTIONS_TABLE"),
		Entries:       p.settings.required("ENTRIES_TABLE"),
		Rooms:         p.settings.required("ROOMS_TABLE"),
		Members:       p.settings.required("MEMBERS_TABLE"),
		Users:         p.settings.required("USERS_TABLE"),
		Sessions:      p.settings.required("SESSIONS_TABLE"),
		Audit:         p.settings.required("AUDIT_TABLE"),
	}
}

// joining is what makes members of users that join.
func (p *Parts) joining(store *dynamo.Store) *rooms.Changer {
	opts := p.changing(store)
	opts.OpenByJoining = p.settings.flag("OPEN_ROOMS_BY_JOINING")
	return rooms.NewChanger(store, opts)
}

// managing is what opens, changes and deletes rooms, and changes their members.
func (p *Parts) managing(store *dynamo.Store, jobs rooms.EraseJobs) *rooms.Changer {
	opts := p.changing(store)
	opts.Naming = rooms.Naming{Random: func() string { return strings.ToLower(rand.Text()) }, Pair: pairNames(p.namespace)}
	opts.Unread = receipts.NewCounter(store, wire.EntrySize, time.Now).Unread
	opts.Erasing = jobs
	opts.EraseAfter = p.settings.seconds("ERASE_AFTER_SECONDS", 0, maxDelay)
	return rooms.NewChanger(store, opts)
}

// changing is what all changes of members need. The stream pushes the entries that they place.
func (p *Parts) changing(store *dynamo.Store) rooms.ChangerOptions {
	return rooms.ChangerOptions{
		Writer: p.writer(store, false), Reader: p.reader(store), Jobs: p.jobs(),
		Teller: p.teller(),
		Frames: rooms.Frames{Room: wire.RoomChanged, Removed: wire.Removed, Degraded: wire.Degraded},
		Now:    time.Now,
	}
}

// pairNames returns what names direct rooms: for two users always the same, and nothing that others can find out.
func pairNames(key string) func(a, b chat.UserID) string {
	return func(a, b chat.UserID) string {
		mac := hmac.New(sha256.New, []byte(key))
		_, _ = io.WriteString(mac, string(a)+"#"+string(b)) // no name holds a '#'
		encoding := base32.StdEncoding.WithPadding(base32.NoPadding)
		return strings.ToLower(encoding.EncodeToString(mac.Sum(nil)[:pairBytes]))
	}
}

func (p *Parts) workers() *apigw.Workers {
	client := lambda.NewFromConfig(p.aws, func(o *lambda.Options) {
		o.HTTPClient = p.httpClient(workerTimeout)
		o.Retryer = aws.NopRetryer{} // fanout.Waker gives the rest out again
	})
	return apigw.NewWorkers(client, p.settings.required("PUSH_FUNCTION"))
}

// httpClient makes a client with connections of its own. A call takes as long as timeout; 0 is no bound. The client keeps
// as many connections open as are used side by side; the SDK's default keeps 10.
func (p *Parts) httpClient(timeout time.Duration) *http.Client {
	transport := awshttp.NewBuildableClient().GetTransport()
	transport.MaxIdleConnsPerHost = pushParallel
	client := &http.Client{
		Transport: transport, Timeout: timeout,
		// As the SDK's own client does: an API that redirects is an error.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	p.clients = append(p.clients, client)
	return client
}

// dropIdle closes all connections that are not in use.
func (p *Parts) dropIdle() {
	for _, client := range p.clients {
		client.CloseIdleConnections()
	}
}

func randomBytes(b []byte) { _, _ = rand.Read(b) } // it never fails, since Go 1.24
