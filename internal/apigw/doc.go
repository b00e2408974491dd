// Package apigw turns Lambda's events into calls of the chat, and their results into replies; it posts to connections
// through the API Gateway management API, and has workers push through the Lambda Invoke API.
//
// A client's mistake is a reply. So is a defect of ours, as far as a reply can still be made: its client learns the
// request_id and that the request may be repeated; the log and the metrics learn the rest.
package apigw
