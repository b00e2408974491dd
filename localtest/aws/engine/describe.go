package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// describe says in words what can't be changed of a table that is there: two tables are alike if the words are.
func describe(t *types.TableDescription) string {
	keys := func(schema []types.KeySchemaElement) (partition, sort Key) {
		for _, e := range schema {
			k := Key{Name: aws.ToString(e.AttributeName)}
			for _, d := range t.AttributeDefinitions {
				if aws.ToString(d.AttributeName) == k.Name {
					k.Type = string(d.AttributeType)
				}
			}
			if e.KeyType == types.KeyTypeHash {
				partition = k
			} else {
				sort = k
			}
		}
		return partition, sort
	}
	var indexes []Index
	for _, i := range t.GlobalSecondaryIndexes {
		x := Index{Name: aws.ToString(i.IndexName)}
		x.PartitionKey, x.SortKey = keys(i.KeySchema)
		if i.Projection != nil {
			x.Projection, x.NonKeyAttributes = string(i.Projection.ProjectionType), i.Projection.NonKeyAttributes
		}
		indexes = append(indexes, x)
	}
	stream := ""
	if s := t.StreamSpecification; s != nil && aws.ToBool(s.StreamEnabled) {
		stream = string(s.StreamViewType)
	}
	partition, sort := keys(t.KeySchema)
	return words(partition, sort, indexes, stream)
}

// describe is the function of that name for a table that is wanted.
func (t Table) describe() string {
	return words(t.PartitionKey, t.SortKey, t.Indexes, t.StreamViewType)
}

func words(partition, sort Key, indexes []Index, stream string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "key %s", keyWords(partition, sort))
	ordered := slices.SortedFunc(slices.Values(indexes), func(a, b Index) int { return strings.Compare(a.Name, b.Name) })
	for _, i := range ordered {
		fmt.Fprintf(&b, ", index %s on %s with %s", i.Name, keyWords(i.PartitionKey, i.SortKey), i.Projection)
		if len(i.NonKeyAttributes) > 0 {
			fmt.Fprintf(&b, " %v", slices.Sorted(slices.Values(i.NonKeyAttributes)))
		}
	}
	if stream == "" {
		return b.String() + ", no stream"
	}
	return b.String() + ", stream " + stream
}

func keyWords(partition, sort Key) string {
	if sort.Name == "" {
		return fmt.Sprintf("(%s %s)", partition.Name, partition.Type)
	}
	return fmt.Sprintf("(%s %s, %s %s)", partition.Name, partition.Type, sort.Name, sort.Type)
}
