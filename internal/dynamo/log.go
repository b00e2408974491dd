package dynamo

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// The log of a room: its entries, and the claims of those who write them.

const claimPrefix = "claim#"

func claimKey(e chat.NewEntry) item {
	return item{
		"user_id": text(string(e.ClaimOwner())),
		"item":    text(claimPrefix + string(e.Room) + "#" + string(e.ClientMessageID)),
	}
}

// Claim implements [roomlog.Claims].
func (s *Store) Claim(ctx context.Context, e chat.NewEntry) (*roomlog.Claim, error) {
	row, err := s.get(ctx, s.tables.Users, claimKey(e))
	if err != nil || row == nil {
		return nil, err
	}
	return s.unexpiredClaim(row), nil
}

// PutClaim implements [roomlog.Claims].
func (s *Store) PutClaim(ctx context.Context, e chat.NewEntry, c roomlog.Claim) (*roomlog.Claim, error) {
	row := claimKey(e)
	row["n"] = number(c.ID)
	row["h"] = &types.AttributeValueMemberB{Value: c.Fingerprint}
	setExpiry(row, c.ExpiresAt)
	old, err := s.putIf(ctx, s.tables.Users, row, "attribute_not_exists(user_id) OR expires_at < :now",
		item{":now": number(s.now().UnixMilli())})
	if err != nil || old == nil {
		return nil, err
	}
	return claimOf(old), nil
}

// MoveClaim implements [roomlog.Claims].
func (s *Store) MoveClaim(ctx context.Context, e chat.NewEntry, from, to chat.EntryID, until time.Time) (*roomlog.Claim, error) {
	return s.updateClaim(ctx, e, "SET n = :to", "n = :from", item{":from": number(from), ":to": number(to)}, until)
}

// RenewClaim implements [roomlog.Claims].
func (s *Store) RenewClaim(ctx context.Context, e chat.NewEntry, c roomlog.Claim, until time.Time) (*roomlog.Claim, error) {
	condition := "n = :n AND h = :h"
	if !until.IsZero() {
		condition += " AND expires_at < :expires_at"
	}
	values := item{":n": number(c.ID), ":h": &types.AttributeValueMemberB{Value: c.Fingerprint}}
	return s.updateClaim(ctx, e, "SET n = :n", condition, values, until)
}

// updateClaim changes a claim and until when it is kept. It returns the claim that is there if the condition fails.
func (s *Store) updateClaim(
	ctx context.Context, e chat.NewEntry, set, condition string, values item, until time.Time,
) (*roomlog.Claim, error) {
	update := set + " REMOVE expires_at, remove_at"
	if !until.IsZero() {
		update = set + ", expires_at = :expires_at, remove_at = :remove_at"
		expiry := item{}
		setExpiry(expiry, until)
		values[":expires_at"], values[":remove_at"] = expiry["expires_at"], expiry["remove_at"]
	}
	old, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Users, Key: claimKey(e), UpdateExpression: &update,
		ConditionExpression: &condition, ExpressionAttributeValues: values,
	})
	switch {
	case err != nil || old == nil:
		return nil, err
	case len(old) == 0:
		return nil, fmt.Errorf("update claim: there is none")
	}
	return claimOf(old), nil
}

func claimOf(row item) *roomlog.Claim {
	r := reader{row}
	return &roomlog.Claim{ID: chat.EntryID(r.number("n")), Fingerprint: r.bytes("h"), ExpiresAt: r.expiry()}
}

// unexpiredClaim returns the claim in a row; nil when it has expired.
func (s *Store) unexpiredClaim(row item) *roomlog.Claim {
	c := claimOf(row)
	if !c.ExpiresAt.IsZero() && c.ExpiresAt.Before(s.now()) {
		return nil
	}
	return c
}

// removedAfter is how long a row is kept after it has expired: so long that the engine, which removes it when it likes,
// never decides what is seen.
const removedAfter = 48 * time.Hour

// setExpiry writes into a row when it expires, and when the engine may remove it; nothing for never.
func setExpiry(row item, at time.Time) {
	if !at.IsZero() {
		row["expires_at"] = number(at.UnixMilli())
		row["remove_at"] = number(at.Add(removedAfter).Unix())
	}
}

// Place implements [roomlog.Log].
func (s *Store) Place(ctx context.Context, e chat.Entry) (*chat.Entry, error) {
	old, err := s.put(ctx, s.tables.Entries, rowOf(e), "attribute_not_exists(room_id)")
	if err != nil || old == nil {
		return nil, err
	}
	stored := entryOf(old)
	return &stored, nil
}

func rowOf(e chat.Entry) item {
	row := item{
		"room_id": text(string(e.Room)), "id": number(e.ID),
		"kind": text(string(e.Kind)), "created_at": number(e.CreatedAt.UnixMilli()),
	}
	if !e.IsVoid() {
		row["user_id"] = text(string(e.User))
		row["client_message_id"] = text(string(e.ClientMessageID))
		row["content"] = text(e.Content)
	}
	if e.Target != 0 {
		row["target_id"] = number(e.Target)
	}
	if e.Reaction != "" {
		row["reaction"] = text(string(e.Reaction))
	}
	if e.Remove {
		row["remove"] = flagOf(true)
	}
	if e.Kind == chat.KindMember {
		row["subject"] = text(string(e.Subject))
		row["change"] = text(string(e.Change))
	}
	setExpiry(row, e.ExpiresAt)
	if e.Role != "" {
		row["role"] = text(string(e.Role))
	}
	return row
}

func entryOf(row item) chat.Entry {
	r := reader{row}
	return chat.Entry{
		Room: chat.RoomID(r.text("room_id")), ID: chat.EntryID(r.number("id")), Kind: chat.Kind(r.text("kind")),
		User: chat.UserID(r.text("user_id")), ClientMessageID: chat.ClientMessageID(r.text("client_message_id")),
		Content: r.text("content"), Target: chat.EntryID(r.number("target_id")), CreatedAt: r.millis("created_at"),
		Reaction: chat.Reaction(r.text("reaction")), Remove: r.bool("remove"),
		Subject: chat.UserID(r.text("subject")), Change: chat.MemberChange(r.text("change")), Role: chat.Role(r.text("role")),
		ExpiresAt: r.expiry(), Changes: changesOf(r),
	}
}

// EntriesAfter implements [roomlog.Log].
func (s *Store) EntriesAfter(ctx context.Context, room chat.RoomID, after chat.EntryID, limit int) ([]chat.Entry, error) {
	return s.entries(ctx, room, "id > :id", after, limit, true)
}

// EntriesBefore implements [roomlog.Log].
func (s *Store) EntriesBefore(ctx context.Context, room chat.RoomID, before chat.EntryID, limit int) ([]chat.Entry, error) {
	return s.entries(ctx, room, "id < :id", before, limit, false)
}

func (s *Store) entries(
	ctx context.Context, room chat.RoomID, condition string, id chat.EntryID, limit int, rising bool,
) ([]chat.Entry, error) {
	rows, err := s.query(ctx, &dynamodb.QueryInput{
		TableName:                 &s.tables.Entries,
		KeyConditionExpression:    aws.String("room_id = :room AND " + condition),
		ExpressionAttributeValues: item{":room": text(string(room)), ":id": number(id)},
		ScanIndexForward:          &rising,
	}, limit)
	if err != nil {
		return nil, err
	}
	entries := make([]chat.Entry, len(rows))
	for i, row := range rows {
		if !rising {
			i = len(rows) - 1 - i
		}
		entries[i] = entryOf(row)
	}
	return entries, nil
}
