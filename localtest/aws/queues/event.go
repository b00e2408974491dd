package queues

import (
	"encoding/json"
)

// event is what the function gets (Lambda Developer Guide, "Using Lambda with Amazon SQS"), in the form of
// events.SQSEvent of github.com/aws/aws-lambda-go.
type event struct {
	Records []eventRecord
}

type eventRecord struct {
	MessageID         string            `json:"messageId"`
	ReceiptHandle     string            `json:"receiptHandle"`
	Body              string            `json:"body"`
	Attributes        map[string]string `json:"attributes"`
	MessageAttributes struct{}          `json:"messageAttributes"`
	MD5OfBody         string            `json:"md5OfBody"`
	EventSource       string            `json:"eventSource"`
	EventSourceARN    string            `json:"eventSourceARN"`
	AWSRegion         string            `json:"awsRegion"`
}

// emptyEventSize is the size in bytes of an event without records.
const emptyEventSize = len(`{"Records":[]}`)

func (p *Poller) record(m *message) eventRecord {
	return eventRecord{
		MessageID:      m.id,
		ReceiptHandle:  receiptHandle(p.queue.Name, m),
		Body:           m.body,
		Attributes:     p.service.attributes(m),
		MD5OfBody:      md5Of(m.body),
		EventSource:    "aws:sqs",
		EventSourceARN: p.queue.ARN,
		AWSRegion:      p.service.config.Region,
	}
}

// event returns the payload for a batch.
func (p *Poller) event(batch []message) []byte {
	var e event
	for i := range batch {
		e.Records = append(e.Records, p.record(&batch[i]))
	}
	b, _ := json.Marshal(e) // of texts alone: it cannot fail
	return b
}

// recordSize returns how many bytes a message takes in an event, and some to spare for what receiving it changes.
func (p *Poller) recordSize(m *message) int {
	const toSpare = 64
	b, _ := json.Marshal(p.record(m)) // of texts alone: it cannot fail
	return len(b) + toSpare
}
