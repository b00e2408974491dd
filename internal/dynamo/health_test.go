package dynamo_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/dynamo"
)

// A read alone would not see that an engine has no space left; a write at each request could be asked for by anybody.
func TestPingWritesFromTimeToTime(t *testing.T) {
	each(t, func(f fixture) {
		clock := noon
		store := dynamo.New(f.engine.DynamoDB, f.tables, func() time.Time { return clock })
		for _, step := range []struct {
			after time.Duration
			want  time.Time // of the last write
		}{{0, noon}, {4 * time.Second, noon}, {time.Second, noon.Add(5 * time.Second)}} {
			clock = clock.Add(step.after)
			f.ok(store.Ping(f.Context()))
			out, err := f.engine.DynamoDB.GetItem(f.Context(), &dynamodb.GetItemInput{TableName: &f.tables.Rooms,
				Key: map[string]types.AttributeValue{"item": &types.AttributeValueMemberS{Value: "health"}}})
			f.ok(err)
			at, _ := out.Item["checked_at"].(*types.AttributeValueMemberN)
			if at == nil || at.Value != strconv.FormatInt(step.want.UnixMilli(), 10) {
				f.Errorf("%s later the row has %+v, want %s", step.after, out.Item, step.want)
			}
		}
	})
}
