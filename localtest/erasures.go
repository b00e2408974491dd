package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/privacy"
)

// eraseAgain has all users erased once more who are in the ledger, by the queue of what may wait, as users' own words
// do: a push does not wait for them. It needs dynamodb:Scan, UpdateItem and PutItem on the ledger, and sqs:SendMessage.
func eraseAgain(ctx context.Context, args []string) error {
	s, err := findStack(ctx, "erasures", args)
	if err != nil {
		return err
	}
	tables := dynamo.Tables{Erasures: s.outputs["ErasuresTable"]}
	ledger := dynamo.New(dynamodb.NewFromConfig(s.store), tables, time.Now)
	jobs := apigw.NewJobQueue(sqs.NewFromConfig(s.queues), s.outputs["Checks"])
	n, err := privacy.Again(ctx, ledger, jobs, time.Now(), rand.Text())
	fmt.Printf("%d users are erased once more\n", n)
	return err
}
