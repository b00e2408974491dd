// Command function does what the body of its event says, for WebSocket and HTTP events alike; of a batch from a queue,
// what each message says.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

// event is what the kinds of events have. A request may have its order in a header.
type event struct {
	Headers map[string]string   `json:"headers"`
	Body    string              `json:"body"`
	Records []events.SQSMessage // of a batch from a queue
}

// order is the body of an event.
type order struct {
	Do   string `json:"do"`
	Text string `json:"text"`
}

// reply is a result for API Gateway.
type reply struct {
	StatusCode any    `json:"statusCode"`
	Body       string `json:"body"`
}

func main() { lambda.Start(handle) }

func handle(ctx context.Context, e event) (any, error) {
	if e.Records != nil {
		return work(ctx, e.Records)
	}
	var o order
	_ = json.Unmarshal([]byte(e.Body), &o) // handshakes have no body
	if do := e.Headers["x-do"]; do != "" { // in this spelling
		o.Do = do
	}
	switch o.Do {
	case "fail":
		return nil, errors.New(o.Text)
	case "exit":
		os.Exit(3)
	case "malformed":
		return reply{StatusCode: "fine"}, nil
	case "variable":
		return reply{StatusCode: http.StatusOK, Body: os.Getenv(o.Text)}, nil
	case "send":
		return send(ctx, o.Text)
	case "reveal":
		return reveal(ctx)
	case "call", "slow": // returns when the test lets it
		if err := call(ctx, o.Text); err != nil {
			return nil, err
		}
	}
	return reply{StatusCode: http.StatusOK, Body: o.Do}, nil
}

func call(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return errors.New(res.Status)
	}
	_, err = io.Copy(io.Discard, res.Body)
	return err
}
