package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
	"golang.org/x/sync/errgroup"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/rooms"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/bench/target"
)

// tables are the chat's, reached without the functions' delays.
type tables struct {
	client *dynamodb.Client
	names  dynamo.Tables
	store  *dynamo.Store
}

func openTables(l *target.Local) *tables {
	names := map[string]string{}
	for _, t := range l.System.Tables {
		names[t.LogicalID] = t.Name
	}
	t := &tables{client: dynamodb.NewFromConfig(engine.Config(l.DynamoDB)), names: dynamo.Tables{
		Entries: names["EntriesTable"], Rooms: names["RoomsTable"], Users: names["UsersTable"],
		Connections: names["ConnectionsTable"], Subscriptions: names["SubscriptionsTable"], Members: names["MembersTable"],
	}}
	t.store = dynamo.New(t.client, t.names, time.Now)
	return t
}

// open opens a room with its members, of whom no entry tells: the log is the backlog's alone.
func (t *tables) open(ctx context.Context, room chat.RoomID, owner chat.UserID, others []chat.UserID) error {
	opened := rooms.Room{ID: room, Kind: rooms.KindPublic, Name: string(room)}
	if _, err := t.store.OpenRoom(ctx, opened, memberOf(room, owner, chat.RoleOwner)); err != nil {
		return err
	}
	if err := t.store.Finished(ctx, memberOf(room, owner, chat.RoleOwner)); err != nil {
		return err
	}
	const sideBySide = 8
	return chat.ForEach(ctx, others, sideBySide, func(ctx context.Context, user chat.UserID) error {
		m := memberOf(room, user, chat.RoleMember)
		if _, err := t.store.ChangeMember(ctx, rooms.Member{Room: room, User: user}, m); err != nil {
			return err
		}
		return t.store.Finished(ctx, m)
	})
}

func memberOf(room chat.RoomID, user chat.UserID, role chat.Role) rooms.Member {
	now := chat.Millis(time.Now())
	return rooms.Member{
		Room: room, User: user, State: rooms.StateIn, Role: role, JoinedAt: now, Version: 1,
		Pending: &rooms.Pending{Change: chat.MemberJoined, By: user, At: now, Silent: true},
	}
}

// fill puts entries from id 1 on. The log counts as pushed up to the last of them before any is there: so the records
// of the stream wake a room that has no news.
func (t *tables) fill(ctx context.Context, room chat.RoomID, entries, contentBytes int) error {
	if err := t.setMarks(ctx, room, chat.EntryID(entries), chat.EntryID(entries)); err != nil {
		return err
	}
	const writers, batch = 4, 25 // a BatchWriteItem takes 25 at most
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for first := 1; first <= entries; first += batch {
		group.Go(func() error {
			return t.putBatch(ctx, backlogEntries(room, first, min(entries, first+batch-1), contentBytes))
		})
	}
	return group.Wait()
}

func backlogEntries(room chat.RoomID, first, last, contentBytes int) []chat.Entry {
	content := make([]byte, contentBytes)
	for i := range content {
		content[i] = "the quick brown fox jumps over the lazy dog "[i%44]
	}
	var entries []chat.Entry
	for id := first; id <= last; id++ {
		entries = append(entries, chat.Entry{
			Room: room, ID: chat.EntryID(id), Kind: chat.KindMessage, User: "author",
			ClientMessageID: chat.ClientMessageID(fmt.Sprintf("backlog-%d", id)), Content: string(content),
			CreatedAt: time.Now().Add(-time.Hour),
		})
	}
	return entries
}

// putBatch writes the rows that the store makes of entries, in one call. The store itself puts each by a call of its
// own, on condition that nothing is there. Here nothing can be there.
func (t *tables) putBatch(ctx context.Context, entries []chat.Entry) error {
	rows := &gatherer{}
	store := dynamo.New(dynamodb.New(t.client.Options(), rows.register), t.names, time.Now)
	for _, e := range entries {
		if _, err := store.Place(ctx, e); err != nil {
			return err
		}
	}
	left := map[string][]types.WriteRequest{t.names.Entries: rows.writes}
	for len(left) > 0 {
		out, err := t.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: left})
		if err != nil {
			return fmt.Errorf("put entries: %w", err)
		}
		left = out.UnprocessedItems
	}
	return nil
}

// gatherer keeps the rows that a client is to put, and sends nothing.
type gatherer struct {
	mu     sync.Mutex
	writes []types.WriteRequest
}

func (g *gatherer) register(o *dynamodb.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("gather", g.gather), middleware.Before)
	})
}

func (g *gatherer) gather(
	ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
) (middleware.InitializeOutput, middleware.Metadata, error) {
	put, ok := in.Parameters.(*dynamodb.PutItemInput)
	if !ok {
		return next.HandleInitialize(ctx, in)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.writes = append(g.writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: put.Item}})
	return middleware.InitializeOutput{Result: &dynamodb.PutItemOutput{}}, middleware.Metadata{}, nil
}
