package apidoctest

import (
	"encoding/json"
	"maps"
)

// WithoutNulls returns a frame of a client without its members that are null, which count as left out. What is no
// object comes back as it is.
func WithoutNulls(frame []byte) []byte {
	var members map[string]json.RawMessage
	if json.Unmarshal(frame, &members) != nil {
		return frame
	}
	maps.DeleteFunc(members, func(_ string, value json.RawMessage) bool { return string(value) == "null" })
	data, err := json.Marshal(members)
	if err != nil {
		return frame
	}
	return data
}
