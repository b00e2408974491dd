// Package e2e tells stories of users of the chat, end to end: real WebSockets, the function binaries that are deployed,
// a real DynamoDB engine. They run on a local stack with each engine, or on the chat whose addresses are in
// CHAT_WEBSOCKET_URL and CHAT_HTTP_URL, with tokens signed by the key in the file CHAT_TOKEN_KEY. With
// CHAT_DIRECT_PUSH=false the stream alone pushes.
package e2e
