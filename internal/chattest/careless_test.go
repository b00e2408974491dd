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

// carelessness says which puts are made without their condition.
type carelessness func(*dynamodb.PutItemInput) bool

func carelessVoids(in *dynamodb.PutItemInput) bool {
	kind, ok := in.Item["kind"].(*types.AttributeValueMemberS)
	return ok && kind.Value == "void"
}

func carelessClaims(in *dynamodb.PutItemInput) bool { return in.Item["h"] != nil }

// carelessStore is the chat's store on a client that leaves conditions out.
func carelessStore(e *enginetest.Engine, tables dynamo.Tables, careless carelessness) chattest.Store {
	leaveOut := middleware.InitializeMiddlewareFunc("careless",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			if put, ok := in.Parameters.(*dynamodb.PutItemInput); ok && careless(put) {
				put.ConditionExpression, put.ReturnValuesOnConditionCheckFailure = nil, ""
			}
			return next.HandleInitialize(ctx, in)
		})
	client := dynamodb.New(e.DynamoDB.Options(), func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error { return s.Initialize.Add(leaveOut, middleware.Before) })
	})
	return dynamo.New(client, tables, time.Now)
}
