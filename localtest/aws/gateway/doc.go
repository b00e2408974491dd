// Package gateway serves one stage of an API Gateway WebSocket API on a plain port: the sockets, and the @connections
// management API beside them. Functions are reached through Config.Invoke; what they are is not known here.
//
//	GET    /{stage}                    Upgrade: websocket   a client connects
//	POST   /{stage}/@connections/{id}  body                 a message to a client
//	GET    /{stage}/@connections/{id}                       what is known of a connection
//	DELETE /{stage}/@connections/{id}                       close it
//
// # The way through
//
// Each kind of work passes one function, and whatever limits or disturbs it (a rate, a fault) belongs at its top:
//
//	handshake    Gateway.serveHandshake     $connect, then 101
//	a message    connection.accept          route, event, a goroutine with the call
//	management   Gateway.serveManagement    POST, GET, DELETE
//	a call       Gateway.call               one invocation of a route's function
//
// A connection has one goroutine, which reads. Messages out are written by whoever sends them, under the rules of
// outbox. A goroutine for writing exists only while a slow client keeps it busy.
//
// # Known differences from AWS
//
//   - Management requests need no signature, and none is checked (AWS: 403 MissingAuthenticationTokenException). The
//     SDKs always sign; curl on a laptop does not.
//   - There is no TLS, though X-Forwarded-Proto and X-Forwarded-Port say https and 443, as functions expect.
//   - Names of headers in the CONNECT event are spelt as the client spelt them only on a server with edge.KeepNames;
//     otherwise they have canonical case, and the Sec-WebSocket family is spelt as in RFC 6455.
//   - The stage's bucket is one for all routes without one of their own. Whether AWS counts each of these routes by
//     itself is unconfirmed. Handshakes draw from it and from the quota of new connections, not from the account's
//     bucket.
//   - AWS publishes no size for the buffer behind a slow client (429) nor a bound on the messages of one connection
//     that are under way at once. Both are Limits here.
//   - Routes are selected by one top-level member of the body; authorisers, API keys, models, request parameters and
//     stage variables do not exist.
package gateway
