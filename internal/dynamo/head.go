package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// headPrefix begins the key of a room's head. The counter of ids had it before there were heads, so that functions of
// both versions count on, side by side.
const headPrefix = "counter#"

func headKey(room chat.RoomID) item { return item{"item": text(headPrefix + string(room))} }

// positionKey is where the version before kept pushed_id. A head without one takes it from there, once.
func positionKey(room chat.RoomID) item { return item{"item": text("position#" + string(room))} }

const (
	leaseIs     = "lease = :held"
	leaseIsFree = "attribute_not_exists(lease)"
	notFurther  = "(attribute_not_exists(pushed_id) OR pushed_id <= :to)"
	clearJob    = "REMOVE job_until"
	setPushed   = "SET pushed_id = :to"
	leaseNext   = ", lease = :next"
	removeLease = ", lease"
)

// Reserve implements [roomlog.Heads].
func (s *Store) Reserve(ctx context.Context, room chat.RoomID, me roomlog.Lease) (roomlog.Head, error) {
	update := "ADD seq :one"
	values := item{":one": number(1)}
	if me != roomlog.NoLease {
		update += " SET lease = if_not_exists(lease, :me)"
		values[":me"] = text(string(me))
	}
	_, row, err := s.updateWithin(ctx, reserving(), &dynamodb.UpdateItemInput{
		TableName: &s.tables.Rooms, Key: headKey(room), UpdateExpression: &update,
		ExpressionAttributeValues: values, ReturnValues: types.ReturnValueAllNew,
	})
	if err != nil {
		return roomlog.Head{}, err
	}
	if r := (reader{row}); r.number("seq") == 1 { // the room's first id: there is nothing of the version before
		return readHead(row), nil
	}
	return s.headOf(ctx, room, row)
}

// DropLease implements [roomlog.Heads].
func (s *Store) DropLease(ctx context.Context, room chat.RoomID, me roomlog.Lease) error {
	_, _, err := s.updateHead(ctx, room, "REMOVE lease", leaseIs, item{":held": text(string(me))})
	return err
}

// Head implements [roomlog.Heads].
func (s *Store) Head(ctx context.Context, room chat.RoomID) (roomlog.Head, error) {
	row, err := s.get(ctx, s.tables.Rooms, headKey(room))
	if err != nil {
		return roomlog.Head{}, err
	}
	return s.headOf(ctx, room, row)
}

// Settle implements [roomlog.Heads].
func (s *Store) Settle(ctx context.Context, room chat.RoomID, to chat.EntryID) error {
	return s.moveMark(ctx, room, "settled_id", to)
}

// moveMark moves an id of the head forward.
func (s *Store) moveMark(ctx context.Context, room chat.RoomID, mark string, to chat.EntryID) error {
	_, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Rooms, Key: headKey(room),
		UpdateExpression:          aws.String("SET " + mark + " = :to"),
		ConditionExpression:       aws.String("attribute_not_exists(" + mark + ") OR " + mark + " < :to"),
		ExpressionAttributeValues: item{":to": number(to)},
	})
	return err
}

// Take implements [fanout.Leases].
func (s *Store) Take(ctx context.Context, room chat.RoomID, me, seen roomlog.Lease) (roomlog.Head, bool, error) {
	condition := leaseIsFree + " OR lease = :me"
	values := item{":me": text(string(me))}
	if seen != roomlog.NoLease {
		condition += " OR lease = :seen"
		values[":seen"] = text(string(seen))
	}
	return s.updateHead(ctx, room, "SET lease = :me", condition, values)
}

// Advance implements [fanout.Leases].
func (s *Store) Advance(ctx context.Context, room chat.RoomID, from, to chat.EntryID, held roomlog.Lease) (bool, error) {
	values := item{":from": number(from), ":to": number(to)}
	condition := whileHeld(held, values) + " AND pushed_id = :from"
	if from == 0 {
		condition = whileHeld(held, values) + " AND (attribute_not_exists(pushed_id) OR pushed_id = :from)"
	}
	_, done, err := s.updateHead(ctx, room, setPushed, condition, values)
	return done, err
}

// Release implements [fanout.Leases].
func (s *Store) Release(
	ctx context.Context, room chat.RoomID, to chat.EntryID, held, next roomlog.Lease,
) (roomlog.Head, bool, error) {
	update := setPushed
	values := item{":to": number(to)}
	if next == roomlog.NoLease {
		update += " " + clearJob + removeLease
	} else {
		update += leaseNext + " " + clearJob
		values[":next"] = text(string(next))
	}
	return s.updateHead(ctx, room, update, whileHeld(held, values)+" AND "+notFurther, values)
}

