package apidoctest

import (
	"encoding/json"
	"maps"
	"strconv"

	"serverlesschat/localtest/apidoc"
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

// ParameterJSON returns what a parameter of a path or a query says, as JSON: a number, or true or false, where it is one and
// is to be one.
func ParameterJSON(p apidoc.Parameter, text string) []byte {
	if _, err := strconv.ParseInt(text, 10, 64); err == nil && p.Type == "integer" {
		return []byte(text)
	}
	if p.Type == "boolean" && (text == "true" || text == "false") {
		return []byte(text)
	}
	data, _ := json.Marshal(text) // a string can be encoded
	return data
}
