package wire_test

import (
	"serverlesschat/internal/presence"
	"serverlesschat/internal/wire"
)

func someStates() []presence.State {
	return []presence.State{{User: "alice", Online: true, Version: 7}, {User: "bob", Version: 2}}
}

func presenceFrames() []goldenCase {
	return []goldenCase{
		{name: "one comes", frame: wire.Presence(someStates()[:1])},
		{name: "one goes", frame: wire.Presence(someStates()[1:])},
		{name: "two", frame: wire.Presence(someStates())},
	}
}

func presenceBodies() []goldenCase {
	return []goldenCase{
		{name: "a page", frame: wire.PresenceOf(someStates(), "bob")},
		{name: "the last page", frame: wire.PresenceOf(someStates(), "")},
		{name: "nobody", frame: wire.PresenceOf(nil, "")},
	}
}
