package main

import (
	"context"
	"net/http"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// reveal returns the value of the function's secret.
func reveal(ctx context.Context) (any, error) {
	c, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	in := &secretsmanager.GetSecretValueInput{SecretId: aws.String(os.Getenv("SECRET"))}
	out, err := secretsmanager.NewFromConfig(c).GetSecretValue(ctx, in)
	if err != nil {
		return reply{StatusCode: http.StatusBadGateway, Body: err.Error()}, nil
	}
	return reply{StatusCode: http.StatusOK, Body: *out.SecretString}, nil
}
