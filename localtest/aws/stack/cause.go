package stack

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// errorLine is a line at level ERROR of a function that logs JSON, by Go's log/slog or in Lambda's own JSON format
// (Lambda Developer Guide, "Configuring JSON and plain text log formats").
type errorLine struct {
	Level      string `json:"level"`
	Msg        string `json:"msg"`
	Message    string `json:"message"`
	Outcome    string `json:"outcome"`
	Error      string `json:"error"`
	RequestID  string `json:"request_id"`
	RequestID2 string `json:"requestId"`
}

// readErrorLine reads a line if it is one at level ERROR.
func readErrorLine(line []byte) (requestID, cause string, ok bool) {
	if !bytes.Contains(line, []byte(`"ERROR"`)) {
		return "", "", false
	}
	var l errorLine
	if json.Unmarshal(line, &l) != nil || l.Level != "ERROR" {
		return "", "", false
	}
	parts := []string{cmp.Or(l.Outcome, l.Msg, l.Message), l.Error}
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return cmp.Or(l.RequestID, l.RequestID2), oneLine(cmp.Or(strings.Join(parts, ": "), "error")), true
}

// causeSeparator is between the causes of one invocation: each record of a batch may have its own.
const causeSeparator = "; "

// line is told each line that a function writes. One at level ERROR becomes a cause in the line of its invocation, or a
// line of its own when that is printed already or there is none.
func (c *console) line(function string, line []byte) {
	requestID, cause, ok := readErrorLine(line)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case requestID == "" || slices.Contains(c.printed, requestID) || len(c.causes) >= maxRemembered:
		c.print(c.now(), strings.TrimRight(function+"  "+cause+"  "+requestID, " "))
	case c.causes[requestID] == "":
		c.causes[requestID] = cause
	case !slices.Contains(strings.Split(c.causes[requestID], causeSeparator), cause):
		c.causes[requestID] = oneLine(c.causes[requestID] + causeSeparator + cause)
	}
}
