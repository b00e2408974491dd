package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/telemetry"
)

// The members of rooms. Their rows lie under the users, so that a room where all members write their rows at once has no
// busy key. An index finds them by their room. It has nothing but keys and state, so that only a change of these writes
// to it.

// membersByRoom is the index of members by their rooms.
const membersByRoom = "ByRoom"

func memberKey(user chat.UserID, room chat.RoomID) item {
	return item{"user_id": text(string(user)), "room_id": text(string(room))}
}

func memberRow(m rooms.Member) item {
	row := memberKey(m.User, m.Room)
	row["state"] = text(string(m.State))
	row["v"] = number(m.Version)
	row["joined_at"] = number(m.JoinedAt.UnixMilli())
	if m.Role != "" {
		row["role"] = text(string(m.Role))
	}
	if !m.MutedUntil.IsZero() {
		row["muted_until"] = number(m.MutedUntil.UnixMilli())
	}
	if m.ReadID > 0 {
		row["read_id"] = number(m.ReadID)
	}
	if m.DeliveredID > 0 {
		row["delivered_id"] = number(m.DeliveredID)
	}
	if m.Pending != nil {
		row["pend"] = pendingRow(*m.Pending)
	}
	return row
}

func pendingRow(p rooms.Pending) *types.AttributeValueMemberM {
	row := item{"change": text(string(p.Change)), "by": text(string(p.By)), "at": number(p.At.UnixMilli())}
	if p.Silent {
		row["silent"] = flagOf(true)
	}
	return &types.AttributeValueMemberM{Value: row}
}

func memberOf(row item) rooms.Member {
	r := reader{row}
	m := rooms.Member{
		Room: chat.RoomID(r.text("room_id")), User: chat.UserID(r.text("user_id")), State: rooms.State(r.text("state")),
		Role: chat.Role(r.text("role")), JoinedAt: r.millis("joined_at"), Version: r.number("v"),
		ReadID: chat.EntryID(r.number("read_id")), DeliveredID: chat.EntryID(r.number("delivered_id")),
	}
	if r.number("muted_until") != 0 {
		m.MutedUntil = r.millis("muted_until")
	}
	if pend, ok := row["pend"].(*types.AttributeValueMemberM); ok {
		p := reader{pend.Value}
		m.Pending = &rooms.Pending{
			Change: chat.MemberChange(p.text("change")), By: chat.UserID(p.text("by")), At: p.millis("at"), Silent: p.bool("silent"),
		}
	}
	return m
}

// isOwner returns 1 for an owner of the room, 0 for anybody else.
func isOwner(m rooms.Member) int {
	if m.State == rooms.StateIn && m.Role == chat.RoleOwner {
		return 1
	}
	return 0
}

// ChangeMember implements [rooms.Store].
func (s *Store) ChangeMember(ctx context.Context, was, is rooms.Member) (bool, error) {
	update := s.memberUpdate(was, is)
	by := isOwner(is) - isOwner(was)
	if by == 0 {
		old, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
			TableName: update.TableName, Key: update.Key, UpdateExpression: update.UpdateExpression,
			ConditionExpression: update.ConditionExpression, ExpressionAttributeNames: update.ExpressionAttributeNames,
			ExpressionAttributeValues: update.ExpressionAttributeValues,
		})
		return err == nil && old == nil, err
	}
	old, err := s.transact(ctx, types.TransactWriteItem{Update: &update}, s.ownersUpdate(is.Room, by))
	if err == nil && (reader{old}).text("kind") != "" { // the room's row it is that refused
		return false, rooms.ErrLastOwner
	}
	return err == nil && old == nil, err
}

