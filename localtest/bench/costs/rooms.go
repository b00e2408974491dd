package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// What is done to rooms and their members.

// guest is a user of the room that comes when its time has come.
func (r *room) guest(i int) string { return fmt.Sprint(r.name, "-guest-", i) }

// joinsAnew makes somebody a member. The connection is part of what is measured; connect has its price.
func joinsAnew(ctx context.Context, r *room, i int) error {
	c, err := r.connect(ctx, r.guest(i))
	if err != nil {
		return err
	}
	r.members = append(r.members, c)
	_, err = c.Join(ctx, r.name)
	return err
}

const (
	manyRooms  = 50
	perFrame   = 25
	unreadEach = 20
)

func (r *room) other(i int) string { return fmt.Sprint(r.name, "-", i) }

// joinsMany joins the first of the other rooms; the first time opens them.
func joinsMany(ctx context.Context, r *room, _ int) error {
	list := make([]fields, perFrame)
	for i := range list {
		list[i] = fields{"room_id": r.other(i)}
	}
	_, err := r.members[0].Do(ctx, "joinRooms", fields{"rooms": list})
	return err
}

// fillsRooms has somebody else send short messages to all of the other rooms, once.
func fillsRooms(ctx context.Context, r *room, i int) error {
	if i > 0 {
		return nil
	}
	for at := range manyRooms {
		for _, c := range r.members[:2] {
			if _, err := c.Join(ctx, r.other(at)); err != nil {
				return err
			}
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for at := range manyRooms {
		group.Go(func() error {
			for n := range unreadEach {
				if _, err := r.members[1].Send(ctx, r.other(at), "hello", fmt.Sprint("u", n)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

func listsRooms(ctx context.Context, r *room, _ int) error {
	return r.call(ctx, http.MethodGet, "/rooms?limit=100", "")
}

func mutes(ctx context.Context, r *room, i int) error {
	until := time.Now().Add(time.Duration(i+1) * time.Hour).UTC().Format(time.RFC3339)
	return r.call(ctx, http.MethodPut, r.memberPath(i), fmt.Sprintf(`{"muted_until":%q}`, until))
}

func removes(ctx context.Context, r *room, i int) error {
	return r.call(ctx, http.MethodDelete, r.memberPath(i), "")
}

func (r *room) memberPath(i int) string {
	return "/rooms/" + url.PathEscape(r.name) + "/members/" + url.PathEscape(r.guest(i))
}

// call makes a request of the room's owner, who was its first member.
func (r *room) call(ctx context.Context, method, path, body string) error {
	token, err := r.target.Token("user-0")
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, r.target.HTTP+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = reply.Body.Close() }()
	said, err := io.ReadAll(reply.Body)
	if err == nil && reply.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s %s: %d %s", method, path, reply.StatusCode, said)
	}
	return err
}
