package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"serverlesschat/localtest/redrive"
)

// redriveAll has done once more what was given up.
func redriveAll(ctx context.Context, args []string) error {
	s, err := findStack(ctx, "redrive", args)
	if err != nil {
		return err
	}
	report, err := redrive.Run(ctx, redrive.Clients{
		SQS: sqs.NewFromConfig(s.queues), DynamoDB: dynamodb.NewFromConfig(s.store),
		Streams: dynamodbstreams.NewFromConfig(s.store),
	}, redrive.Names{
		DeadLetters: s.outputs["DeadLetters"], Jobs: s.outputs["Jobs"], JobsDeadLetters: s.outputs["JobsDeadLetters"],
		RoomsTable: s.outputs["RoomsTable"],
	})
	if err != nil {
		return err
	}
	fmt.Printf("jobs that were given up are on their way back; %d letters of wakes, jobs for %d rooms\n", report.Letters, report.Rooms)
	if report.Scanned {
		fmt.Println("some records were not in the stream any more: all rooms were looked at")
	}
	return nil
}
