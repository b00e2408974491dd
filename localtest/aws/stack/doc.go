// Package stack runs the whole system that a SAM template describes on one machine: the deployed function binaries
// under an emulated API Gateway, Lambda, SQS and Secrets Manager, with the mappings that feed functions from streams and
// queues, on a real DynamoDB engine. It wires the other packages of the local stack together and knows nothing of what
// the functions do.
package stack
