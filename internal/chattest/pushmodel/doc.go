// Package pushmodel is a model of how a room's entries come to its connections: senders that push themselves, the
// fan-outs that the stream wakes, and the jobs of rooms that failed. It goes through every order of their calls, with
// deaths, lost replies and the like between them, and knows what must hold.
//
// A [State] is a plain value. A transition is one call of one agent, or one thing that happens to the world: an agent
// dies, a connection is lost, time passes. Each has an [Event] that says all that the agent could see of it. So
// [Search] visits every state that a [Config] can reach, and a [Replay] takes the calls of the real code one by one and
// says where they leave the model.
//
// A [Mistake] is the model with one of its conditions left out. Each makes some search fail: so each condition is
// needed.
//
// Senders of the model always look at the head after they have placed. Those of a room where many entries wait do not,
// and leave more to the stream; [NoLook] is that.
//
// The model knows no pages, no time and no frames: "waited long enough" is something that may happen at any time. Two
// calls are one transition where nothing can tell them apart: a post that finds a connection gone takes its
// subscription away too, and a post that fails for good closes the connection.
package pushmodel
