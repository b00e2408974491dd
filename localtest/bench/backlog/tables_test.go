package main

import (
	"reflect"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/dynamo/dynamotest"
	"serverlesschat/internal/roomlog"
	"serverlesschat/localtest/aws/engine/enginetest"
)

func newTables(t *testing.T) *tables {
	e := enginetest.Dynoxide(t)
	store, names := dynamotest.New(t, e.DynamoDB, e.TableName(""))
	return &tables{client: e.DynamoDB, names: names, store: store}
}

// row returns the row of an entry, without its room; nil when there is none.
func (t *tables) row(test *testing.T, room chat.RoomID, id chat.EntryID) map[string]types.AttributeValue {
	test.Helper()
	out, err := t.client.GetItem(test.Context(), &dynamodb.GetItemInput{
		TableName: &t.names.Entries, Key: map[string]types.AttributeValue{
			"room_id": &types.AttributeValueMemberS{Value: string(room)},
			"id":      &types.AttributeValueMemberN{Value: strconv.Itoa(int(id))},
		},
	})
	if err != nil {
		test.Fatal(err)
	}
	delete(out.Item, "room_id")
	return out.Item
}

func TestFillPutsWhatTheStoreWouldPut(t *testing.T) {
	tables := newTables(t)
	const room, entries = "backlog", 60 // no multiple of what is put at once
	if err := tables.fill(t.Context(), room, entries, 10); err != nil {
		t.Fatal(err)
	}
	filled, err := tables.store.EntriesAfter(t.Context(), room, 0, entries+1)
	if err != nil || len(filled) != entries {
		t.Fatalf("there are %d entries, %v, want %d", len(filled), err, entries)
	}
	for i, e := range filled {
		if e.ID != chat.EntryID(i+1) || e.Content != "the quick " {
			t.Errorf("at %d there is %+v", i+1, e)
		}
	}
	last := filled[entries-1]
	last.Room = "other"
	if old, err := tables.store.Place(t.Context(), last); old != nil || err != nil {
		t.Fatalf("placed beside %+v, %v", old, err)
	}
	got, want := tables.row(t, room, entries), tables.row(t, "other", entries)
	if want == nil || !reflect.DeepEqual(got, want) {
		t.Errorf("row %v, want %v", got, want)
	}
}

// TestMarks: the log counts as pushed to its end, and then as not pushed at all. The next id follows the backlog.
func TestMarks(t *testing.T) {
	tables := newTables(t)
	for _, want := range []chat.EntryID{60, 0} {
		if err := tables.setMarks(t.Context(), "backlog", 60, want); err != nil {
			t.Fatal(err)
		}
		settled, pushed, err := tables.marks(t.Context(), "backlog")
		if err != nil || settled != want || pushed != want {
			t.Errorf("settled up to %d, pushed up to %d, %v, want %d", settled, pushed, err, want)
		}
	}
	if head, err := tables.store.Reserve(t.Context(), "backlog", roomlog.NoLease); err != nil || head.Seq != 61 {
		t.Errorf("the next id is %d, %v, want 61", head.Seq, err)
	}
}
