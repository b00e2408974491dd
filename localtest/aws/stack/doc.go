// Package stack runs the whole system that a SAM template describes on one machine: the deployed function binaries
// under an emulated API Gateway, Lambda and stream mapping, on a real DynamoDB engine. It wires the other packages of
// the local stack together and knows nothing of what the functions do.
package stack
