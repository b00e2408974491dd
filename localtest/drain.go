package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/template"
)

// drainHere is for the local stack, which must be running.
func drainHere(ctx context.Context, seconds string) error {
	spread, err := spreadOf(seconds)
	if err != nil {
		return err
	}
	e, err := endpointsHere("drain")
	if err != nil {
		return err
	}
	system, err := template.Load("template.yaml", template.Options{StackName: stackName})
	if err != nil {
		return err
	}
	queues := engine.Config(e.SQS)
	name := system.Queue("Jobs").Name
	if name == "" {
		return errors.New("template.yaml has no queue Jobs")
	}
	out, err := sqs.NewFromConfig(queues).GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		return fmt.Errorf("find queue Jobs: %w", err)
	}
	return sendDrain(ctx, queues, *out.QueueUrl, spread)
}

// drainDeployed is for a stack in AWS: file has its outputs, as for redriveDeployed. It needs sqs:SendMessage alone.
func drainDeployed(ctx context.Context, seconds, file string) error {
	spread, err := spreadOf(seconds)
	if err != nil {
		return err
	}
	values, err := outputsOf(file)
	if err != nil {
		return err
	}
	if values["Jobs"] == "" {
		return errors.New(file + ": the output Jobs is needed")
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	return sendDrain(ctx, cfg, values["Jobs"], spread)
}

// spreadOf reads over how many seconds the moves are spread.
func spreadOf(text string) (time.Duration, error) {
	n, err := strconv.Atoi(text)
	most := int(chat.MaxConnectionLife / time.Second)
	if err != nil || n < 0 || n > most {
		return 0, fmt.Errorf("SPREAD: %q is not a number of seconds from 0 to %d", text, most)
	}
	return time.Duration(n) * time.Second, nil
}

func sendDrain(ctx context.Context, queues aws.Config, url string, spread time.Duration) error {
	err := apigw.NewJobQueue(sqs.NewFromConfig(queues), url).DrainLater(ctx, fanout.Drain{Spread: spread})
	if err == nil {
		fmt.Printf("all connections that are open now are asked to move within %v\n", spread)
	}
	return err
}