// Give implements [fanout.Leases].
func (s *Store) Give(ctx context.Context, room chat.RoomID, held roomlog.Lease) error {
	values := item{":stream": text(string(roomlog.StreamLease))}
	_, _, err := s.updateHead(ctx, room, "SET lease = :stream", whileHeld(held, values), values)
	return err
}

// Mark implements [fanout.Marks].
func (s *Store) Mark(ctx context.Context, room chat.RoomID, held roomlog.Lease, below chat.EntryID, until time.Time) error {
	values := item{
		":stream": text(string(roomlog.StreamLease)), ":until": number(until.UnixMilli()), ":below": number(below),
	}
	_, _, err := s.updateHead(ctx, room, "SET lease = :stream, job_until = :until",
		whileHeld(held, values)+" AND (attribute_not_exists(pushed_id) OR pushed_id < :below)", values)
	return err
}

// ExtendMark implements [fanout.Marks].
func (s *Store) ExtendMark(ctx context.Context, room chat.RoomID, until time.Time) error {
	_, _, err := s.updateHead(ctx, room, "SET job_until = :until", "attribute_exists(job_until)",
		item{":until": number(until.UnixMilli())})
	return err
}

// whileHeld is the condition that held has the lease; it adds the value that the condition names.
func whileHeld(held roomlog.Lease, values item) string {
	if held == roomlog.NoLease {
		return leaseIsFree
	}
	values[":held"] = text(string(held))
	return leaseIs
}

// updateHead changes the head of a room and returns it as it is then, and whether the condition held.
func (s *Store) updateHead(
	ctx context.Context, room chat.RoomID, update, condition string, values item,
) (roomlog.Head, bool, error) {
	in := &dynamodb.UpdateItemInput{
		TableName: &s.tables.Rooms, Key: headKey(room), UpdateExpression: &update,
		ExpressionAttributeValues: values, ReturnValues: types.ReturnValueAllNew,
	}
	if condition != "" {
		in.ConditionExpression = &condition
	}
	old, row, err := s.update(ctx, in)
	if err != nil {
		return roomlog.Head{}, false, err
	}
	done := old == nil
	if !done {
		row = old
	}
	head, err := s.headOf(ctx, room, row)
	return head, done, err
}

// headOf returns the head in a row. A head without pushed_id may be one that the version before has counted; then its
// pushed_id is where that version kept it.
func (s *Store) headOf(ctx context.Context, room chat.RoomID, row item) (roomlog.Head, error) {
	if _, ok := row["pushed_id"]; ok || len(row) == 0 {
		return readHead(row), nil
	}
	pushed, err := s.adoptPosition(ctx, room)
	if err != nil {
		return roomlog.Head{}, err
	}
	h := readHead(row)
	h.PushedID = pushed
	h.SettledID = max(h.SettledID, pushed)
	return h, nil
}

func readHead(row item) roomlog.Head {
	r := reader{row}
	h := roomlog.Head{
		Seq: chat.EntryID(r.number("seq")), PushedID: chat.EntryID(r.number("pushed_id")),
		SettledID: chat.EntryID(r.number("settled_id")), FirstID: chat.EntryID(r.number("first_id")), Lease: roomlog.Lease(r.text("lease")),
	}
	if until := r.number("job_until"); until != 0 {
		h.JobUntil = time.UnixMilli(until).UTC()
	}
	h.SettledID = max(h.SettledID, h.PushedID)
	return h
}

// MoveFirst implements [roomlog.Firsts].
func (s *Store) MoveFirst(ctx context.Context, room chat.RoomID, to chat.EntryID) error {
	return s.moveMark(ctx, room, "first_id", to)
}

// adoptPosition takes pushed_id from where the version before kept it.
func (s *Store) adoptPosition(ctx context.Context, room chat.RoomID) (chat.EntryID, error) {
	row, err := s.get(ctx, s.tables.Rooms, positionKey(room))
	pushed := reader{row}.number("pushed_id")
	if err != nil || pushed == 0 {
		return 0, err
	}
	_, row, err = s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Rooms, Key: headKey(room),
		UpdateExpression:          aws.String("SET pushed_id = if_not_exists(pushed_id, :pushed)"),
		ExpressionAttributeValues: item{":pushed": number(pushed)},
		ReturnValues:              types.ReturnValueUpdatedNew,
	})
	return chat.EntryID(reader{row}.number("pushed_id")), err
}
