package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/privacy"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/template"
)

// eraseAgainHere is for the local stack, which must be running.
func eraseAgainHere(ctx context.Context, _ func()) error {
	e, err := endpointsHere("erasures")
	if err != nil {
		return err
	}
	system, err := template.Load("template.yaml", template.Options{StackName: stackName})
	if err != nil {
		return err
	}
	store, queues := engine.Config(e.DynamoDB), engine.Config(e.SQS)
	name := system.Queue("Jobs").Name
	out, err := sqs.NewFromConfig(queues).GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		return fmt.Errorf("find queue Jobs: %w", err)
	}
	return eraseAgain(ctx, store, queues, system.Table("ErasuresTable").Name, *out.QueueUrl)
}

// eraseAgainDeployed is for a stack in AWS: file has its outputs, as for redriveDeployed. It needs dynamodb:Scan,
// UpdateItem and PutItem on the ledger, and sqs:SendMessage.
func eraseAgainDeployed(ctx context.Context, file string) error {
	values, err := outputsOf(file)
	if err != nil {
		return err
	}
	if values["Jobs"] == "" || values["ErasuresTable"] == "" {
		return errors.New(file + ": the outputs Jobs and ErasuresTable are needed")
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	return eraseAgain(ctx, cfg, cfg, values["ErasuresTable"], values["Jobs"])
}

func eraseAgain(ctx context.Context, store, queues aws.Config, table, url string) error {
	ledger := dynamo.New(dynamodb.NewFromConfig(store), dynamo.Tables{Erasures: table}, time.Now)
	jobs := apigw.NewJobQueue(sqs.NewFromConfig(queues), url)
	n, err := privacy.Again(ctx, ledger, jobs, time.Now(), rand.Text())
	fmt.Printf("%d users are erased once more\n", n)
	return err
}
