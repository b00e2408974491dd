package app

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/roomlog"
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
}

const (
	// pushParallel is how many connections one process posts to side by side.
	pushParallel = 64
	// pushLimit is how many connections one invocation pushes to itself.
	pushLimit = 2000
	// storeTimeout bounds one attempt at a store call. It is generous: a reserve that is tried again after it had
	// succeeded costs a hole.
	storeTimeout = 3 * time.Second
	// postTimeout bounds one call to the management API.
	postTimeout = 3 * time.Second
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
	return dynamo.New(p.dynamoDB(storeTimeout), tables, time.Now)
}

func (p *Parts) dynamoDB(timeout time.Duration) *dynamodb.Client {
	return dynamodb.NewFromConfig(p.aws, func(o *dynamodb.Options) {
		o.HTTPClient = httpClient(timeout)
		// The checksum of answers costs more time than it saves: TCP and TLS have theirs.
		o.DisableValidateResponseChecksum = true
	})
}

func (p *Parts) tokens() *token.Verifier {
	v, err := token.NewVerifier(token.Options{
		Keys:     p.settings.optional("TOKEN_KEYS"),
		Issuer:   p.settings.required("TOKEN_ISSUER"),
		Audience: p.settings.required("TOKEN_AUDIENCE"),
		Types:    p.settings.list("TOKEN_TYPES"),
		Now:      time.Now,
	})
	if err != nil {
		p.settings.wrong("TOKEN_KEYS", "cannot be used: "+err.Error())
	}
	return v
}

func (p *Parts) reader(store *dynamo.Store) *roomlog.Reader {
	return roomlog.NewReader(store, roomlog.ReaderOptions{
		HoleAge: p.settings.holeAge("HOLE_AGE_MS"),
		Now:     time.Now,
		Jitter:  mathrand.Float64,
		Size:    wire.EntrySize,
	})
}

func (p *Parts) pusher(store *dynamo.Store) *fanout.Pusher {
	p.settings.required("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI") // the SDK reads it
	client := apigatewaymanagementapi.NewFromConfig(p.aws, func(o *apigatewaymanagementapi.Options) {
		o.HTTPClient = httpClient(postTimeout)
		o.Retryer = aws.NopRetryer{} // fanout.Pusher decides
	})
	return fanout.NewPusher(apigw.NewManagement(client, postTimeout), store, fanout.PusherOptions{
		Parallel: pushParallel,
		Frames:   wire.Messages,
		Now:      time.Now,
		Jitter:   mathrand.Float64,
		Observe:  apigw.ObservePush,
	})
}

func (p *Parts) workers() *apigw.Workers {
	client := lambda.NewFromConfig(p.aws, func(o *lambda.Options) {
		o.HTTPClient = httpClient(time.Minute)
		o.Retryer = aws.NopRetryer{} // fanout.Waker tries the room again
	})
	return apigw.NewWorkers(client, p.settings.required("PUSH_FUNCTION"))
}

// httpClient keeps as many connections open as are used side by side; the SDK's default keeps 10.
func httpClient(timeout time.Duration) *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTimeout(timeout).WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConnsPerHost = pushParallel
	})
}

func randomBytes(b []byte) { _, _ = rand.Read(b) } // it never fails, since Go 1.24
