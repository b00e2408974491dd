package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/aws/template"
	"serverlesschat/localtest/redrive"
)

// redriveHere is for the local stack, which must be running.
func redriveHere(ctx context.Context, _ func()) error {
	e, err := endpointsHere("redrive")
	if err != nil {
		return err
	}
	system, err := template.Load("template.yaml", template.Options{StackName: stackName})
	if err != nil {
		return err
	}
	store, queues := engine.Config(e.DynamoDB), engine.Config(e.SQS)
	var names redrive.Names
	for _, q := range system.Queues {
		out, err := sqs.NewFromConfig(queues).GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &q.Name})
		if err != nil {
			return fmt.Errorf("find queue %s: %w", q.LogicalID, err)
		}
		switch q.LogicalID {
		case "FanoutDeadLetters":
			names.DeadLetters = *out.QueueUrl
		case "Jobs":
			names.Jobs = *out.QueueUrl
		case "JobsDeadLetters":
			names.JobsDeadLetters = *out.QueueUrl
		}
	}
	names.RoomsTable = system.Table("RoomsTable").Name
	return runRedrive(ctx, store, queues, names)
}

// redriveDeployed is for a stack in AWS: file has its outputs, as sam list stack-outputs --output json prints them. The
// SDK finds credentials and region as everywhere.
func redriveDeployed(ctx context.Context, file string) error {
	values, err := outputsOf(file)
	if err != nil {
		return err
	}
	names := redrive.Names{
		DeadLetters: values["DeadLetters"], Jobs: values["Jobs"], JobsDeadLetters: values["JobsDeadLetters"],
		RoomsTable: values["RoomsTable"],
	}
	if names.DeadLetters == "" || names.Jobs == "" || names.JobsDeadLetters == "" || names.RoomsTable == "" {
		return errors.New(file + ": the outputs DeadLetters, Jobs, JobsDeadLetters and RoomsTable are needed")
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	return runRedrive(ctx, cfg, cfg, names)
}

func runRedrive(ctx context.Context, store, queues aws.Config, names redrive.Names) error {
	report, err := redrive.Run(ctx, redrive.Clients{
		SQS: sqs.NewFromConfig(queues), DynamoDB: dynamodb.NewFromConfig(store), Streams: dynamodbstreams.NewFromConfig(store),
	}, names)
	if err != nil {
		return err
	}
	fmt.Printf("jobs that were given up are on their way back; %d letters of wakes, jobs for %d rooms\n", report.Letters, report.Rooms)
	if report.Scanned {
		fmt.Println("some records were not in the stream any more: all rooms were looked at")
	}
	return nil
}

// endpointsHere returns where the local stack is, for a target of the Makefile.
func endpointsHere(target string) (e stack.Endpoints, err error) {
	data, err := os.ReadFile(filepath.Join(dataDir, "endpoints.json"))
	if err == nil {
		err = json.Unmarshal(data, &e)
	}
	if err != nil {
		return e, fmt.Errorf("no local stack runs here; start it with make local, or name a deployed one: make %s STACK=chat-dev (%w)", target, err)
	}
	return e, nil
}

// outputsOf reads a stack's outputs from a file.
func outputsOf(file string) (map[string]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var outputs []struct{ OutputKey, OutputValue string }
	if err := json.Unmarshal(data, &outputs); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	values := map[string]string{}
	for _, o := range outputs {
		values[o.OutputKey] = o.OutputValue
	}
	return values, nil
}
