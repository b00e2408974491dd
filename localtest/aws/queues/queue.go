package queues

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// queue has the messages of a queue, in memory and in its journal. Its methods are called by one goroutine at a time;
// each changes the journal before the memory, so that one that fails has changed nothing.
type queue struct {
	Queue
	journal  *journal
	messages map[string]*message
	schedule schedule // of all messages
	turns    uint64
	// changed is closed, and replaced, when a message may have become visible, or become so earlier than was known.
	changed chan struct{}
}

func openQueue(c Queue, dir string, now time.Time) (*queue, error) {
	q := &queue{Queue: c, messages: map[string]*message{}, changed: make(chan struct{})}
	var err error
	q.journal, err = openJournal(journalPath(dir, c.Name), c.ARN, now, q.replay)
	return q, err
}

// replay applies a record of the journal.
func (q *queue) replay(r record) {
	m := q.messages[r.ID]
	switch {
	case r.Deleted:
		if m != nil {
			q.forget(m)
		}
	case m != nil:
		m.set(r)
		q.schedule.moved(m)
	case r.Body != nil:
		m = &message{}
		m.set(r)
		q.know(m)
	}
}

func (q *queue) know(m *message) {
	m.turn = q.turns
	q.turns++
	q.messages[m.id] = m
	q.schedule.add(m)
}

func (q *queue) forget(m *message) {
	delete(q.messages, m.id)
	if m.place >= 0 {
		q.schedule.remove(m)
	}
}

// announce wakes all that wait for a message to become visible.
func (q *queue) announce() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// put adds a message. A message with the same id, which a killed process left behind while it moved it, is replaced.
func (q *queue) put(m *message) error {
	if err := q.append(m.record()); err != nil {
		return err
	}
	if old := q.messages[m.id]; old != nil {
		q.forget(old)
	}
	q.know(m)
	q.announce()
	return nil
}

// remove takes a message out.
func (q *queue) remove(m *message) error {
	if err := q.append(record{ID: m.id, Deleted: true}); err != nil {
		return err
	}
	q.forget(m)
	return nil
}

// show makes a message visible at due, and not at the time that was set before.
func (q *queue) show(m *message, due time.Time) error {
	next := *m
	next.due = due
	if err := q.append(next.change()); err != nil {
		return err
	}
	m.due = due
	q.schedule.moved(m)
	q.announce()
	return nil
}

// receive counts a receive of messages that are not in the schedule, puts them back into it, and hides them for a time.
func (q *queue) receive(taken []*message, now time.Time, visibility time.Duration) error {
	defer func() {
		for _, m := range taken {
			q.schedule.add(m)
		}
	}()
	next := make([]message, len(taken))
	records := make([]record, len(taken))
	for i, m := range taken {
		next[i] = *m
		n := &next[i]
		n.received++
		n.last, n.due = now, now.Add(visibility)
		if n.first.IsZero() {
			n.first = now
		}
		records[i] = n.change()
	}
	if err := q.append(records...); err != nil {
		return err
	}
	for i, m := range taken {
		*m = next[i]
	}
	return nil
}

// append writes records, and compacts the journal now and then. It is compacted before it is appended to, while it and
// the memory say the same.
func (q *queue) append(records ...record) error {
	if q.journal.needsCompaction() {
		var all []record
		for _, m := range q.inOrder() {
			all = append(all, m.record())
		}
		if err := q.journal.replace(all); err != nil {
			return fmt.Errorf("compact %s: %w", q.journal.path, err)
		}
	}
	return q.journal.append(records...)
}

// inOrder returns all messages in the order in which they came.
func (q *queue) inOrder() []*message {
	all := make([]*message, 0, len(q.messages))
	for _, m := range q.messages {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b *message) int { return cmp.Compare(a.turn, b.turn) })
	return all
}

// expired reports whether the message has been here for longer than the queue keeps messages.
func (q *queue) expired(m *message, now time.Time) bool { return now.Sub(m.sent) >= q.Retention }

// exhausted reports whether the redrive policy wants the message in the dead-letter queue.
func (q *queue) exhausted(m *message) bool {
	return q.DeadLetterARN != "" && m.received >= q.MaxReceiveCount
}

// visible returns the message that is to be received next, or nil, and then when there may be one; zero: nobody knows.
func (q *queue) visible(now time.Time) (*message, time.Time) {
	m := q.schedule.top()
	if m == nil {
		return nil, time.Time{}
	}
	if m.due.After(now) {
		return nil, m.due
	}
	return m, time.Time{}
}

// byHandle returns the message if the handle is of its last receive, and nil if it is of an older one or the message is
// gone.
func (q *queue) byHandle(handle string) (*message, error) {
	id, received, ok := readReceiptHandle(q.Name, handle)
	if !ok {
		return nil, badHandle(handle)
	}
	if m := q.messages[id]; m != nil && m.received == received {
		return m, nil
	}
	return nil, nil
}

// count counts the messages. Expired ones are left out.
func (q *queue) count(now time.Time) QueueCount {
	c := QueueCount{Name: q.Name, ARN: q.ARN}
	for _, m := range q.messages {
		switch {
		case q.expired(m, now):
			continue
		case !m.due.After(now):
			c.Visible++
		case m.received > 0:
			c.InFlight++
		default:
			c.Delayed++
		}
		c.OldestAge = max(c.OldestAge, now.Sub(m.sent))
	}
	return c
}

// expire removes the messages that have been here for longer than the queue keeps messages.
func (q *queue) expire(now time.Time) error {
	for _, m := range q.inOrder() {
		if q.expired(m, now) {
			if err := q.remove(m); err != nil {
				return err
			}
		}
	}
	return nil
}
