package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
)

// Subscribers implements [fanout.Subscriptions]. A page goes on from shard to shard until it is full, so only the last
// one is short. It may be empty. A shard that it finds too full makes the number of shards grow.
func (s *Store) Subscribers(
	ctx context.Context, room chat.RoomID, from *fanout.Cursor, limit int,
) (fanout.Page, error) {
	p := &subscriberPage{store: s, room: room, limit: limit, last: limit}
	readAt := s.now()
	if from == nil {
		if err := p.begin(ctx); err != nil {
			return fanout.Page{}, err
		}
	} else {
		p.at = *from
	}
	for p.at.Shard < p.at.Shards && len(p.found) < limit {
		if err := p.readOn(ctx); err != nil {
			return fanout.Page{}, err
		}
	}
	if p.grows {
		s.growShards(ctx, room, p.at.Shards)
	}
	page := fanout.Page{Subscriptions: p.found, Shards: p.at.Shards, ReadAt: readAt}
	if p.at.Shard < p.at.Shards {
		page.Next = &p.at
	}
	return page, nil
}

// subscriberPage is a page that is being read.
type subscriberPage struct {
	store *Store
	room  chat.RoomID
	limit int

	found []chat.Subscription
	at    fanout.Cursor
	last  int  // how many the last shard held that was read to its end; as many as fit where none was
	grows bool // a shard is too full
}

// begin reads the number of shards and the first of them side by side: most rooms have no other.
func (p *subscriberPage) begin(ctx context.Context) error {
	var first []chat.Subscription
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		p.at.Shards, err = p.store.shards(ctx, p.room)
		return err
	})
	group.Go(func() (err error) {
		first, err = p.store.shard(ctx, p.room, 0, "", p.limit)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	p.add(first, len(first) < p.limit)
	return nil
}

// shardsAtOnce is how many shards are read side by side at most.
const shardsAtOnce = 8

// readOn reads the shards that come next, as many side by side as will fit into the page if they are like the last one.
func (p *subscriberPage) readOn(ctx context.Context) error {
	room, begin := p.limit-len(p.found), p.at
	width := max(1, min(shardsAtOnce, begin.Shards-begin.Shard, room/(p.last+1)))
	parts := make([][]chat.Subscription, width)
	group, ctx := errgroup.WithContext(ctx)
	for i := range parts {
		after := begin.After
		if i > 0 {
			after = ""
		}
		group.Go(func() (err error) {
			parts[i], err = p.store.shard(ctx, p.room, begin.Shard+i, after, room)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, part := range parts {
		if len(p.found) < p.limit {
			p.add(part, len(part) < room)
		}
	}
	return nil
}

// add takes the subscriptions of the shard that is next, as many as the page has room for. whole says that the shard has
// no others.
func (p *subscriberPage) add(part []chat.Subscription, whole bool) {
	if room := p.limit - len(p.found); len(part) > room {
		part, whole = part[:room], false
	}
	p.found = append(p.found, part...)
	read := p.at.Read + len(part)
	if p.at.Read <= shardTarget && read > shardTarget && tellsOfGrowth(p.at.Shard, p.at.Shards) {
		p.grows = true
	}
	if whole {
		p.at, p.last = fanout.Cursor{Shards: p.at.Shards, Shard: p.at.Shard + 1}, read
		return
	}
	p.at.After, p.at.Read = part[len(part)-1].Connection, read
}

// shard reads up to limit subscriptions of a shard, those after a connection, or from its begin.
func (s *Store) shard(
	ctx context.Context, room chat.RoomID, shard int, after chat.ConnectionID, limit int,
) ([]chat.Subscription, error) {
	in := &dynamodb.QueryInput{
		TableName:                 &s.tables.Subscriptions,
		KeyConditionExpression:    aws.String("room_shard = :shard"),
		ExpressionAttributeValues: item{":shard": text(shardName(room, shard))},
	}
	if after != "" {
		in.KeyConditionExpression = aws.String("room_shard = :shard AND connection_id > :after")
		in.ExpressionAttributeValues[":after"] = text(string(after))
	}
	rows, err := s.query(ctx, in, limit)
	if err != nil {
		return nil, err
	}
	return subscriptionsOf(room, shard, rows), nil
}

func subscriptionsOf(room chat.RoomID, shard int, rows []item) []chat.Subscription {
	subs := make([]chat.Subscription, len(rows))
	for i, row := range rows {
		r := reader{row}
		subs[i] = chat.Subscription{
			Room: room, Shard: shard, Connection: chat.ConnectionID(r.text("connection_id")),
			User: chat.UserID(r.text("user_id")), Version: r.number("v"), ExpiresAt: r.seconds("expires_at"), Closing: r.bool("closing"), LookAt: r.lookAt(),
		}
	}
	return subs
}
