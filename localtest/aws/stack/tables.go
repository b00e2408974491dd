package stack

import (
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/template"
)

// Tables returns the template's tables as the engine takes them.
func Tables(system *template.System) []engine.Table {
	tables := make([]engine.Table, len(system.Tables))
	for i, t := range system.Tables {
		types := map[string]string{}
		for _, a := range t.AttributeDefinitions {
			types[a.AttributeName] = a.AttributeType
		}
		partition, sort := keys(t.KeySchema, types)
		tables[i] = engine.Table{
			Name: t.Name, PartitionKey: partition, SortKey: sort,
			StreamViewType: t.StreamViewType, TTLAttribute: t.TTLAttribute,
		}
		for _, index := range t.GlobalSecondaryIndexes {
			partition, sort := keys(index.KeySchema, types)
			tables[i].Indexes = append(tables[i].Indexes, engine.Index{
				Name: index.Name, PartitionKey: partition, SortKey: sort,
				Projection: index.ProjectionType, NonKeyAttributes: index.NonKeyAttributes,
			})
		}
	}
	return tables
}

func keys(schema []template.KeyElement, types map[string]string) (partition, sort engine.Key) {
	for _, k := range schema {
		key := engine.Key{Name: k.AttributeName, Type: types[k.AttributeName]}
		if k.KeyType == "HASH" {
			partition = key
		} else {
			sort = key
		}
	}
	return partition, sort
}
