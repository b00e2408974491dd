package streams

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

// eventRecord is one record of an event, in the form of events.DynamoDBEventRecord of github.com/aws/aws-lambda-go.
type eventRecord struct {
	EventID        string        `json:"eventID"`
	EventName      string        `json:"eventName"`
	EventVersion   string        `json:"eventVersion"`
	EventSource    string        `json:"eventSource"`
	AWSRegion      string        `json:"awsRegion"`
	DynamoDB       streamRecord  `json:"dynamodb"`
	UserIdentity   *userIdentity `json:"userIdentity,omitempty"`
	EventSourceARN string        `json:"eventSourceARN"`
}

type streamRecord struct {
	ApproximateCreationDateTime json.Number    `json:"ApproximateCreationDateTime,omitempty"` // seconds of the epoch
	Keys                        map[string]any `json:"Keys,omitempty"`
	NewImage                    map[string]any `json:"NewImage,omitempty"`
	OldImage                    map[string]any `json:"OldImage,omitempty"`
	SequenceNumber              string         `json:"SequenceNumber"`
	SizeBytes                   int64          `json:"SizeBytes"`
	StreamViewType              string         `json:"StreamViewType"`
}

// userIdentity says who made the change, where that was DynamoDB itself (time to live).
type userIdentity struct {
	Type        string `json:"type"`
	PrincipalID string `json:"principalId"`
}

// event returns a record of the stream in the form in which functions get it.
func (s Stream) event(shard string, r types.Record) ([]byte, error) {
	d := r.Dynamodb
	number := aws.ToString(d.SequenceNumber)
	e := eventRecord{
		EventID:      eventID(s.EngineARN, shard, number),
		EventName:    string(r.EventName),
		EventVersion: "1.1",
		EventSource:  "aws:dynamodb",
		AWSRegion:    s.Region,
		DynamoDB: streamRecord{
			SequenceNumber: pad(number),
			SizeBytes:      aws.ToInt64(d.SizeBytes),
			StreamViewType: string(d.StreamViewType),
		},
		EventSourceARN: s.ARN,
	}
	if d.ApproximateCreationDateTime != nil {
		e.DynamoDB.ApproximateCreationDateTime = epochSeconds(*d.ApproximateCreationDateTime)
	}
	if u := r.UserIdentity; u != nil {
		e.UserIdentity = &userIdentity{Type: aws.ToString(u.Type), PrincipalID: aws.ToString(u.PrincipalId)}
	}
	var err error
	for _, image := range []struct {
		to   *map[string]any
		from map[string]types.AttributeValue
	}{{&e.DynamoDB.Keys, d.Keys}, {&e.DynamoDB.NewImage, d.NewImage}, {&e.DynamoDB.OldImage, d.OldImage}} {
		if *image.to, err = dynamoJSONMap(image.from); err != nil {
			return nil, err
		}
	}
	return json.Marshal(e)
}

// eventID is the same whenever a record is read, which engines' own ids are not in AWS's form.
func eventID(stream, shard, number string) string {
	sum := sha256.Sum256([]byte(stream + "\n" + shard + "\n" + number))
	return hex.EncodeToString(sum[:16])
}

func epochSeconds(t time.Time) json.Number {
	if ms := t.UnixMilli(); ms%1000 != 0 {
		return json.Number(fmt.Sprintf("%d.%03d", ms/1000, ms%1000))
	}
	return json.Number(fmt.Sprint(t.Unix()))
}

func dynamoJSONMap(m map[string]types.AttributeValue) (map[string]any, error) {
	if m == nil {
		return nil, nil
	}
	out := make(map[string]any, len(m))
	for name, v := range m {
		var err error
		if out[name], err = dynamoJSON(v); err != nil {
			return nil, fmt.Errorf("attribute %s: %w", name, err)
		}
	}
	return out, nil
}

// dynamoJSON returns a value in DynamoDB's JSON form, {"S": "text"} and so on. Bytes become base64 by encoding/json.
func dynamoJSON(v types.AttributeValue) (map[string]any, error) {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return map[string]any{"S": v.Value}, nil
	case *types.AttributeValueMemberN:
		return map[string]any{"N": v.Value}, nil
	case *types.AttributeValueMemberB:
		return map[string]any{"B": v.Value}, nil
	case *types.AttributeValueMemberBOOL:
		return map[string]any{"BOOL": v.Value}, nil
	case *types.AttributeValueMemberNULL:
		return map[string]any{"NULL": v.Value}, nil
	case *types.AttributeValueMemberSS:
		return map[string]any{"SS": v.Value}, nil
	case *types.AttributeValueMemberNS:
		return map[string]any{"NS": v.Value}, nil
	case *types.AttributeValueMemberBS:
		return map[string]any{"BS": v.Value}, nil
	case *types.AttributeValueMemberM:
		m, err := dynamoJSONMap(v.Value)
		return map[string]any{"M": m}, err
	case *types.AttributeValueMemberL:
		list := make([]any, len(v.Value))
		for i, element := range v.Value {
			var err error
			if list[i], err = dynamoJSON(element); err != nil {
				return nil, err
			}
		}
		return map[string]any{"L": list}, nil
	}
	return nil, fmt.Errorf("unknown kind of value %T", v)
}
