// Package chatstore gives tests and benchmarks the chat's own store on a running DynamoDB engine, with the tables that
// template.yaml describes.
package chatstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/internal/dynamo"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/engine/enginetest"
	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/aws/template"
)

// Template is the path of template.yaml, beside the go.mod above the working directory.
func Template() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "template.yaml"), nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the working directory")
		}
		dir = parent
	}
}

// Create creates the template's tables, each with the prefix before its name, and gives their names.
func Create(ctx context.Context, client engine.TableClient, prefix string) (dynamo.Tables, error) {
	path, err := Template()
	if err != nil {
		return dynamo.Tables{}, err
	}
	system, err := template.Load(path, template.Options{})
	if err != nil {
		return dynamo.Tables{}, err
	}
	var names dynamo.Tables
	fields := map[string]*string{
		"EntriesTable": &names.Entries, "RoomsTable": &names.Rooms, "UsersTable": &names.Users,
		"ConnectionsTable": &names.Connections, "SubscriptionsTable": &names.Subscriptions,
	}
	tables := stack.Tables(system)
	for i := range tables {
		field, ok := fields[system.Tables[i].LogicalID]
		if !ok {
			return dynamo.Tables{}, fmt.Errorf("table %s of the template is not one of the chat's", system.Tables[i].LogicalID)
		}
		tables[i].Name = prefix + tables[i].Name
		*field = tables[i].Name
	}
	return names, engine.CreateTables(ctx, client, tables)
}

// ForTest creates tables of the test's own, which go when the test ends, and gives their names and a store on them.
func ForTest(t testing.TB, e *enginetest.Engine) (*dynamo.Store, dynamo.Tables) {
	t.Helper()
	tables, err := Create(t.Context(), e.DynamoDB, e.TableName(""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { drop(context.WithoutCancel(t.Context()), e.DynamoDB, tables) })
	return dynamo.New(e.DynamoDB, tables, time.Now), tables
}

func drop(ctx context.Context, client *dynamodb.Client, t dynamo.Tables) {
	for _, name := range []string{t.Entries, t.Rooms, t.Users, t.Connections, t.Subscriptions} {
		_, _ = client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name})
	}
}
