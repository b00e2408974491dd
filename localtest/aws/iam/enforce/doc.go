// Package enforce stands before DynamoDB, SQS, Secrets Manager, the management API of a WebSocket API and the Invoke API
// of Lambda. It finds out which function calls, which IAM actions on which resources the call takes, and answers what
// the function's role does not allow as AWS does. An observer gets every decision.
//
// A caller is known by the access key id in the Authorization header (Signature Version 4). Signatures are not
// verified: every process here is the developer's own.
//
//	request ── Authorization ──> principal     enforcer.go
//	        ── operation, body ─> accesses     dynamodb.go sqs.go secretsmanager.go management.go invoke.go
//	        ── iam.Role.Decide ─> next handler, or an answer as AWS's
package enforce
