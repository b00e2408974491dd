// Package secrets reads secrets from AWS Secrets Manager.
package secrets

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"serverlesschat/internal/chat"
)

// Secret is one secret. Its value is kept nowhere here.
type Secret struct {
	client *secretsmanager.Client
	id     string
}

// New makes a Secret; id is its ARN or its name.
func New(client *secretsmanager.Client, id string) *Secret { return &Secret{client, id} }

// Value returns the secret's value.
//
// Errors: CodeUnavailable where Secrets Manager does not answer.
func (s *Secret) Value(ctx context.Context) ([]byte, error) {
	out, err := s.client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &s.id})
	if err != nil {
		return nil, failure(fmt.Errorf("get secret value: %w", err))
	}
	return []byte(aws.ToString(out.SecretString)), nil
}

// failure tells faults that pass from defects, such as a right that is missing.
func failure(err error) error {
	response, answered := errors.AsType[*smithyhttp.ResponseError](err)
	if answered && response.HTTPStatusCode() < http.StatusInternalServerError {
		return err
	}
	return &chat.Error{
		Code: chat.CodeUnavailable, Message: "a part of the chat did not answer in time; try again", Err: err,
	}
}
