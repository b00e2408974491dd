package privacy_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/dynamo/dynamotest"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/privacy"
	"serverlesschat/internal/receipts"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
	"serverlesschat/localtest/aws/engine/enginetest"
)

const secret = "what ann said"

// lives lets ann do everything that leaves something behind.
func (w *world) lives() (ann chat.UserID, others []string) {
	w.Helper()
	ann, bob, carol := w.user("annabel"), w.user("bob"), w.user("carol")
	hall, c := w.room("hall"), w.changer(w.store)
	for _, user := range []chat.UserID{ann, bob, carol} {
		_, err := c.Enter(w.Context(), user, hall)
		w.ok(err)
	}
	w.talks(ann, bob, hall)
	_, err := c.Put(w.Context(), ann, rooms.PutMember{Room: hall, User: carol, MutedUntil: new(w.now().Add(time.Hour))})
	w.ok(err)
	_, err = c.Patch(w.Context(), ann, rooms.PatchRoom{Room: hall, Name: new("Hall"), SlowMode: new(time.Second)})
	w.ok(err)
	_, err = c.Put(w.Context(), ann, rooms.PutMember{Room: hall, User: bob, Role: new(chat.RoleModerator)})
	w.ok(err)
	w.isBanned(ann, bob)
	w.hasPrivateRooms(ann, bob)
	w.ok(c.Block(w.Context(), ann, carol))
	w.ok(c.Block(w.Context(), bob, ann))
	w.isConnected(ann, hall)
	return ann, []string{"what bob said", "bob's answer", "label of bob"}
}

// talks lets two say, change and react.
func (w *world) talks(ann, bob chat.UserID, room chat.RoomID) {
	w.Helper()
	hers, his := w.sends(ann, room, secret), w.sends(bob, room, "what bob said")
	_, err := w.sender().Edit(w.Context(), caller(ann), messages.EditMessage{
		Room: room, Target: hers, Content: secret + ", edited", ClientMessageID: w.label(ann),
	})
	w.ok(err)
	w.reacts(bob, room, hers, "+", false)
	w.reacts(ann, room, his, "annsmile", false)
	w.reacts(ann, room, his, "+", false)
	w.reacts(bob, room, his, "+", false)
	w.ok(w.reader(w.store).Settle(w.Context(), room))
	w.reacts(bob, room, his, "bobsmile", false) // from here on nothing is applied when she goes
	w.reacts(ann, room, his, "annsmile", true)
	w.reacts(ann, room, his, "annsmile", false)
	w.reacts(ann, room, his, "+", false) // changes nothing
	other := w.sends(bob, room, "what bob said too much")
	_, err = w.sender().Delete(w.Context(), caller(ann), messages.DeleteMessage{Room: room, Target: other, ClientMessageID: w.label(ann)})
	w.ok(err)
}

// isBanned lets ann write in a room that she is banned from then.
func (w *world) isBanned(ann, bob chat.UserID) {
	w.Helper()
	den, c := w.room("den"), w.changer(w.store)
	_, err := c.Enter(w.Context(), bob, den)
	w.ok(err)
	_, err = c.Enter(w.Context(), ann, den)
	w.ok(err)
	w.sends(ann, den, secret)
	_, err = c.Put(w.Context(), bob, rooms.PutMember{Room: den, User: ann, Banned: new(true)})
	w.ok(err)
}

// hasPrivateRooms lets ann be alone in a private room, and with bob in a direct one.
func (w *world) hasPrivateRooms(ann, bob chat.UserID) {
	w.Helper()
	c := w.changer(w.store)
	own, _, err := c.Open(w.Context(), ann, rooms.NewRoom{Kind: rooms.KindPrivate, Name: "annabel's room"})
	w.ok(err)
	w.sends(ann, own.ID, secret)
	direct, _, err := c.Open(w.Context(), ann, rooms.NewRoom{Kind: rooms.KindDirect, With: bob})
	w.ok(err)
	w.sends(ann, direct.ID, secret)
	w.sends(bob, direct.ID, "bob's answer")
}

