// Package wire is the protocol between clients and the chat, version 1: the frames of the WebSocket API, the bodies of
// the HTTP API, their limits, and the form of errors. Field names are snake_case, times are RFC 3339 in UTC with
// milliseconds, ids of entries are integers. docs/protocol.md describes it for clients.
package wire

// Subprotocol is the subprotocol that the server takes up when a client offers it.
const Subprotocol = "chat.v1"

// TokenProtocolPrefix goes before a token among the offered subprotocols: for clients that can set no header.
const TokenProtocolPrefix = "bearer."

// MaxFrameBytes is the largest frame that the gateway takes or sends, and what it bills as one message
// (API Gateway quotas for WebSocket APIs: 32 KB).
const MaxFrameBytes = 32 << 10
