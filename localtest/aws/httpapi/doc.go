// Package httpapi serves an API Gateway HTTP API on one machine. It chooses a route, turns the request into an event of
// payload format 2.0, invokes the route's function, and turns what it returns into a response. It does so as the API
// Gateway Developer Guide says and, where it is silent, as others have seen it on AWS.
//
// A request goes through a list of steps ([New]); the first that has a reply ends it. Authorisers and injected
// faults are steps to add between the choice of the route and the invocation.
//
// What is not emulated: CORS, authorisers, stage variables, custom domains, payload format 1.0.
package httpapi
