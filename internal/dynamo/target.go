package dynamo

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
)

// What changes have made of a message lies in the message's own row.

func entryKey(room chat.RoomID, id chat.EntryID) item {
	return item{"room_id": text(string(room)), "id": number(id)}
}

// Entry implements [roomlog.Targets].
func (s *Store) Entry(ctx context.Context, room chat.RoomID, id chat.EntryID) (*chat.Entry, error) {
	row, err := s.get(ctx, s.tables.Entries, entryKey(room, id))
	if err != nil || row == nil {
		return nil, err
	}
	e := entryOf(row)
	return &e, nil
}

// Update implements [roomlog.Targets].
func (s *Store) Update(ctx context.Context, was, is chat.Entry) (bool, error) {
	// A row that TTL has removed must not come back without its keys' other attributes.
	condition := "attribute_exists(room_id) AND user_id = :user AND updated_id = :was"
	values := item{
		":user": text(string(was.User)), ":was": number(was.UpdatedID), ":is": number(is.UpdatedID), ":content": text(is.Content),
	}
	if was.UpdatedID == 0 {
		condition = "attribute_exists(room_id) AND user_id = :user AND attribute_not_exists(updated_id)"
		delete(values, ":was")
	}
	if was.Erasures == 0 {
		condition += " AND attribute_not_exists(erasures)"
	} else {
		condition += " AND erasures = :erasures"
		values[":erasures"] = number(was.Erasures)
	}
	set, remove := []string{"updated_id = :is", "content = :content"}, []string{}
	change := func(name string, value types.AttributeValue) {
		if value == nil {
			remove = append(remove, name)
			return
		}
		set = append(set, name+" = :"+name)
		values[":"+name] = value
	}
	change("edited_at", millisOf(is))
	change("deleted", flagOf(is.Deleted))
	change("edits", editsOf(is.Edits))
	change("reactions", reactionsOf(is.Reactions))
	update := "SET " + strings.Join(set, ", ")
	if len(remove) > 0 {
		update += " REMOVE " + strings.Join(remove, ", ")
	}
	old, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Entries, Key: entryKey(is.Room, is.ID), UpdateExpression: &update,
		ConditionExpression: &condition, ExpressionAttributeValues: values,
	})
	return err == nil && old == nil, err
}

// Empty implements [roomlog.Targets].
func (s *Store) Empty(ctx context.Context, room chat.RoomID, edit chat.EntryID) error {
	_, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Entries, Key: entryKey(room, edit), UpdateExpression: aws.String("SET content = :none"),
		ConditionExpression:       aws.String("kind = :edit"),
		ExpressionAttributeValues: item{":none": text(""), ":edit": text(string(chat.KindEdit))},
	})
	return err
}

// The attributes of a message's changes; nil for one that is not there.

func millisOf(e chat.Entry) types.AttributeValue {
	if e.EditedAt.IsZero() {
		return nil
	}
	return number(e.EditedAt.UnixMilli())
}

func flagOf(set bool) types.AttributeValue {
	if !set {
		return nil
	}
	return &types.AttributeValueMemberBOOL{Value: true}
}

func editsOf(ids []chat.EntryID) types.AttributeValue {
	if len(ids) == 0 {
		return nil
	}
	list := make([]types.AttributeValue, len(ids))
	for i, id := range ids {
		list[i] = number(id)
	}
	return &types.AttributeValueMemberL{Value: list}
}

func reactionsOf(reactions map[chat.Reaction][]chat.UserID) types.AttributeValue {
	if len(reactions) == 0 {
		return nil
	}
	names := map[string]types.AttributeValue{}
	for name, users := range reactions {
		set := make([]string, len(users))
		for i, user := range users {
			set[i] = string(user)
		}
		names[string(name)] = &types.AttributeValueMemberSS{Value: set}
	}
	return &types.AttributeValueMemberM{Value: names}
}

func changesOf(r reader) chat.Changes {
	c := chat.Changes{
		UpdatedID: chat.EntryID(r.number("updated_id")), Deleted: r.bool("deleted"), Erasures: int(r.number("erasures")),
	}
	if _, edited := r.item["edited_at"]; edited {
		c.EditedAt = r.millis("edited_at")
	}
	if list, ok := r.item["edits"].(*types.AttributeValueMemberL); ok {
		for _, id := range list.Value {
			c.Edits = append(c.Edits, chat.EntryID(reader{item{"id": id}}.number("id")))
		}
	}
	names, ok := r.item["reactions"].(*types.AttributeValueMemberM)
	if !ok {
		return c
	}
	c.Reactions = map[chat.Reaction][]chat.UserID{}
	for name, value := range names.Value {
		set, ok := value.(*types.AttributeValueMemberSS)
		if !ok {
			continue
		}
		users := make([]chat.UserID, len(set.Value))
		for i, user := range set.Value {
			users[i] = chat.UserID(user)
		}
		slices.Sort(users) // a set has no order
		c.Reactions[chat.Reaction(name)] = users
	}
	return c
}