// isConnected leaves what a client with a connection and one without leave.
func (w *world) isConnected(ann chat.UserID, room chat.RoomID) {
	w.Helper()
	ctx := w.Context()
	connection := chat.Connection{ID: chat.ConnectionID("of " + ann), User: ann, ConnectedAt: w.now(), TokenExpiresAt: w.now().Add(time.Hour)}
	w.ok(w.store.PutConnection(ctx, connection, 20))
	_, err := w.store.Arrive(ctx, ann)
	w.ok(err)
	access, err := w.store.Access(ctx, ann, room)
	w.ok(err)
	w.ok(w.store.Subscribe(ctx, chat.Subscription{
		Room: room, Connection: connection.ID, User: ann, Version: access.Member.Version, ExpiresAt: connection.ExpiresAt(),
	}))
	_, err = w.store.MoveCursor(ctx, ann, room, receipts.CursorRead, 2)
	w.ok(err)
	_, err = w.store.Pace(ctx, ann, room, time.Second)
	w.ok(err)
	w.ok(w.store.TakePoll(ctx, ann, "tab", "token"))
}

// checkErased checks that nothing of ann is left but her name, where it must stay.
func (w *world) checkErased(ann chat.UserID, others []string) {
	w.Helper()
	told, rows := 0, w.rows()
	kept := map[string]bool{}
	for _, row := range rows {
		for _, text := range others {
			kept[text] = kept[text] || strings.Contains(row, text)
		}
		switch isHers := strings.Contains(row, string(ann)); {
		case (w.n == 0 || strings.Contains(row, string(w.room("")))) && containsAny(row, secret, "annsmile"):
			w.Errorf("what she wrote is still there: %s", row)
		case strings.Contains(row, "annabel's room"), strings.Contains(row, "label of "+string(ann)):
			w.Errorf("what she named is still there: %s", row)
		case !isHers:
		case strings.HasPrefix(row, w.tables.Erasures) && strings.Contains(row, "done_at"):
		case strings.HasPrefix(row, w.tables.Sessions) && strings.Contains(row, "gone") && !strings.Contains(row, `"c"`):
		case strings.HasPrefix(row, w.tables.Entries) && strings.Contains(row, `"erased"`):
			told++
		default:
			w.Errorf("her name is still there: %s", row)
		}
	}
	if told == 0 {
		w.Error("no room was told")
	}
	for _, text := range others {
		if !kept[text] {
			w.Errorf("%q of others is gone", text)
		}
	}
}

func containsAny(row string, texts ...string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(row, text) })
}

// TestNothingIsLeft of a user who was erased, in no table; what others wrote is there.
func TestNothingIsLeft(t *testing.T) {
	each(t, func(w *world) {
		ann, others := w.lives()
		if rows := strings.Join(w.rows(), ""); !strings.Contains(rows, secret) || !strings.Contains(rows, "annsmile") {
			t.Fatal("the tables hold nothing at all")
		}
		asked, err := w.asks(ann)
		w.ok(err)
		if asked.IsDone() || !slices.Contains(w.closed, chat.ConnectionID("of "+ann)) {
			t.Errorf("asked: %+v, closed %q", asked, w.closed)
		}
		w.works()
		w.checkErased(ann, others)
		if again, err := w.asks(ann); err != nil || !again.IsDone() || len(w.jobs) > 0 {
			t.Errorf("asked again: %+v, %v, jobs %+v", again, err, w.jobs)
		}
	})
}

