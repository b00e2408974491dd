package app

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/rooms"
)

// jobs is the queue of what promises rest on.
func (p *Parts) jobs() *apigw.JobQueue { return p.jobQueue("JOBS_QUEUE") }

// checks is the queue of what may wait.
func (p *Parts) checks() *apigw.JobQueue { return p.jobQueue("CHECKS_QUEUE") }

func (p *Parts) jobQueue(setting string) *apigw.JobQueue {
	if p.sqs == nil {
		p.sqs = sqs.NewFromConfig(p.aws, func(o *sqs.Options) { o.HTTPClient = p.httpClient(queueTimeout) })
	}
	return apigw.NewJobQueue(p.sqs, p.settings.required(setting))
}

// erasing has members of deleted rooms told by a job that is done soon. What is left of the rooms may wait.
type erasing struct{ soon, later rooms.EraseJobs }

// EraseLater implements [rooms.EraseJobs].
func (q erasing) EraseLater(ctx context.Context, e rooms.Erase, delay time.Duration) error {
	if e.Part == rooms.EraseMembers {
		return q.soon.EraseLater(ctx, e, delay)
	}
	return q.later.EraseLater(ctx, e, delay)
}
