package dynamo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/rooms"
)

// deedPlace orders the deeds of a room by their times. A time in milliseconds has 13 digits until the year 2286.
func deedPlace(at time.Time, key string) string { return fmt.Sprintf("%013d#%s", at.UnixMilli(), key) }

// Record implements [rooms.Audit].
func (s *Store) Record(ctx context.Context, d rooms.Deed) error {
	row := item{
		"room_id": text(string(d.Room)), "deed": text(deedPlace(d.At, d.Key)), "at": number(d.At.UnixMilli()),
		"by": text(string(d.By)), "action": text(d.Action),
	}
	if d.Subject != "" {
		row["subject"] = text(string(d.Subject))
	}
	if d.Target != 0 {
		row["target_id"] = number(d.Target)
	}
	_, err := s.put(ctx, s.tables.Audit, row, "")
	return err
}

// DeedsIn implements [rooms.Audit].
func (s *Store) DeedsIn(ctx context.Context, room chat.RoomID, before string, limit int) ([]rooms.Deed, string, error) {
	in := &dynamodb.QueryInput{
		TableName: &s.tables.Audit, ConsistentRead: aws.Bool(true), ScanIndexForward: aws.Bool(false),
		KeyConditionExpression: aws.String("room_id = :room"), ExpressionAttributeValues: item{":room": text(string(room))},
	}
	if before != "" {
		in.ExclusiveStartKey = item{"room_id": text(string(room)), "deed": text(before)}
	}
	rows, last, err := s.pages(ctx, in, limit)
	if err != nil {
		return nil, "", err
	}
	deeds := make([]rooms.Deed, len(rows))
	for i, row := range rows {
		deeds[i] = deedOf(room, row)
	}
	return deeds, reader{last}.text("deed"), nil
}

func deedOf(room chat.RoomID, row item) rooms.Deed {
	r := reader{row}
	_, key, _ := strings.Cut(r.text("deed"), "#")
	return rooms.Deed{
		Room: room, At: r.millis("at"), By: chat.UserID(r.text("by")), Action: r.text("action"), Key: key,
		Subject: chat.UserID(r.text("subject")), Target: chat.EntryID(r.number("target_id")),
	}
}
