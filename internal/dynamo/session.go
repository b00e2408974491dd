package dynamo

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
)

// The session item of a user has, in "c", the user's connections, and in "r" the sessions that were ended before their
// tokens have. It is the one record of who is connected. A connection is in it before its handshake ends.

func sessionKey(user chat.UserID) item { return item{"user_id": text(string(user))} }

// sessionTries is how often a connection finds that the session item is made, or cleaned up, by another.
const sessionTries = 4

// sessionEntry returns how a connection stands in the session item: when its token ends, when nothing of it may be left,
// the token's session, and whether the client was reminded. Whoever finds it as it knows it knows all of it. It is short,
// since a write costs a unit per KB of the item.
func sessionEntry(c chat.Connection) string {
	entry := shortTime(c.TokenExpiresAt) + "." + shortTime(c.ExpiresAt()) + "." + string(c.Session)
	if c.Reminded {
		entry += ".r"
	}
	return entry
}

const shortBase = 36

// shortTime writes a time, in seconds, with few characters.
func shortTime(t time.Time) string { return strconv.FormatInt(t.Unix(), shortBase) }

func timeOf(short string) time.Time {
	seconds, _ := strconv.ParseInt(short, shortBase, 64)
	return time.Unix(seconds, 0).UTC()
}

// connectionOf reads an entry of the session item. The version before kept only when nothing of the connection may be
// left; its token's end stands in the connection's own row.
func connectionOf(user chat.UserID, id string, entry types.AttributeValue) chat.Connection {
	c := chat.Connection{ID: chat.ConnectionID(id), User: user}
	switch v := entry.(type) {
	case *types.AttributeValueMemberN:
		expires := reader{item{"n": v}}.seconds("n")
		c.ConnectedAt, c.TokenExpiresAt = chat.ConnectedBy(expires), expires
	case *types.AttributeValueMemberS:
		parts := append(strings.Split(v.Value, "."), "", "", "")
		c.TokenExpiresAt, c.ConnectedAt = timeOf(parts[0]), chat.ConnectedBy(timeOf(parts[1]))
		c.Session, c.Reminded = chat.SessionID(parts[2]), parts[3] != ""
	}
	return c
}

// connectionsIn returns the connections of a session item.
func connectionsIn(row item) []chat.Connection {
	c, ok := row["c"].(*types.AttributeValueMemberM)
	if !ok {
		return nil
	}
	user := chat.UserID(reader{row}.text("user_id"))
	found := make([]chat.Connection, 0, len(c.Value))
	for _, id := range slices.Sorted(maps.Keys(c.Value)) {
		found = append(found, connectionOf(user, id, c.Value[id]))
	}
	return found
}

// idsOf returns the ids of connections, which stand in rising order.
func idsOf(connections []chat.Connection) []chat.ConnectionID {
	ids := make([]chat.ConnectionID, len(connections))
	for i, c := range connections {
		ids[i] = c.ID
	}
	return ids
}

// openIn returns those of them that may still be open.
func (s *Store) openIn(row item) []chat.Connection {
	return slices.DeleteFunc(connectionsIn(row), func(c chat.Connection) bool { return c.ExpiresAt().Before(s.now()) })
}

// notEnded is the condition that a session may act: neither was it ended, nor is its user gone.
const notEnded = "attribute_not_exists(gone) AND attribute_not_exists(r.#session)"

