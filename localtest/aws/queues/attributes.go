package queues

import (
	"encoding/json"
	"strconv"
	"strings"
)

type getQueueAttributesInput struct {
	QueueUrl       string
	AttributeNames []string
}

type getQueueAttributesOutput struct {
	Attributes map[string]string `json:",omitempty"`
}

func (s *Service) getQueueAttributes(_ call, in getQueueAttributesInput) (out getQueueAttributesOutput, err error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return out, err
	}
	if err := s.lock(); err != nil {
		return out, err
	}
	count := q.count(s.config.Now())
	s.mu.Unlock()
	all := q.attributes(count)
	for _, name := range in.AttributeNames {
		if _, has := all[name]; !has && name != "All" && name != "RedrivePolicy" {
			return out, unknownAttribute(name)
		}
	}
	out.Attributes = chosen(all, in.AttributeNames)
	return out, nil
}

// attributes returns what AWS tells of a queue that has no attributes beside those of Queue.
func (q *queue) attributes(count QueueCount) map[string]string {
	created := strconv.FormatInt(q.journal.header.Created/1000, 10)
	all := map[string]string{
		"QueueArn":                              q.ARN,
		"ApproximateNumberOfMessages":           strconv.Itoa(count.Visible),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(count.InFlight),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(count.Delayed),
		"CreatedTimestamp":                      created,
		"LastModifiedTimestamp":                 created, // changes of the template are not noted
		"VisibilityTimeout":                     strconv.Itoa(seconds(q.VisibilityTimeout)),
		"DelaySeconds":                          strconv.Itoa(seconds(q.Delay)),
		"MessageRetentionPeriod":                strconv.Itoa(seconds(q.Retention)),
		"MaximumMessageSize":                    strconv.Itoa(q.MaximumMessageSize),
		"ReceiveMessageWaitTimeSeconds":         "0",
		"SqsManagedSseEnabled":                  "true",
	}
	if q.DeadLetterARN != "" {
		policy, _ := json.Marshal(map[string]any{ // of a text and a number: it cannot fail
			"deadLetterTargetArn": q.DeadLetterARN, "maxReceiveCount": q.MaxReceiveCount,
		})
		all["RedrivePolicy"] = string(policy)
	}
	return all
}

type getQueueURLInput struct{ QueueName, QueueOwnerAWSAccountId string }

type getQueueURLOutput struct{ QueueUrl string }

func (s *Service) getQueueURL(c call, in getQueueURLInput) (getQueueURLOutput, error) {
	if in.QueueName == "" {
		return getQueueURLOutput{}, missing("QueueName")
	}
	owner := in.QueueOwnerAWSAccountId
	if s.queues[s.config.arn(in.QueueName)] == nil || owner != "" && owner != s.config.AccountID {
		return getQueueURLOutput{}, noQueue()
	}
	return getQueueURLOutput{s.url(c, in.QueueName)}, nil
}

func (s *Service) url(c call, name string) string { return URL(c.base, s.config.AccountID, name) }

type listQueuesInput struct{ QueueNamePrefix string }

type listQueuesOutput struct {
	QueueUrls []string `json:",omitempty"`
}

func (s *Service) listQueues(c call, in listQueuesInput) (out listQueuesOutput, err error) {
	for _, q := range s.config.Queues {
		if strings.HasPrefix(q.Name, in.QueueNamePrefix) {
			out.QueueUrls = append(out.QueueUrls, s.url(c, q.Name))
		}
	}
	return out, nil
}
