package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
)

// drain asks all clients to move to new connections. In AWS it needs sqs:SendMessage alone.
func drain(ctx context.Context, seconds string, args []string) error {
	spread, err := spreadOf(seconds)
	if err != nil {
		return err
	}
	s, err := findStack(ctx, "drain", args)
	if err != nil {
		return err
	}
	jobs := apigw.NewJobQueue(sqs.NewFromConfig(s.queues), s.outputs["Jobs"])
	if err := jobs.DrainLater(ctx, fanout.Drain{Spread: spread}); err != nil {
		return err
	}
	fmt.Printf("all connections that are open now are asked to move within %v\n", spread)
	return nil
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
