package dynamo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/ratelimit"
	"serverlesschat/internal/receipts"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

// keyCounter counts the writes of each key, and of each key of the index that finds the members of a room: a write that
// changes what the index has would write there too.
type keyCounter struct {
	inner dynamodb.HTTPClient
	mu    sync.Mutex
	keys  map[string]int
}

func (k *keyCounter) Do(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".UpdateItem") {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		var in struct {
			TableName        string
			Key              map[string]struct{ S string }
			UpdateExpression string
		}
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, err
		}
		k.mu.Lock()
		k.keys[in.TableName+" "+in.Key["user_id"].S]++ // both tables have it as their partition key
		if strings.Contains(in.UpdateExpression, "#state") {
			k.keys["ByRoom "+in.Key["room_id"].S]++
		}
		k.mu.Unlock()
	}
	return k.inner.Do(r)
}

// TestMarkingHasNoHotKey: when all of a large room mark at once, each writes to keys of its own.
func TestMarkingHasNoHotKey(t *testing.T) {
	const members = 200
	each(t, func(f fixture) {
		f.open("r")
		counter := &keyCounter{inner: f.engine.DynamoDB.Options().HTTPClient, keys: map[string]int{}}
		store := f.storeBy(counter)
		marker := receipts.NewMarker(store, store, rooms.NewMembership(store))
		f.ok(place(f, message(1, "hi")))
		users := make([]chat.UserID, members)
		for i := range users {
			users[i] = chat.UserID(fmt.Sprint("u", i))
		}
		f.ok(chat.ForEach(f.Context(), users, 16, func(ctx context.Context, user chat.UserID) error {
			is := member("r", user)
			is.Pending = &rooms.Pending{Change: chat.MemberJoined, By: user, At: noon}
			_, err := f.ChangeMember(ctx, rooms.Member{Room: "r", User: user}, is)
			return err
		}))
		f.ok(chat.ForEach(f.Context(), users, 16, func(ctx context.Context, user chat.UserID) error {
			c := chat.Connection{ID: chat.ConnectionID(user), User: user, ConnectedAt: time.Now(), TokenExpiresAt: time.Now().Add(time.Hour)}
			if err := f.PutConnection(ctx, c, 1); err != nil {
				return err
			}
			if _, err := store.Act(ctx, c, ratelimit.Rate{PerSecond: 10, Burst: 20}); err != nil {
				return err
			}
			_, err := marker.Read(ctx, chat.Caller{Connection: c}, receipts.MarkRead{Room: "r", ID: 1})
			return err
		}))
		most := 0
		for _, n := range counter.keys {
			most = max(most, n)
		}
		f.Logf("%d members marked: %d keys were written, each %d times at most", members, len(counter.keys), most)
		if most > 1 || len(counter.keys) != 2*members {
			f.Errorf("%d keys were written, one of them %d times", len(counter.keys), most)
		}
	})
}

func place(f fixture, e chat.Entry) error {
	if _, err := f.Reserve(f.Context(), e.Room, roomlog.NoLease); err != nil {
		return err
	}
	_, err := f.Place(f.Context(), e)
	return err
}