// TestErasingGoesOnWhoeverDies: whoever erases may die between any two calls. The job does the rest, or nothing has
// happened.
func TestErasingGoesOnWhoeverDies(t *testing.T) {
	e := enginetest.Dynoxide(t)
	var tables dynamo.Tables
	for dies := 0; ; dies++ {
		if dies%10 == 0 { // all rows are looked at
			_, tables = dynamotest.New(t, e.DynamoDB, e.TableName(fmt.Sprint(dies)))
		}
		w := newWorld(t, e, tables, dies+1)
		ann, bob, hall := w.user("annabel"), w.user("bob"), w.room("hall")
		for _, user := range []chat.UserID{ann, bob} {
			_, err := w.changer(w.store).Enter(t.Context(), user, hall)
			w.ok(err)
		}
		w.sends(ann, hall, secret)
		w.reacts(ann, hall, w.sends(bob, hall, "what bob said"), "annsmile", false)
		w.ok(second(w.changer(w.store).Patch(t.Context(), ann, rooms.PatchRoom{Room: hall, Name: new("Hall")})))
		w.calls.DieAfter(dies, errDied)
		_, err := w.asks(ann)
		if err != nil {
			w.calls.Before = nil
		}
		w.works()
		lived := w.calls.Before != nil
		found, err := w.store.FindErasure(t.Context(), ann)
		w.ok(err)
		if found != nil {
			w.checkErased(ann, nil)
		}
		if t.Failed() {
			t.Fatalf("died after %d calls, the last: %q", dies, w.calls.Calls[max(0, dies-3):min(dies+1, len(w.calls.Calls))])
		}
		if lived {
			t.Logf("%d calls", dies)
			return
		}
	}
}

// TestSendingWhileBeingErased: what a user writes until nothing is taken any more goes too. So does what a slow call
// places at last.
func TestSendingWhileBeingErased(t *testing.T) {
	each(t, func(w *world) {
		ann, bob, hall := w.user("annabel"), w.user("bob"), w.room("hall")
		for _, user := range []chat.UserID{ann, bob} {
			_, err := w.changer(w.store).Enter(t.Context(), user, hall)
			w.ok(err)
		}
		his := w.sends(bob, hall, "what bob said")
		stored, refused := 0, 0
		var inTurn sync.Mutex
		w.calls.Before = func(string) error {
			inTurn.Lock()
			defer inTurn.Unlock()
			_, err := w.sender().Send(t.Context(), caller(ann), messages.SendMessage{Room: hall, Content: secret, ClientMessageID: w.label(ann)})
			switch chat.CodeOf(err) {
			case "":
				stored++
			case chat.CodeForbidden:
				refused++
			default:
				t.Errorf("sent: %v", err)
			}
			return nil
		}
		_, err := w.asks(ann)
		w.ok(err)
		for w.part(ann) != privacy.ErasePresence {
			w.ok(w.next()())
		}
		if found, err := w.store.FindErasure(t.Context(), ann); err != nil || found.NotBefore.Before(w.now().Add(eraseAfter-time.Second)) {
			t.Errorf("nothing is waited for: %+v, %v", found, err)
		}
		slow := chat.NewEntry{Room: hall, Kind: chat.KindReaction, User: ann, Target: his, Reaction: "annsmile", ClientMessageID: w.label(ann)}
		_, _, err = w.writer(w.store).Append(t.Context(), slow)
		w.ok(err)
		w.works()
		if stored == 0 || refused == 0 {
			t.Errorf("%d were stored, %d refused", stored, refused)
		}
		w.calls.Before = nil
		w.checkErased(ann, []string{"what bob said"})
	})
}

// part returns what of a user is erased next.
func (w *world) part(user chat.UserID) privacy.Part {
	w.Helper()
	found, err := w.store.FindErasure(w.Context(), user)
	w.ok(err)
	return found.Part
}

// TestASlowFanoutBringsNothingBack: one that has read the room's entries before the erasure applies them after it. Nor does
// the erasure take away what others did before.
func TestASlowFanoutBringsNothingBack(t *testing.T) {
	each(t, func(w *world) {
		ann, _ := w.lives()
		hall := w.room("hall")
		entries, err := w.store.EntriesAfter(t.Context(), hall, 0, 100)
		w.ok(err)
		_, err = w.asks(ann)
		w.ok(err)
		w.works()
		_, err = roomlog.Applier{Store: w.store}.Apply(t.Context(), entries)
		w.ok(err)
		w.checkErased(ann, nil)
		shown := w.reads(newFollower(), hall)
		at := slices.IndexFunc(shown, func(e chat.Entry) bool { return e.Content == "what bob said" })
		if bob := []chat.UserID{w.user("bob")}; !slices.Equal(shown[at].Reactions["bobsmile"], bob) || len(shown[at].Reactions) != 2 {
			t.Errorf("the reactions: %v", shown[at].Reactions)
		}
	})
}

