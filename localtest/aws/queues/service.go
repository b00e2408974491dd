package queues

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// errClosed is returned by everything that is asked of a Service that is closed.
var errClosed = errors.New("the queues are closed")

// Service is the queues of one account and Region. It is an http.Handler for SQS's data plane, and safe for use by many
// goroutines.
type Service struct {
	config  Config
	closing chan struct{} // closed by Close
	work    sync.WaitGroup

	mu     sync.Mutex
	closed bool
	queues map[string]*queue      // by ARN
	tasks  map[string][]*moveTask // by source ARN; the newest first
}

// Open reads what is on the disk and returns a service that serves it. Its error names all that is wrong with the
// configuration, or the journal that can't be read.
func Open(c Config) (*Service, error) {
	c.setDefaults()
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("queues: %w", err)
	}
	s := &Service{config: c, closing: make(chan struct{}), queues: map[string]*queue{}, tasks: map[string][]*moveTask{}}
	for _, configured := range c.Queues {
		q, err := openQueue(configured, c.Dir, c.Now())
		if err == nil {
			s.queues[configured.ARN] = q
			err = q.expire(c.Now())
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("queue %s: %w", configured.Name, err), s.Close())
		}
	}
	return s, nil
}

// Close ends the service: requests that wait for messages are answered, move tasks are given up. Pollers must have
// ended before. Calling it again does nothing.
func (s *Service) Close() error {
	s.mu.Lock()
	again := s.closed
	s.closed = true
	s.mu.Unlock()
	if again {
		return nil
	}
	close(s.closing)
	s.work.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, q := range s.queues {
		errs = append(errs, q.journal.close())
	}
	return errors.Join(errs...)
}

// lock begins what is done with queues. It fails, and locks nothing, once the service is closed.
func (s *Service) lock() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errClosed
	}
	return nil
}

// Send puts a message into a queue, as an AWS service does that sends for its user. The message is on the disk when it
// returns nil. A body that SQS does not take is an error, and so is a queue that is not there.
func (s *Service) Send(ctx context.Context, queueARN, body string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	q := s.queues[queueARN] // the map is never changed after Open
	if q == nil {
		return fmt.Errorf("there is no queue %s", queueARN)
	}
	_, err := s.send(q, body, q.Delay)
	return err
}

// send puts a new message into a queue and returns its id when it is on the disk.
func (s *Service) send(q *queue, body string, delay time.Duration) (string, error) {
	if err := checkBody(q, body); err != nil {
		return "", err
	}
	if err := s.lock(); err != nil {
		return "", err
	}
	now, id := s.config.Now(), newUUID()
	err := q.put(&message{id: id, body: body, sent: now, due: now.Add(delay)})
	mark := q.journal.mark()
	s.mu.Unlock()
	if err == nil {
		err = q.journal.sync(mark) // without the lock, so that those who send at once share it
	}
	return id, err
}

// want says what is to be received.
type want struct {
	most       int
	visibility time.Duration
	fits       func(*message) bool // nil: all do; the first that does not ends it
}

// take receives messages that are visible now; none is no error.
func (s *Service) take(q *queue, w want) ([]message, error) {
	if err := s.lock(); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	now := s.config.Now()
	var taken []*message
	var err error
	for len(taken) < w.most && err == nil {
		m, _ := q.visible(now)
		if m == nil {
			break
		}
		switch {
		case q.expired(m, now):
			err = q.remove(m)
		case q.exhausted(m):
			err = s.deadLetter(q, m, now)
		case w.fits != nil && !w.fits(m):
			return s.finishTake(q, taken, now, w)
		default:
			q.schedule.remove(m)
			taken = append(taken, m)
		}
	}
	got, receiveErr := s.finishTake(q, taken, now, w)
	return got, errors.Join(err, receiveErr)
}

// finishTake counts the receives. The messages are copies, since other receivers may change the queue's own.
func (s *Service) finishTake(q *queue, taken []*message, now time.Time, w want) ([]message, error) {
	if len(taken) == 0 {
		return nil, nil
	}
	if err := q.receive(taken, now, w.visibility); err != nil {
		return nil, err
	}
	got := make([]message, len(taken))
	for i, m := range taken {
		got[i] = *m
	}
	return got, nil
}

