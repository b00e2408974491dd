package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// action is something that is measured. prepare makes what each of its times needs.
type action struct {
	name    string
	prepare func(context.Context, *room, int) error
	do      func(context.Context, *room, int) error
}

type fields = map[string]any

func actions() []action {
	return []action{
		{"connect", nil, connect},
		{"joinRoom", nil, joins},
		{"joinRoom, as a new member", nil, joinsAnew},
		{"joinRooms, 25 rooms", nil, joinsMany},
		{"leaveRoom", nil, asks("leaveRoom", nil)},
		{"joinRoom, after_id 0", nil, asks("joinRoom", fields{"after_id": 0})},
		{"sendMessage", nil, sends},
		{"sendMessage, a repeat", nil, func(ctx context.Context, r *room, _ int) error { return r.send(ctx, "again") }},
		{"editMessage", sends, change("editMessage", fields{"content": "other"})},
		{"react", sends, change("react", fields{"reaction": "👍"})},
		{"react, to take it back", nil, change("react", fields{"reaction": "👍", "remove": true})},
		{"deleteMessage", sends, change("deleteMessage", nil)},
		{"deleteMessage, of one that was edited twice", sendsAndEdits, change("deleteMessage", nil)},
		{"markDelivered", sends, marks("markDelivered")},
		{"markRead", sends, marks("markRead")},
		{"typing", nil, types},
		{"sync, 50 entries", nil, asks("sync", fields{"after_id": 0, "limit": 50})},
		{"GET /rooms, 50 rooms of 20 unread messages", fillsRooms, listsRooms},
		{"PUT member, a mute", nil, mutes},
		{"DELETE member, who is connected", nil, removes},
		{"ping, without rooms", nil, pings},
		{"ping, a room", nil, func(ctx context.Context, r *room, _ int) error {
			_, err := r.members[0].Do(ctx, "ping", fields{"room_ids": []string{r.name}})
			return err
		}},
	}
}

// connect opens a connection, which stays for the joins that follow.
func connect(ctx context.Context, r *room, _ int) error {
	c, err := r.connect(ctx, "user-0")
	if err != nil {
		return err
	}
	if r.spare != nil {
		r.members = append(r.members, c) // to be closed
		return nil
	}
	r.spare = c
	return nil
}

func joins(ctx context.Context, r *room, _ int) error {
	_, err := r.spare.Join(ctx, r.name)
	return err
}

// asks does an action of the room, over a connection of its own.
func asks(name string, more fields) func(context.Context, *room, int) error {
	return func(ctx context.Context, r *room, _ int) error {
		f := fields{"room_id": r.name}
		for field, value := range more {
			f[field] = value
		}
		_, err := r.spare.Do(ctx, name, f)
		return err
	}
}

func (r *room) nextID() string {
	r.count++
	return fmt.Sprint("m", r.count)
}

func (r *room) send(ctx context.Context, id string) error {
	_, err := r.members[0].Send(ctx, r.name, "hello", id)
	return err
}

// sends sends a message, and keeps its id.
func sends(ctx context.Context, r *room, i int) error {
	if i == 0 {
		r.ids = nil
	}
	e, err := r.members[0].Send(ctx, r.name, "hello", r.nextID())
	r.ids = append(r.ids, e.ID)
	return err
}

func sendsAndEdits(ctx context.Context, r *room, i int) error {
	if err := sends(ctx, r, i); err != nil {
		return err
	}
	for range 2 {
		if err := change("editMessage", fields{"content": "other"})(ctx, r, i); err != nil {
			return err
		}
	}
	return nil
}

// change changes one of the messages that were prepared.
func change(name string, more fields) func(context.Context, *room, int) error {
	return func(ctx context.Context, r *room, i int) error {
		f := fields{"room_id": r.name, "target_id": r.ids[i], "client_message_id": r.nextID()}
		for field, value := range more {
			f[field] = value
		}
		_, err := r.members[0].Do(ctx, name, f)
		return err
	}
}

// marks marks each of the messages that were prepared. All members are told.
func marks(name string) func(context.Context, *room, int) error {
	return func(ctx context.Context, r *room, i int) error {
		_, err := r.members[1%len(r.members)].Do(ctx, name, fields{"room_id": r.name, "id": r.ids[i]})
		return err
	}
}

func pings(ctx context.Context, r *room, _ int) error {
	_, err := r.members[0].Do(ctx, "ping", nil)
	return err
}

// types begins and stops by turns, which are both told at once; a process tells the same once in three seconds.
func types(ctx context.Context, r *room, i int) error {
	data, err := json.Marshal(fields{"action": "typing", "room_id": r.name, "active": i%2 == 0})
	if err == nil {
		err = r.members[0].Write(ctx, data)
	}
	// It has no reply. Two frames side by side would come in any order.
	time.Sleep(look)
	return err
}
