package wire_test

import (
	"serverlesschat/internal/signals"
	"serverlesschat/internal/wire"
)

// The frames of what is told and not stored.

func typingFrames() []clientFrame {
	const begin = `{"action":"typing","request_id":"r-1",`
	return []clientFrame{
		{"begins", begin + `"room_id":"general","active":true}`, signals.Typing{Room: "general", Active: true}},
		{"stops", begin + `"room_id":"general","active":false}`, signals.Typing{Room: "general"}},
		{"no active", begin + `"room_id":"general"}`, nil},
		{"active null", begin + `"room_id":"general","active":null}`, nil},
		{"active of a wrong type", begin + `"room_id":"general","active":1}`, nil},
		{"no room_id", begin + `"active":true}`, nil},
	}
}

func typingPushes() []goldenCase {
	return []goldenCase{
		{name: "begins", frame: wire.Typing("general", "alice", true)},
		{name: "stops", frame: wire.Typing("general", "alice", false)},
	}
}
