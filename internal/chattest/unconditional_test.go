package chattest_test

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"serverlesschat/internal/chattest"
	"serverlesschat/internal/dynamo"
	"serverlesschat/localtest/aws/engine/enginetest"
)

// unconditionalPuts says which puts are made without their condition.
type unconditionalPuts func(*dynamodb.PutItemInput) bool

func unconditionalVoids(in *dynamodb.PutItemInput) bool {
	kind, ok := in.Item["kind"].(*types.AttributeValueMemberS)
	return ok && kind.Value == "void"
}

func unconditionalClaims(in *dynamodb.PutItemInput) bool { return in.Item["h"] != nil }

// unconditionalStore is the chat's store on a client that leaves conditions out.
func unconditionalStore(e *enginetest.Engine, tables dynamo.Tables, unconditional unconditionalPuts) chattest.Store {
	leaveOut := middleware.InitializeMiddlewareFunc("unconditional",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			if put, ok := in.Parameters.(*dynamodb.PutItemInput); ok && unconditional(put) {
				put.ConditionExpression, put.ExpressionAttributeValues = nil, nil // only conditions have values here
				put.ReturnValuesOnConditionCheckFailure = ""
			}
			return next.HandleInitialize(ctx, in)
		})
	client := dynamodb.New(e.DynamoDB.Options(), func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error { return s.Initialize.Add(leaveOut, middleware.Before) })
	})
	return dynamo.New(client, tables, time.Now)
}
