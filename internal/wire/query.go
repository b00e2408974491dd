package wire

import (
	"strconv"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// HistoryQuery reads GET /rooms/{room_id}/messages from the path's room and the query's parameters.
func HistoryQuery(room string, parameters map[string]string) (roomlog.Query, error) {
	q := roomlog.Query{Room: chat.RoomID(room)}
	if _, ok := parameters["wait"]; ok {
		return q, chat.Invalid("wait", "is not supported yet")
	}
	after, err := integerParameter(parameters, "after")
	if err != nil {
		return q, err
	}
	before, err := integerParameter(parameters, "before")
	if err != nil {
		return q, err
	}
	limit, err := integerParameter(parameters, "limit")
	if err != nil {
		return q, err
	}
	q.After, q.Before, q.Limit = (*chat.EntryID)(after), (*chat.EntryID)(before), pageLimit(limit)
	return q, nil
}

func integerParameter(parameters map[string]string, name string) (*int64, error) {
	text, ok := parameters[name]
	if !ok {
		return nil, nil
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, chat.Invalid(name, "must be an integer")
	}
	return &value, nil
}