// TestViewsAreEqualAfterAnErasure: whoever has followed the room, whoever comes back to it and whoever reads it for the
// first time show the same.
func TestViewsAreEqualAfterAnErasure(t *testing.T) {
	each(t, func(w *world) {
		ann, _ := w.lives()
		hall := w.room("hall")
		followed, back := newFollower(), newFollower()
		if shown := w.reads(followed, hall); !shows(shown, secret+", edited") {
			t.Fatalf("shows %+v", shown)
		}
		w.reads(back, hall)
		_, err := w.asks(ann)
		w.ok(err)
		for len(w.jobs) > 0 {
			w.ok(w.next()())
			w.reads(followed, hall)
		}
		w.sends(w.user("bob"), hall, "is she gone?")
		fresh := w.reads(newFollower(), hall)
		if shows(fresh, secret) || !shows(fresh, "what bob said") {
			t.Errorf("shows %+v", fresh)
		}
		for name, f := range map[string]*follower{"who has followed": followed, "who comes back": back} {
			if shown := w.reads(f, hall); !reflect.DeepEqual(shown, fresh) {
				t.Errorf("%s shows\n%+v, who comes anew\n%+v", name, shown, fresh)
			}
		}
	})
}

func shows(shown []chat.Entry, content string) bool {
	return slices.ContainsFunc(shown, func(e chat.Entry) bool { return e.Content == content })
}

// TestOnlyAFreshTokenErases its user.
func TestOnlyAFreshTokenErases(t *testing.T) {
	each(t, func(w *world) {
		for age, code := range map[time.Duration]chat.Code{
			0: "", 5 * time.Minute: "", 5*time.Minute + time.Second: chat.CodeForbidden, 1 << 62: chat.CodeForbidden,
		} {
			user := w.user("annabel" + age.String())
			_, err := w.asker().Ask(t.Context(), chat.Identity{User: user, IssuedAt: w.now().Add(-age)}, privacy.Erase{})
			if chat.CodeOf(err) != code {
				t.Errorf("a token of %v: %v, want %q", age, err, code)
			}
			if erased, err := w.store.IsErased(t.Context(), user); err != nil || erased != (code == "") {
				t.Errorf("a token of %v: erased %t, %v", age, erased, err)
			}
		}
	})
}

// TestErasuresAreDoneAgain after a restore: what has come back goes once more, under the same pseudonym.
func TestErasuresAreDoneAgain(t *testing.T) {
	each(t, func(w *world) {
		ann, others := w.lives()
		asked, err := w.asks(ann)
		w.ok(err)
		w.works()
		// As if the other tables had been restored: her session item is what it was, and she is in a room again.
		_, err = w.engine.DynamoDB.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
			TableName: &w.tables.Sessions,
			Key:       map[string]types.AttributeValue{"user_id": &types.AttributeValueMemberS{Value: string(ann)}},
		})
		w.ok(err)
		_, err = w.changer(w.store).Enter(t.Context(), ann, w.room("hall"))
		w.ok(err)
		w.sends(ann, w.room("hall"), secret)
		n, err := privacy.Again(t.Context(), w.store, w, w.now(), "operator")
		if err != nil || n != 1 {
			t.Errorf("%d erasures, %v", n, err)
		}
		w.works()
		w.checkErased(ann, others)
		if again, err := w.store.FindErasure(t.Context(), ann); err != nil || again.Pseudonym != asked.Pseudonym {
			t.Errorf("again: %+v, %v", again, err)
		}
	})
}
