package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/aws/template"
)

// operated is the stack that an operator's command works on: the local one, or one in AWS.
type operated struct {
	store, queues aws.Config
	outputs       map[string]string // of the template: names of tables and URLs of queues
}

// outputsFor returns which outputs of the template a command needs.
func outputsFor(command string) []string {
	return map[string][]string{
		"redrive":        {"DeadLetters", "Jobs", "JobsDeadLetters", "RoomsTable"},
		"drain":          {"Jobs"},
		"erasures":       {"Checks", "ErasuresTable"},
		"invite":         {"AccountsTable"},
		"reset-password": {"AccountsTable"},
	}[command]
}

// findStack returns the stack in AWS whose outputs are in the file that args may name, or else the local stack, which
// must be running. The file is as sam list stack-outputs --output json prints it; there the SDK finds credentials and
// region as everywhere.
func findStack(ctx context.Context, command string, args []string) (s operated, err error) {
	if len(args) > 0 {
		return deployedStack(ctx, args[0], outputsFor(command))
	}
	return localStack(ctx, command)
}

func deployedStack(ctx context.Context, file string, needed []string) (s operated, err error) {
	values, err := readOutputs(file)
	if err != nil {
		return s, err
	}
	for _, name := range needed {
		if values[name] == "" {
			return s, fmt.Errorf("%s: %s needed", file, listed(needed))
		}
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	return operated{store: cfg, queues: cfg, outputs: values}, err
}

// listed returns "the output A is", or "the outputs A, B and C are".
func listed(names []string) string {
	last := len(names) - 1
	if last == 0 {
		return "the output " + names[0] + " is"
	}
	return "the outputs " + strings.Join(names[:last], ", ") + " and " + names[last] + " are"
}

func readOutputs(file string) (map[string]string, error) {
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

func localStack(ctx context.Context, command string) (s operated, err error) {
	e, err := readEndpoints(command)
	if err != nil {
		return s, err
	}
	system, err := template.Load("template.yaml", template.Options{StackName: stackName})
	if err != nil {
		return s, err
	}
	s = operated{store: engine.Config(e.DynamoDB), queues: engine.Config(e.SQS), outputs: map[string]string{}}
	for _, name := range outputsFor(command) {
		if s.outputs[name], err = localOutput(ctx, system, s.queues, name); err != nil {
			return s, err
		}
	}
	return s, nil
}

func readEndpoints(command string) (e stack.Endpoints, err error) {
	data, err := os.ReadFile(filepath.Join(dataDir, "endpoints.json"))
	if err == nil {
		err = json.Unmarshal(data, &e)
	}
	if err != nil {
		return e, fmt.Errorf("no local stack runs here; start it with make local, or name a deployed one: make %s STACK=chat-dev (%w)", command, err)
	}
	return e, nil
}

// resourceOf returns the logical id of the resource that an output refers to.
func resourceOf(output string) string {
	if output == "DeadLetters" {
		return "FanoutDeadLetters"
	}
	return output
}

func localOutput(ctx context.Context, system *template.System, queues aws.Config, name string) (string, error) {
	id := resourceOf(name)
	if table := system.Table(id).Name; table != "" {
		return table, nil
	}
	queue := system.Queue(id).Name
	if queue == "" {
		return "", fmt.Errorf("template.yaml has neither a table nor a queue %s", id)
	}
	out, err := sqs.NewFromConfig(queues).GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &queue})
	if err != nil {
		return "", fmt.Errorf("find queue %s: %w", id, err)
	}
	return *out.QueueUrl, nil
}
