package apigw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"serverlesschat/internal/accounts"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/telemetry"
)

// hashJob is what goes to the function hash. It has a password, so no error and no log may show it.
type hashJob struct {
	Password string  `json:"password"`
	Hash     *string `json:"hash,omitempty"` // to verify the password by; nil to make a hash
}

// hashAnswer is what the function hash answers.
type hashAnswer struct {
	OK   bool   `json:"ok"`
	Hash string `json:"hash,omitempty"` // a new hash; "" where none is needed
}

// RemoteHasher has passwords hashed in the function hash. It implements [accounts.Hasher].
type RemoteHasher struct {
	client   *lambda.Client
	function string
}

var _ accounts.Hasher = (*RemoteHasher)(nil)

// NewRemoteHasher makes a RemoteHasher; function is the name or ARN of the function hash.
func NewRemoteHasher(client *lambda.Client, function string) *RemoteHasher {
	return &RemoteHasher{client: client, function: function}
}

// HashPassword implements [accounts.Hasher].
func (h *RemoteHasher) HashPassword(ctx context.Context, password string) (string, error) {
	answer, err := h.invoke(ctx, hashJob{Password: password})
	return answer.Hash, err
}

// VerifyPassword implements [accounts.Hasher].
func (h *RemoteHasher) VerifyPassword(ctx context.Context, password, hash string) (ok bool, renewed string, err error) {
	answer, err := h.invoke(ctx, hashJob{Password: password, Hash: &hash})
	return answer.OK, answer.Hash, err
}

func (h *RemoteHasher) invoke(ctx context.Context, job hashJob) (answer hashAnswer, err error) {
	payload, err := json.Marshal(job) //nolint:gosec // G117: the password goes to the function that hashes it, and nowhere else
	if err != nil {
		return answer, fmt.Errorf("encode hash job: %w", err)
	}
	out, err := h.client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &h.function, Payload: payload})
	if err != nil {
		return answer, hashFailure(err)
	}
	if out.FunctionError != nil {
		return answer, errors.New("function hash failed: " + *out.FunctionError)
	}
	if err := json.Unmarshal(out.Payload, &answer); err != nil {
		return hashAnswer{}, fmt.Errorf("decode answer of function hash: %w", err)
	}
	return answer, nil
}

// busyFor is how long a client waits when too many passwords are hashed side by side. One takes a tenth of that.
const busyFor = time.Second

// hashFailure tells that the function is busy, or cannot be reached, from defects.
func hashFailure(err error) error {
	err = fmt.Errorf("invoke function hash: %w", err)
	response, answered := errors.AsType[*smithyhttp.ResponseError](err)
	_, busy := errors.AsType[*types.TooManyRequestsException](err)
	if answered && !busy && response.HTTPStatusCode() < http.StatusInternalServerError {
		return err
	}
	return &chat.Error{
		Code: chat.CodeUnavailable, Message: "too many sign in at once; try again", RetryAfter: busyFor, Err: err,
	}
}

// Hash handles the invocations of the function hash.
func Hash(hasher accounts.Hasher) func(context.Context, json.RawMessage) (json.RawMessage, error) {
	return func(ctx context.Context, data json.RawMessage) (json.RawMessage, error) {
		var job hashJob
		if json.Unmarshal(data, &job) != nil {
			// The cause may show the password.
			return nil, errors.New("decode hash job: not what the function auth sends")
		}
		answer := hashAnswer{OK: true}
		var err error
		if job.Hash == nil {
			telemetry.From(ctx).Label("action", "hash")
			answer.Hash, err = hasher.HashPassword(ctx, job.Password)
		} else {
			telemetry.From(ctx).Label("action", "verify")
			answer.OK, answer.Hash, err = hasher.VerifyPassword(ctx, job.Password, *job.Hash)
		}
		if err != nil {
			telemetry.From(ctx).Fail(string(chat.CodeOf(err)), err)
			return nil, err
		}
		return json.Marshal(answer)
	}
}
