package contract

import (
	"reflect"
	"testing"

	"serverlesschat/internal/dynamo/dynamotest"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/aws/template"
)

// TestTablesOfTheStoresTests: what the store is tested on has the keys and the stream of what is deployed.
func TestTablesOfTheStoresTests(t *testing.T) {
	system, err := template.Load("../../template.yaml", template.Options{})
	if err != nil {
		t.Fatal(err)
	}
	deployed := map[string]engine.Table{}
	for i, table := range stack.Tables(system) {
		table.Name, table.TTLAttribute = "", ""
		deployed[system.Tables[i].LogicalID] = table
	}
	for _, in := range dynamotest.Inputs(dynamotest.Names("")) {
		types := map[string]string{}
		for _, a := range in.AttributeDefinitions {
			types[*a.AttributeName] = string(a.AttributeType)
		}
		tested := engine.Table{PartitionKey: engine.Key{Name: *in.KeySchema[0].AttributeName}}
		tested.PartitionKey.Type = types[tested.PartitionKey.Name]
		if len(in.KeySchema) > 1 {
			name := *in.KeySchema[1].AttributeName
			tested.SortKey = engine.Key{Name: name, Type: types[name]}
		}
		for _, index := range in.GlobalSecondaryIndexes {
			key := func(i int) engine.Key {
				name := *index.KeySchema[i].AttributeName
				return engine.Key{Name: name, Type: types[name]}
			}
			tested.Indexes = append(tested.Indexes, engine.Index{
				Name: *index.IndexName, PartitionKey: key(0), SortKey: key(1),
				Projection: string(index.Projection.ProjectionType), NonKeyAttributes: index.Projection.NonKeyAttributes,
			})
		}
		if in.StreamSpecification != nil {
			tested.StreamViewType = string(in.StreamSpecification.StreamViewType)
		}
		name := *in.TableName + "Table"
		want, ok := deployed[name]
		if !ok || tested.PartitionKey != want.PartitionKey || tested.SortKey != want.SortKey ||
			tested.StreamViewType != want.StreamViewType || !reflect.DeepEqual(tested.Indexes, want.Indexes) {
			t.Errorf("%s is tested as %+v, the template has %+v", name, tested, want)
		}
		delete(deployed, name)
	}
	if len(deployed) > 0 {
		t.Errorf("the template has tables that the store is not tested on: %v", deployed)
	}
}