// deadLetter moves a message into the dead-letter queue. It keeps its id, its time of sending and its counts. It is on
// the disk there before it leaves its queue, so that no crash can lose it.
func (s *Service) deadLetter(q *queue, m *message, now time.Time) error {
	target := s.queues[q.DeadLetterARN]
	dead := *m
	dead.due, dead.origin = now, q.ARN
	if err := target.put(&dead); err != nil {
		return err
	}
	if err := target.journal.sync(target.journal.mark()); err != nil {
		return err
	}
	return q.remove(m)
}

// wait waits until a message of the queue is visible. It returns false when until, unless it is zero, has come, ctx is
// over, or the service closes.
func (s *Service) wait(ctx context.Context, q *queue, until time.Time) bool {
	for ctx.Err() == nil {
		if s.lock() != nil {
			return false
		}
		now := s.config.Now()
		m, next := q.visible(now)
		changed := q.changed
		s.mu.Unlock()
		if m != nil {
			return true
		}
		if !until.IsZero() {
			if !now.Before(until) {
				return false
			}
			if next.IsZero() || until.Before(next) {
				next = until
			}
		}
		s.waitFor(ctx, changed, next.Sub(now), !next.IsZero())
	}
	return false
}

// waitFor waits until something may have changed: told by changed, or when d has passed, if that is limited.
func (s *Service) waitFor(ctx context.Context, changed <-chan struct{}, d time.Duration, limited bool) {
	var passed <-chan time.Time
	if limited {
		timer := time.NewTimer(d)
		defer timer.Stop()
		passed = timer.C
	}
	select {
	case <-changed:
	case <-passed:
	case <-s.closing:
	case <-ctx.Done():
	}
}

// receive is take, but waits until there is a message: until that time at the latest.
func (s *Service) receive(ctx context.Context, q *queue, w want, until time.Time) ([]message, error) {
	for {
		got, err := s.take(q, w)
		if len(got) > 0 || err != nil || !s.wait(ctx, q, until) {
			return got, err
		}
	}
}

// delete takes the message of a receipt handle out of a queue. One that was received again since stays.
func (s *Service) delete(q *queue, handle string) error {
	if err := s.lock(); err != nil {
		return err
	}
	defer s.mu.Unlock()
	m, err := q.byHandle(handle)
	if m == nil || err != nil {
		return err
	}
	return q.remove(m)
}

// changeVisibility hides the message of a receipt handle for a time from now on. One whose visibility timeout has run
// out can still be hidden while nobody else has received it.
func (s *Service) changeVisibility(q *queue, handle string, seconds int) error {
	if err := s.lock(); err != nil {
		return err
	}
	defer s.mu.Unlock()
	m, err := q.byHandle(handle)
	if err != nil {
		return err
	}
	if m == nil {
		return badValue(handle, "ReceiptHandle",
			"Message does not exist or is not available for visibility timeout change.")
	}
	due := s.config.Now().Add(time.Duration(seconds) * time.Second)
	if due.Sub(m.last) > maxVisibility {
		return badValue(seconds, "VisibilityTimeout",
			"Total VisibilityTimeout for the message is beyond the limit [43200 seconds]")
	}
	return q.show(m, due)
}

// QueueCount says how many messages a queue has.
type QueueCount struct {
	Name, ARN                  string
	Visible, InFlight, Delayed int
	// OldestAge is the time since the oldest message was sent; 0 without messages. AWS's ApproximateAgeOfOldestMessage
	// begins a dead letter's age when it is moved.
	OldestAge time.Duration
}

// Counts returns the counts of all queues, in the order of the configuration. It looks at every message.
func (s *Service) Counts() []QueueCount {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	counts := make([]QueueCount, 0, len(s.config.Queues))
	for _, q := range s.config.Queues {
		counts = append(counts, s.queues[q.ARN].count(now))
	}
	return counts
}
