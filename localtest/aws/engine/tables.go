package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/localtest/aws/wait"
)

// Table is what decides how a table behaves. All else that a template may say of one has no effect in a local engine.
type Table struct {
	Name         string
	PartitionKey Key
	SortKey      Key // the zero Key if the table has none
	Indexes      []Index
	// StreamViewType is KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES; empty for a table without a stream.
	StreamViewType string
	// TTLAttribute names the attribute with the second of the epoch after which a row expires; empty if rows don't.
	TTLAttribute string
}

// Key is an attribute that is part of a key. Type is S, N or B.
type Key struct{ Name, Type string }

// Index is a global secondary index.
type Index struct {
	Name             string
	PartitionKey     Key
	SortKey          Key      // the zero Key if the index has none
	Projection       string   // ALL, KEYS_ONLY or INCLUDE
	NonKeyAttributes []string // for INCLUDE
}

// TableClient is the part of *dynamodb.Client that tables are made with.
type TableClient interface {
	CreateTable(
		context.Context, *dynamodb.CreateTableInput, ...func(*dynamodb.Options),
	) (*dynamodb.CreateTableOutput, error)
	DescribeTable(
		context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options),
	) (*dynamodb.DescribeTableOutput, error)
	DescribeTimeToLive(
		context.Context, *dynamodb.DescribeTimeToLiveInput, ...func(*dynamodb.Options),
	) (*dynamodb.DescribeTimeToLiveOutput, error)
	UpdateTimeToLive(
		context.Context, *dynamodb.UpdateTimeToLiveInput, ...func(*dynamodb.Options),
	) (*dynamodb.UpdateTimeToLiveOutput, error)
}

// CreateTables creates the tables that are missing, sets their time to live, and returns when all are active. Tables
// that are there stay as they are, with their data. One whose keys, indexes, stream or time to live differ from what is
// asked for is an error that names both: an engine can't change most of these, and data would have to go.
func CreateTables(ctx context.Context, client TableClient, tables []Table) error {
	for _, t := range tables {
		if err := t.create(ctx, client); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	return nil
}

// StreamARN is the name that the engine itself knows the table's stream by, which differs from what AWS would call it.
func StreamARN(ctx context.Context, client TableClient, table string) (string, error) {
	out, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &table})
	if err != nil {
		return "", fmt.Errorf("describe table %s: %w", table, err)
	}
	if out.Table.LatestStreamArn == nil {
		return "", fmt.Errorf("table %s has no stream", table)
	}
	return *out.Table.LatestStreamArn, nil
}

func (t Table) create(ctx context.Context, client TableClient) error {
	_, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &t.Name})
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) {
		_, err = client.CreateTable(ctx, t.input())
	}
	var made *types.ResourceInUseException // by somebody else, just now
	if err != nil && !errors.As(err, &made) {
		return err
	}
	found, err := t.awaitActive(ctx, client)
	if err != nil {
		return err
	}
	if is, want := describe(found), t.describe(); is != want {
		return fmt.Errorf("is there, but with %s; wanted is %s. Forget the local data, or give the table another name",
			is, want)
	}
	return t.setTimeToLive(ctx, client)
}

func (t Table) awaitActive(ctx context.Context, client TableClient) (*types.TableDescription, error) {
	for {
		out, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &t.Name})
		if err != nil {
			return nil, err
		}
		if out.Table.TableStatus == types.TableStatusActive {
			return out.Table, nil
		}
		if !wait.For(ctx, retryEvery) {
			return nil, fmt.Errorf("it is still %s: %w", out.Table.TableStatus, ctx.Err())
		}
	}
}

// setTimeToLive asks first: DynamoDB Local refuses what is set already, as AWS does.
func (t Table) setTimeToLive(ctx context.Context, client TableClient) error {
	out, err := client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &t.Name})
	if err != nil {
		return fmt.Errorf("describe time to live: %w", err)
	}
	is := ""
	if d := out.TimeToLiveDescription; d != nil && d.TimeToLiveStatus != types.TimeToLiveStatusDisabled {
		is = aws.ToString(d.AttributeName)
	}
	switch {
	case is == t.TTLAttribute:
		return nil
	case is != "":
		return fmt.Errorf("is there, but its rows expire by %q, not by %q. Forget the local data", is, t.TTLAttribute)
	}
	_, err = client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: &t.Name,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{
			AttributeName: &t.TTLAttribute, Enabled: aws.Bool(true),
		},
	})
	if err != nil {
		return fmt.Errorf("set time to live: %w", err)
	}
	return nil
}

func (t Table) input() *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{
		TableName:   &t.Name,
		BillingMode: types.BillingModePayPerRequest,
		KeySchema:   schema(t.PartitionKey, t.SortKey),
	}
	keys := []Key{t.PartitionKey, t.SortKey}
	for _, i := range t.Indexes {
		keys = append(keys, i.PartitionKey, i.SortKey)
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: aws.String(i.Name),
			KeySchema: schema(i.PartitionKey, i.SortKey),
			Projection: &types.Projection{
				ProjectionType: types.ProjectionType(i.Projection), NonKeyAttributes: i.NonKeyAttributes,
			},
		})
	}
	in.AttributeDefinitions = definitions(keys)
	if t.StreamViewType != "" {
		in.StreamSpecification = &types.StreamSpecification{
			StreamEnabled:  aws.Bool(true),
			StreamViewType: types.StreamViewType(t.StreamViewType),
		}
	}
	return in
}

func schema(partition, sort Key) []types.KeySchemaElement {
	elements := []types.KeySchemaElement{{AttributeName: aws.String(partition.Name), KeyType: types.KeyTypeHash}}
	if sort.Name != "" {
		elements = append(elements, types.KeySchemaElement{
			AttributeName: aws.String(sort.Name), KeyType: types.KeyTypeRange,
		})
	}
	return elements
}

func definitions(keys []Key) []types.AttributeDefinition {
	var all []types.AttributeDefinition
	seen := map[Key]bool{{}: true}
	for _, k := range keys {
		if !seen[k] {
			seen[k] = true
			all = append(all, types.AttributeDefinition{
				AttributeName: aws.String(k.Name), AttributeType: types.ScalarAttributeType(k.Type)})
		}
	}
	return all
}
