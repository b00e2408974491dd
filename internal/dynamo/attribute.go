package dynamo

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type (
	mapValue    = types.AttributeValueMemberM
	numberValue = types.AttributeValueMemberN
)

// reader reads attributes of an item. An attribute that is missing or of another type is read as the zero value: only
// the chat writes rows.
type reader struct{ item item }

func (i reader) text(name string) string {
	if v, ok := i.item[name].(*types.AttributeValueMemberS); ok {
		return v.Value
	}
	return ""
}

func (i reader) number(name string) int64 {
	if v, ok := i.item[name].(*types.AttributeValueMemberN); ok {
		n, _ := strconv.ParseInt(v.Value, 10, 64)
		return n
	}
	return 0
}

func (i reader) bytes(name string) []byte {
	if v, ok := i.item[name].(*types.AttributeValueMemberB); ok {
		return v.Value
	}
	return nil
}

func (i reader) bool(name string) bool {
	v, ok := i.item[name].(*types.AttributeValueMemberBOOL)
	return ok && v.Value
}

func (i reader) millis(name string) time.Time { return time.UnixMilli(i.number(name)).UTC() }

// expiry reads when an entry or a claim expires; zero for never.
func (i reader) expiry() time.Time {
	if _, ok := i.item["expires_at"]; !ok {
		return time.Time{}
	}
	return i.millis("expires_at")
}

// lookAt reads until when a subscription holds at least; zero where it does not say.
func (i reader) lookAt() time.Time {
	if _, ok := i.item["look_at"]; !ok {
		return time.Time{}
	}
	return i.seconds("look_at")
}

func (i reader) seconds(name string) time.Time { return time.Unix(i.number(name), 0).UTC() }