// memberUpdate is the update of a member's row. What only the user's own marks change stays as it is.
func (s *Store) memberUpdate(was, is rooms.Member) types.Update {
	u := types.Update{
		TableName: &s.tables.Members, Key: memberKey(is.User, is.Room),
		ConditionExpression: aws.String("v = :was AND attribute_not_exists(pend)"),
		ExpressionAttributeNames: map[string]string{
			"#state": "state", "#role": "role", // reserved words
		},
		ExpressionAttributeValues: item{
			":state": text(string(is.State)), ":role": text(string(is.Role)), ":v": number(is.Version),
			":muted": number(mutedMillis(is)), ":joined": number(is.JoinedAt.UnixMilli()), ":pend": pendingRow(*is.Pending),
		},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	set := "SET #state = :state, #role = :role, v = :v, muted_until = :muted, joined_at = :joined, pend = :pend"
	if was.Version == 0 {
		u.ConditionExpression = aws.String("attribute_not_exists(v)")
	} else {
		u.ExpressionAttributeValues[":was"] = number(was.Version)
	}
	if was.State != is.State && is.State == rooms.StateIn {
		set += ", read_id = :read"
		u.ExpressionAttributeValues[":read"] = number(is.ReadID)
	}
	set += notMarked
	u.UpdateExpression = &set
	return u
}

func mutedMillis(m rooms.Member) int64 {
	if m.MutedUntil.IsZero() {
		return 0
	}
	return m.MutedUntil.UnixMilli()
}

// ownersUpdate changes how many owners a room has. The last one stays.
func (s *Store) ownersUpdate(room chat.RoomID, by int) types.TransactWriteItem {
	u := types.Update{
		TableName: &s.tables.Rooms, Key: roomKey(room), UpdateExpression: aws.String("ADD owners :by"),
		ConditionExpression:                 aws.String("attribute_exists(owners)"),
		ExpressionAttributeValues:           item{":by": number(by)},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if by < 0 {
		u.ConditionExpression = aws.String("owners > :one")
		u.ExpressionAttributeValues[":one"] = number(1)
	}
	return types.TransactWriteItem{Update: &u}
}

// Finished implements [rooms.Store].
func (s *Store) Finished(ctx context.Context, m rooms.Member) error {
	_, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Members, Key: memberKey(m.User, m.Room),
		UpdateExpression: aws.String("REMOVE pend, marked"), ConditionExpression: aws.String("v = :v"),
		ExpressionAttributeValues: item{":v": number(m.Version)},
	})
	return err
}

// CountMembers implements [rooms.Counts].
func (s *Store) CountMembers(ctx context.Context, room chat.RoomID, limit int) (int, error) {
	n := 0
	in := s.membersIn(room, limit)
	in.Select = types.SelectCount
	for {
		out, err := call(ctx, ordinary(), s.client.Query, in)
		if err != nil {
			return 0, failure("count members", err)
		}
		countUnits(ctx, telemetry.ReadUnits, out.ConsumedCapacity)
		n += int(out.Count)
		if out.LastEvaluatedKey == nil || n >= limit {
			return min(n, limit), nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// membersIn is the query of the members that are in a room. An index cannot be read consistently.
func (s *Store) membersIn(room chat.RoomID, limit int) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		TableName: &s.tables.Members, IndexName: aws.String(membersByRoom), Limit: aws.Int32(int32(limit)),
		KeyConditionExpression:    aws.String("room_id = :room"),
		FilterExpression:          aws.String("#state = :in"),
		ExpressionAttributeNames:  map[string]string{"#state": "state"},
		ExpressionAttributeValues: item{":room": text(string(room)), ":in": text(string(rooms.StateIn))},
		ReturnConsumedCapacity:    types.ReturnConsumedCapacityTotal,
	}
}

// Pace implements [messages.Pacer].
func (s *Store) Pace(ctx context.Context, user chat.UserID, room chat.RoomID, every time.Duration) (time.Duration, error) {
	now := s.now()
	old, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Members, Key: memberKey(user, room),
		UpdateExpression:         aws.String("SET slow_at = :now" + notMarked),
		ConditionExpression:      aws.String("#state = :in AND (attribute_not_exists(slow_at) OR slow_at <= :then)"),
		ExpressionAttributeNames: map[string]string{"#state": "state"},
		ExpressionAttributeValues: item{
			":now": number(now.UnixMilli()), ":then": number(now.Add(-every).UnixMilli()), ":in": text(string(rooms.StateIn)),
		},
	})
	if err != nil || old == nil {
		return 0, err
	}
	return max(time.Millisecond, reader{old}.millis("slow_at").Add(every).Sub(now)), nil
}
