package queues

import (
	"crypto/md5"
	"encoding/hex"
	"slices"
	"strconv"
	"time"
)

type sendMessageInput struct {
	QueueUrl     string
	MessageBody  string
	DelaySeconds *int
}

type sendMessageOutput struct {
	MessageId        string
	MD5OfMessageBody string
}

func (s *Service) sendMessage(_ call, in sendMessageInput) (out sendMessageOutput, err error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return out, err
	}
	delay := q.Delay
	if in.DelaySeconds != nil {
		if *in.DelaySeconds < 0 || *in.DelaySeconds > seconds(maxDelay) {
			return out, badValue(*in.DelaySeconds, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
		}
		delay = time.Duration(*in.DelaySeconds) * time.Second
	}
	out.MD5OfMessageBody = md5Of(in.MessageBody)
	out.MessageId, err = s.send(q, in.MessageBody, delay)
	return out, err
}

func seconds(d time.Duration) int { return int(d / time.Second) }

func md5Of(body string) string {
	sum := md5.Sum([]byte(body))
	return hex.EncodeToString(sum[:])
}

type receiveMessageInput struct {
	QueueUrl                    string
	MaxNumberOfMessages         *int
	WaitTimeSeconds             *int
	VisibilityTimeout           *int
	AttributeNames              []string // the older name of the next
	MessageSystemAttributeNames []string
	MessageAttributeNames       []string // no message has any
}

type receivedMessage struct {
	MessageId     string
	ReceiptHandle string
	Body          string
	MD5OfBody     string
	Attributes    map[string]string `json:",omitempty"`
}

type receiveMessageOutput struct {
	Messages []receivedMessage `json:",omitempty"`
}

const maxWait = 20 * time.Second // Amazon SQS API Reference, "ReceiveMessage"

func (s *Service) receiveMessage(c call, in receiveMessageInput) (out receiveMessageOutput, err error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return out, err
	}
	w := want{most: 1, visibility: q.VisibilityTimeout}
	if n := in.MaxNumberOfMessages; n != nil {
		if *n < 1 || *n > 10 {
			return out, badValue(*n, "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")
		}
		w.most = *n
	}
	if n := in.VisibilityTimeout; n != nil {
		if err := checkVisibility(*n); err != nil {
			return out, err
		}
		w.visibility = time.Duration(*n) * time.Second
	}
	until := s.config.Now()
	if n := in.WaitTimeSeconds; n != nil {
		if *n < 0 || *n > seconds(maxWait) {
			return out, badValue(*n, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.")
		}
		until = until.Add(time.Duration(*n) * time.Second)
	}
	names := slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames)
	for _, name := range names {
		if !slices.Contains(systemAttributes(), name) {
			return out, unknownAttribute(name)
		}
	}
	got, err := s.receive(c.ctx, q, w, until)
	for _, m := range got {
		out.Messages = append(out.Messages, receivedMessage{
			MessageId: m.id, ReceiptHandle: receiptHandle(q.Name, &m), Body: m.body, MD5OfBody: md5Of(m.body),
			Attributes: chosen(s.attributes(&m), names),
		})
	}
	return out, err
}

func checkVisibility(n int) error {
	if n < 0 || n > seconds(maxVisibility) {
		return badValue(n, "VisibilityTimeout", "VisibilityTimeout must be an integer between 0 and 43200")
	}
	return nil
}

// systemAttributes are the names that AWS knows (Amazon SQS API Reference, "ReceiveMessage"). Messages of standard
// queues that are not traced have the first ones.
func systemAttributes() []string {
	return []string{"All", "SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp",
		"DeadLetterQueueSourceArn", "SequenceNumber", "MessageDeduplicationId", "MessageGroupId", "AWSTraceHeader"}
}

// attributes returns the system attributes of a message that was received. Its sender is told by the account alone.
func (s *Service) attributes(m *message) map[string]string {
	all := map[string]string{
		"SenderId":                         s.config.AccountID,
		"SentTimestamp":                    strconv.FormatInt(m.sent.UnixMilli(), 10),
		"ApproximateReceiveCount":          strconv.Itoa(m.received),
		"ApproximateFirstReceiveTimestamp": strconv.FormatInt(m.first.UnixMilli(), 10),
	}
	if m.origin != "" {
		all["DeadLetterQueueSourceArn"] = m.origin
	}
	return all
}

// chosen returns those of the attributes whose names were asked for.
func chosen(all map[string]string, names []string) map[string]string {
	if slices.Contains(names, "All") {
		return all
	}
	some := map[string]string{}
	for _, name := range names {
		if value, ok := all[name]; ok {
			some[name] = value
		}
	}
	return some
}

type deleteMessageInput struct{ QueueUrl, ReceiptHandle string }

type nothing struct{}

func (s *Service) deleteMessage(_ call, in deleteMessageInput) (nothing, error) {
	q, err := s.byURL(in.QueueUrl)
	if err == nil && in.ReceiptHandle == "" {
		err = missing("ReceiptHandle")
	}
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.delete(q, in.ReceiptHandle)
}

type changeMessageVisibilityInput struct {
	QueueUrl, ReceiptHandle string
	VisibilityTimeout       *int
}

func (s *Service) changeMessageVisibility(_ call, in changeMessageVisibilityInput) (nothing, error) {
	q, err := s.byURL(in.QueueUrl)
	switch {
	case err != nil:
	case in.ReceiptHandle == "":
		err = missing("ReceiptHandle")
	case in.VisibilityTimeout == nil:
		err = missing("VisibilityTimeout")
	default:
		err = checkVisibility(*in.VisibilityTimeout)
	}
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.changeVisibility(q, in.ReceiptHandle, *in.VisibilityTimeout)
}
