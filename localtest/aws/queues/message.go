package queues

import (
	"container/heap"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// message is a message of a queue.
type message struct {
	id   string
	body string
	sent time.Time
	due  time.Time // when it becomes visible, or has become so
	// received counts the receives from its first queue on.
	received    int
	first, last time.Time // receives
	origin      string    // ARN of the queue that it was dead-lettered from

	turn  uint64 // of its coming into the queue; breaks ties
	place int    // in the schedule; -1: not in it
}

// record returns the message as a journal has it.
func (m *message) record() record {
	r := m.change()
	r.Body = &m.body
	return r
}

// change returns what can change of the message.
func (m *message) change() record {
	return record{ID: m.id, Sent: millis(m.sent), Due: millis(m.due), Received: m.received, First: millis(m.first),
		Last: millis(m.last), Origin: m.origin}
}

// set takes over what a journal says.
func (m *message) set(r record) {
	if r.Body != nil {
		m.body = *r.Body
	}
	m.id, m.sent, m.due, m.received, m.origin = r.ID, moment(r.Sent), moment(r.Due), r.Received, r.Origin
	m.first, m.last = moment(r.First), moment(r.Last)
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// receiptHandle names one receive of a message. AWS's are opaque; in this one stand the queue, the message and the
// number of the receive.
func receiptHandle(queue string, m *message) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s/%s/%d", queue, m.id, m.received))
}

// readReceiptHandle returns the message and the number of the receive. It reports whether the handle is one of the
// queue.
func readReceiptHandle(queue, handle string) (id string, received int, ok bool) {
	b, err := base64.StdEncoding.DecodeString(handle)
	parts := strings.Split(string(b), "/")
	if err != nil || len(parts) != 3 || parts[0] != queue {
		return "", 0, false
	}
	received, err = strconv.Atoi(parts[2])
	return parts[1], received, err == nil
}

// schedule is a heap of messages: the one that becomes visible first is at its top.
type schedule []*message

func (s schedule) Len() int { return len(s) }
func (s schedule) Less(i, j int) bool {
	if s[i].due.Equal(s[j].due) {
		return s[i].turn < s[j].turn
	}
	return s[i].due.Before(s[j].due)
}
func (s schedule) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].place, s[j].place = i, j
}
func (s *schedule) Push(x any) {
	m := x.(*message)
	m.place = len(*s)
	*s = append(*s, m)
}
func (s *schedule) Pop() any {
	last := len(*s) - 1
	m := (*s)[last]
	(*s)[last] = nil
	*s, m.place = (*s)[:last], -1
	return m
}

func (s *schedule) add(m *message)    { heap.Push(s, m) }
func (s *schedule) remove(m *message) { heap.Remove(s, m.place) }
func (s *schedule) moved(m *message)  { heap.Fix(s, m.place) }
func (s schedule) top() *message {
	if len(s) == 0 {
		return nil
	}
	return s[0]
}
