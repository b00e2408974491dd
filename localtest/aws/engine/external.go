package engine

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
)

// ExternalConfig is for clients of an engine that is not ours: it may keep the tables of each region and each key
// apart, or be AWS itself. So region and keys are those of the shell, found as every AWS SDK finds them: AWS_REGION,
// AWS_ACCESS_KEY_ID, AWS_PROFILE and the files in ~/.aws. Where there are none, they are those of Config.
func ExternalConfig(ctx context.Context, endpoint string) (aws.Config, error) {
	// A machine of EC2 would be asked for its own role, and any other machine for seconds whether it is one.
	found, err := config.LoadDefaultConfig(ctx, config.WithEC2IMDSClientEnableState(imds.ClientDisabled))
	if err != nil {
		return aws.Config{}, fmt.Errorf("region and keys for the engine at AWS_ENDPOINT_URL_DYNAMODB: %w", err)
	}
	c := Config(endpoint)
	c.Region = cmp.Or(found.Region, c.Region)
	if found.Credentials == nil {
		return c, nil
	}
	if _, err := found.Credentials.Retrieve(ctx); err == nil {
		c.Credentials = found.Credentials
	}
	return c, nil
}

// Variables returns the environment variables that make a program's calls those of Config, and when the keys in them
// expire: zero if they do not. Those of SSO and of an assumed role do.
func (e *Engine) Variables(ctx context.Context) (variables map[string]string, expire time.Time, err error) {
	keys, err := e.config.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("keys for the engine: %w", err)
	}
	if keys.CanExpire {
		expire = keys.Expires
	}
	variables = map[string]string{
		"AWS_REGION": e.config.Region, "AWS_DEFAULT_REGION": e.config.Region,
		"AWS_ACCESS_KEY_ID": keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY": keys.SecretAccessKey,
		"AWS_SESSION_TOKEN": keys.SessionToken,
	}
	return variables, expire, nil
}
