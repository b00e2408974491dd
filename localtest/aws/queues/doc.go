// Package queues is a small Amazon SQS: standard queues, their data plane over HTTP, redrive of dead letters, and Lambda's
// event source mapping for a queue.
package queues