// addToSession puts a connection among those of its user, and takes out those whose time is over.
//
// Errors: connections.ErrFull when there are limit of them; *connections.Ended when the session was ended.
func (s *Store) addToSession(ctx context.Context, c chat.Connection, limit int) error {
	names := map[string]string{"#session": sessionName(c.Session)}
	for range sessionTries {
		old, row, err := s.update(ctx, &dynamodb.UpdateItemInput{
			TableName: &s.tables.Sessions, Key: sessionKey(c.User),
			UpdateExpression:          aws.String("SET c.#id = :entry"),
			ConditionExpression:       aws.String("attribute_exists(c) AND size(c) < :limit AND " + notEnded),
			ExpressionAttributeNames:  with(names, "#id", string(c.ID)),
			ExpressionAttributeValues: item{":entry": text(sessionEntry(c)), ":limit": number(limit)},
			ReturnValues:              types.ReturnValueAllNew,
		})
		switch {
		case err != nil:
			return err
		case old == nil:
			return s.forgetExpired(ctx, c.User, row)
		case old["c"] != nil:
			if err := s.refusal(ctx, c, old); err != nil {
				return err
			}
			continue
		}
		first := &types.AttributeValueMemberM{Value: item{string(c.ID): text(sessionEntry(c))}}
		old, _, err = s.update(ctx, &dynamodb.UpdateItemInput{
			TableName: &s.tables.Sessions, Key: sessionKey(c.User),
			UpdateExpression:         aws.String("SET c = :first"),
			ConditionExpression:      aws.String("attribute_not_exists(c) AND " + notEnded),
			ExpressionAttributeNames: names, ExpressionAttributeValues: item{":first": first},
		})
		if err != nil || old == nil {
			return err
		}
		if err := endedIn(old, c.Session); err != nil {
			return err
		}
	}
	return chat.Errorf(chat.CodeUnavailable, "too many connections are opened at once; try again")
}

// refusal returns why a session item takes a connection in no more; nil when it does now, since what was left of others
// is taken out.
func (s *Store) refusal(ctx context.Context, c chat.Connection, row item) error {
	if err := endedIn(row, c.Session); err != nil {
		return err
	}
	if len(s.openIn(row)) == len(connectionsIn(row)) {
		return connections.ErrFull
	}
	return s.forgetExpired(ctx, c.User, row)
}

// sessionName is how a session is named in the item. A connection of the version before has none; no attribute has an
// empty name.
func sessionName(session chat.SessionID) string { return cmp.Or(string(session), "none") }

// endedIn returns *connections.Ended if the session item says that a session was ended.
func endedIn(row item, session chat.SessionID) error {
	ended, _ := row["r"].(*types.AttributeValueMemberM)
	if isGone(row) || ended != nil && ended.Value[sessionName(session)] != nil {
		return connections.ErrRevoked
	}
	return nil
}

// with returns names with one more.
func with(names map[string]string, placeholder, name string) map[string]string {
	all := maps.Clone(names)
	all[placeholder] = name
	return all
}

// forgetExpired takes out the connections of a session item whose time is over: nobody has reported their end.
func (s *Store) forgetExpired(ctx context.Context, user chat.UserID, row item) error {
	var expired []string
	for _, c := range connectionsIn(row) {
		if c.ExpiresAt().Before(s.now()) {
			expired = append(expired, string(c.ID))
		}
	}
	return s.removeFromMap(ctx, user, "c", expired)
}

// removeFromMap takes names out of a map of a session item, if there are any.
func (s *Store) removeFromMap(ctx context.Context, user chat.UserID, attribute string, names []string) error {
	if len(names) == 0 {
		return nil
	}
	placeholders, paths := map[string]string{}, make([]string, len(names))
	for i, name := range names {
		placeholder := "#" + strconv.Itoa(i)
		placeholders[placeholder], paths[i] = name, attribute+"."+placeholder
	}
	_, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Sessions, Key: sessionKey(user),
		UpdateExpression:    aws.String("REMOVE " + strings.Join(paths, ", ")),
		ConditionExpression: aws.String("attribute_exists(" + attribute + ")"), ExpressionAttributeNames: placeholders,
	})
	return err
}

// removeFromSession takes a connection out of those of its user.
func (s *Store) removeFromSession(ctx context.Context, user chat.UserID, id chat.ConnectionID) error {
	return s.removeFromMap(ctx, user, "c", []string{string(id)})
}

// ConnectionsOf implements [rooms.Sessions].
func (s *Store) ConnectionsOf(ctx context.Context, user chat.UserID) ([]chat.Connection, error) {
	row, err := s.get(ctx, s.tables.Sessions, sessionKey(user))
	return s.openIn(row), err
}
