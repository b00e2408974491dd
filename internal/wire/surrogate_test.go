package wire_test

import (
	"encoding/json"
	"strings"
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/wire"
)

func TestLoneSurrogatesAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ fields, field, requestID string }{
		"first half":              {`"content":"\ud83d"`, "content", "r-1"},
		"second half":             {`"content":"\uDE00"`, "content", "r-1"},
		"within a text":           {`"content":"hi \ud83d there"`, "content", "r-1"},
		"halves in wrong order":   {`"content":"\ude00\ud83d"`, "content", "r-1"},
		"first half twice":        {`"content":"\ud83d\ud83d\ude00"`, "content", "r-1"},
		"after a pair":            {`"content":"\ud83d\ude00\ude00"`, "content", "r-1"},
		"then another escape":     {`"content":"\ud83d\n"`, "content", "r-1"},
		"then a backslash":        {`"content":"\ud83d\\ude00"`, "content", "r-1"},
		"after a backslash":       {`"content":"\\\ud83d"`, "content", "r-1"},
		"in action":               {`"action":"ping\ud83d"`, "action", "r-1"},
		"in room_id":              {`"room_id":"\udfff"`, "room_id", "r-1"},
		"in a list":               {`"room_ids":["a","\ud800"]`, "room_ids", "r-1"},
		"in a field of the field": {`"x":{"y":[{"z":"\ud83d"}]}`, "x", "r-1"},
		"in a name within":        {`"x":{"\ud83d":1}`, "x", "r-1"},
		"in an unknown field":     {`"later":"\ud83d"`, "later", "r-1"},
		"in a field's name":       {`"\ud83d":1`, "", "r-1"},
		"in a field given twice":  {`"content":"\ud83d","content":"hi"`, "", "r-1"},
		"in two fields":           {`"b":"\ud83d","a":"\ud83d"`, "a", "r-1"},
		"in request_id":           {`"request_id":"\ud83d"`, "request_id", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := wire.ParseRequest([]byte(`{"action":"ping","request_id":"r-1",` + c.fields + `}`))
			expectField(t, err, c.field)
			if r.RequestID != c.requestID {
				t.Errorf("request_id %q, want %q", r.RequestID, c.requestID)
			}
		})
	}
}

func TestContentIsKeptAsItCame(t *testing.T) {
	for text, want := range map[string]string{
		`\ud83d\ude00`:            "😀",
		`\uD83D\uDE00\u0041`:      "😀A",
		`\\ud83d`:                 `\ud83d`,
		`\\\\ud83d`:               `\\ud83d`,
		`\"\/\b\f\n\r\t\u0000`:    "\"/\b\f\n\r\t\x00",
		`\ufffd`:                  "\ufffd",
		`\ud7ff\ue000`:            "\ud7ff\ue000",
		"e\u0301 é \u1100\u1161가": "e\u0301 é \u1100\u1161가",
	} {
		f := request(t, `{"action":"sendMessage","content":"`+text+`"}`).Fields()
		if got := f.Text("content"); f.Err() != nil || got != want {
			t.Errorf("%s is read as %q, %v; want %q", text, got, f.Err(), want)
		}
	}
}

// Half of a pair is what makes encoding/json put U+FFFD where there was none; valid UTF-8 gives no other reason.
func FuzzLoneSurrogates(f *testing.F) {
	for _, text := range []string{`hi`, `\ud83d`, `\ud83d\ude00`, `\\ud83d`, `\ude00\ud83d`, `\ufffd`, "\ufffd", `\ud83`, `\`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		body := `{"action":"ping","x":"` + text + `"}`
		var frame struct{ X string }
		if strings.ContainsAny(text, "\"\ufffd") || strings.Contains(strings.ToLower(text), `\ufffd`) ||
			json.Unmarshal([]byte(body), &frame) != nil {
			t.Skip()
		}
		_, err := wire.ParseRequest([]byte(body))
		if replaced := strings.Contains(frame.X, "\ufffd"); replaced != (chat.CodeOf(err) == chat.CodeInvalid) {
			t.Errorf("%s: read as %q, error %v", text, frame.X, err)
		}
	})
}
