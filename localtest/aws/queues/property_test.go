package queues_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"pgregory.net/rapid"

	"serverlesschat/localtest/aws/queues"
)

// maxReceives is that of the redrive policy.
const maxReceives = 3

// modelMessage is what is to be known of a message.
type modelMessage struct {
	queue  string // or "deleted"
	due    time.Time
	count  int
	handle *types.Message // of the last receive
	old    *types.Message // of the one before
}

// model is what the queues "work" and "dead" must have, after any operations.
type model struct {
	dir      string
	now      time.Time
	service  *queues.Service
	client   queueClient
	messages map[string]*modelMessage // by body
}

func (m *model) open(t *testing.T) {
	c := config(m.dir, deadLetters(maxReceives)...)
	c.Now = func() time.Time { return m.now }
	s, err := queues.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	m.service, m.client = s, queueClient{newClient(host, direct{s}), t}
}

// TestAnyOperationsLeaveWhatTheyShould runs random operations, restarts among them, against the queues and a model of
// them.
func TestAnyOperationsLeaveWhatTheyShould(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{dir: t.TempDir(), now: time.UnixMilli(1_700_000_000_000), messages: map[string]*modelMessage{}}
		m.open(t)
		defer func() { _ = m.service.Close() }()
		rt.Repeat(map[string]func(*rapid.T){
			"send": m.send,
			"receive": func(rt *rapid.T) {
				m.receive(rt, rapid.SampledFrom([]string{"work", "work", "dead"}).Draw(rt, "queue"))
			},
			"delete":                  func(rt *rapid.T) { m.remove(rt, false) },
			"delete by an old handle": func(rt *rapid.T) { m.remove(rt, true) },
			"change visibility":       func(rt *rapid.T) { m.hide(rt) },
			"wait": func(rt *rapid.T) {
				m.now = m.now.Add(time.Duration(rapid.IntRange(1, 40).Draw(rt, "seconds")) * time.Second)
			},
			"restart": func(*rapid.T) {
				if err := m.service.Close(); err != nil {
					rt.Error(err)
				}
				m.open(t)
			},
			"": func(rt *rapid.T) { m.check(rt) },
		})
	})
}

// most is how many messages there are at once: fewer than a receive takes, so that each receive comes to all of them.
const most = 9

func (m *model) send(rt *rapid.T) {
	live := 0
	for _, x := range m.messages {
		if x.queue != "deleted" {
			live++
		}
	}
	if live == most {
		rt.Skip("there are enough")
	}
	body := "message " + strconv.Itoa(len(m.messages))
	m.client.send(url("work"), body)
	m.messages[body] = &modelMessage{queue: "work", due: m.now}
}

func (m *model) receive(rt *rapid.T, queue string) {
	got := map[string]types.Message{}
	for _, r := range m.client.receive(url(queue), 0) {
		got[*r.Body] = r
	}
	for body, x := range m.messages {
		r, received := got[body]
		visible := x.queue == queue && !x.due.After(m.now)
		moved := visible && queue == "work" && x.count >= maxReceives
		if received != (visible && !moved) {
			rt.Errorf("%q is received: %t, want %t", body, received, !received)
		}
		switch {
		case moved:
			x.queue, x.due, x.handle, x.old = "dead", m.now, nil, nil
		case received:
			x.count++
			x.due, x.old, x.handle = m.now.Add(30*time.Second), x.handle, &r
			if got := r.Attributes["ApproximateReceiveCount"]; got != strconv.Itoa(x.count) {
				rt.Errorf("%q was received %s times, want %d", body, got, x.count)
			}
		}
	}
}

// pick returns the body of a message that has been received, in the order of their names.
func (m *model) pick(rt *rapid.T, ok func(*modelMessage) bool) string {
	var all []string
	for body, x := range m.messages {
		if ok(x) {
			all = append(all, body)
		}
	}
	if len(all) == 0 {
		rt.Skip("there is none")
	}
	slices.Sort(all)
	return rapid.SampledFrom(all).Draw(rt, "message")
}

func (m *model) remove(rt *rapid.T, old bool) {
	body := m.pick(rt, func(x *modelMessage) bool { return x.handle != nil && (!old || x.old != nil) })
	x := m.messages[body]
	if old {
		m.client.remove(url(x.queue), *x.old)
		return
	}
	m.client.remove(url(x.queue), *x.handle)
	m.messages[body] = &modelMessage{queue: "deleted"}
}

func (m *model) hide(rt *rapid.T) {
	x := m.messages[m.pick(rt, func(x *modelMessage) bool { return x.handle != nil })]
	d := time.Duration(rapid.IntRange(0, 60).Draw(rt, "seconds")) * time.Second
	m.client.hide(url(x.queue), *x.handle, d)
	x.due = m.now.Add(d)
}

// check compares the counts of both queues.
func (m *model) check(rt *rapid.T) {
	for _, got := range m.service.Counts() {
		want := queues.QueueCount{Name: got.Name, ARN: got.ARN, OldestAge: got.OldestAge}
		for _, x := range m.messages {
			switch {
			case x.queue != got.Name:
			case x.due.After(m.now):
				want.InFlight++
			default:
				want.Visible++
			}
		}
		if got != want {
			rt.Fatalf("there are %s, want %s", fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want))
		}
	}
}
