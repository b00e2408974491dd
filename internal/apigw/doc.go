// Package apigw turns Lambda's events into calls of the chat, and their results into replies; it posts to connections
// through the API Gateway management API, and has workers push through the Lambda Invoke API.
//
// A client's mistake is a reply. A defect of ours is a reply too, as long as one can be made: the client learns the
// request_id, and that it may repeat the request. The cause is in the log and in the metrics.
package apigw
