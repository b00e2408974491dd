package chattest_test

import (
	"errors"
	"fmt"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest"
	"serverlesschat/internal/chattest/pushmodel"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/roomlog"
)

// follower tells the model each call of an interleaving. Its first error is one that the model does not allow.
type follower struct {
	replay *pushmodel.Replay
	now    func() time.Time
	err    error
	full   bool // more goes on than the model has room for: it follows no further
	calls  int

	tokens map[roomlog.Lease]int // the invocation of each
	claims map[string]int8       // the number of each user's client_message_id
	conns  map[chat.ConnectionID]int8
}

func newFollower(direct bool, now func() time.Time) *follower {
	return &follower{
		replay: pushmodel.NewReplay(pushmodel.Config{NoDirect: !direct}), now: now,
		tokens: map[roomlog.Lease]int{}, claims: map[string]int8{}, conns: map[chat.ConnectionID]int8{},
	}
}

// tell tells the model one event.
func (f *follower) tell(e pushmodel.Event) {
	if f.err != nil || f.full {
		return
	}
	f.calls++
	f.err = f.replay.Step(e)
}

// began notes that an invocation has begun, unless there is no room for it.
func (f *follower) began(invocation int, err error) int {
	if err != nil {
		f.full = true
	}
	return invocation
}

// number returns the number of something, a new one for what is new.
func number[K comparable](f *follower, numbers map[K]int8, of K, first, limit int8) int8 {
	n, known := numbers[of]
	if !known {
		n = first + int8(len(numbers))
		numbers[of] = n
	}
	if n >= limit {
		f.full = true
		return first
	}
	return n
}

func (f *follower) conn(id chat.ConnectionID) int8 {
	return number(f, f.conns, id, 0, pushmodel.MaxConnections)
}

func (f *follower) id(id chat.EntryID) int8 {
	if id > pushmodel.MaxID {
		f.full = true
		return 0
	}
	return int8(id)
}

// followed is what is followed of one invocation. All its methods may be called on nil, for one that nobody follows.
type followed struct {
	*follower
	begin func() int // begins it in the model; nil for readers and joins, which are no agents of the model
	joins bool

	invocation int // 0 before its first call
	fault      chattest.Fault
	again      bool // the call is to be made once more
	previous   pushmodel.Call
	since      time.Time // when the push began
	joining    int8      // the connection that joins
	hasJoined  bool
}

// follows returns a new one, or nil.
func (f *follower) follows() *followed {
	if f == nil {
		return nil
	}
	return &followed{follower: f}
}

// actor makes the actor of an invocation, which is followed unless f is nil.
func (f *followed) actor(store chattest.Store, gateway fanout.Poster, jobs fanout.Jobs, plan chattest.Plan) *chattest.Actor {
	if f != nil {
		store, gateway, jobs = followedStore{store, f}, followedGateway{gateway, f}, followedJobs{jobs, f}
	}
	return chattest.NewActor(store, gateway, jobs, plan)
}

// sends: the invocation is a send. It begins with its first call: one that is refused before makes none.
func (f *followed) sends(user chat.UserID, in messages.SendMessage, member bool) {
	if f == nil || !member {
		return
	}
	message := number(f.follower, f.claims, string(user)+" "+string(in.ClientMessageID), 1, pushmodel.MaxClaims)
	s := pushmodel.Sender{Message: message, Content: map[string]int8{"x": 1, "y": 2}[in.Content]}
	f.begin = func() int { return f.began(f.replay.Sender(s)) }
}

// wakes: the invocation is a fan-out's.
func (f *followed) wakes(id chat.EntryID) {
	if f == nil {
		return
	}
	f.begin = func() int { return f.began(f.replay.Fanout(f.id(id))) }
	f.starts()
}

// works: the invocation is a job.
func (f *followed) works() {
	if f == nil {
		return
	}
	f.begin = func() int { return f.began(f.replay.Job()) }
	f.starts()
}

// subscribes: the invocation is a join.
func (f *followed) subscribes() {
	if f != nil {
		f.joins = true
	}
}

func (f *followed) starts() {
	if f.invocation == 0 && f.begin != nil && !f.full && f.err == nil {
		f.invocation = f.begin()
	}
}

// ends: the invocation has ended. It has died before, or ended well, or with an error that has its work done again.
func (f *followed) ends(a *chattest.Actor, well bool) {
	switch {
	case f == nil || f.invocation <= 0:
	case a.Crashed():
		f.dies()
	case f.err == nil && !f.full:
		f.err = f.replay.End(f.invocation, well)
		f.invocation = -1
	}
}

func (f *followed) dies() {
	if f.invocation > 0 && f.err == nil && !f.full {
		f.replay.Die(f.invocation)
	}
	f.invocation = -1
}

// granted: the invocation makes its next call, with this fault.
func (f *followed) granted(name string, fault chattest.Fault) {
	if f == nil || f.invocation < 0 {
		return
	}
	f.fault, f.again = fault, fault.Repeat
	call, known := modelCalls()[name]
	if known {
		f.starts()
	}
	switch {
	case fault.CrashBefore:
		f.dies()
	case fault.Fail && known && f.invocation > 0:
		f.tell(pushmodel.Event{Agent: f.invocation, Call: call, Fault: pushmodel.Failed})
	}
}

// modelCalls are the model's names of calls that agents make. Others are nothing to it.
func modelCalls() map[string]pushmodel.Call {
	return map[string]pushmodel.Call{
		"Claim": pushmodel.GetClaim, "Reserve": pushmodel.Reserve, "DropLease": pushmodel.Drop, "PutClaim": pushmodel.PutClaim,
		"Place": pushmodel.Place, "MoveClaim": pushmodel.MoveClaim, "Head": pushmodel.ReadHead, "Take": pushmodel.Take,
		"EntriesAfter": pushmodel.ReadLog, "EntriesBefore": pushmodel.Newest, "Subscribers": pushmodel.Subscriptions,
		"Post": pushmodel.Post, "Release": pushmodel.Release, "Advance": pushmodel.Advance, "Give": pushmodel.Give,
		"Mark": pushmodel.Mark, "ExtendMark": pushmodel.ExtendMark, "PushLater": pushmodel.SendJob,
	}
}

// made: a call of the invocation was made, with this outcome.
func (f *followed) made(e pushmodel.Event, err error) {
	if err != nil { // such as a deadline of its own: nobody knows what has happened
		f.full = true
	}
	if f.begin == nil || f.invocation < 0 {
		return
	}
	f.starts()
	e.Agent = f.invocation
	f.timeOver(&e)
	f.happened(e)
	if f.fault.CrashAfter {
		f.dies()
	}
}

// happened tells of an event as the fault of the call has it.
func (f *followed) happened(e pushmodel.Event) {
	switch {
	case f.again && (e.Fault != pushmodel.NoFault || isRead(e.Call)):
		f.again = false
		return // nobody can tell
	case e.Fault != pushmodel.NoFault:
	case f.again:
		f.again, e.Fault = false, pushmodel.Retried
	case f.fault.Lose && isRead(e.Call):
		e.Fault = pushmodel.Failed
	case f.fault.Lose:
		e.Fault = pushmodel.Lost
	}
	f.tell(e)
}

func isRead(c pushmodel.Call) bool {
	switch c {
	case pushmodel.GetClaim, pushmodel.ReadHead, pushmodel.ReadLog, pushmodel.Newest, pushmodel.Subscriptions:
		return true
	}
	return false
}

// timeOver says whether a holder begins no further round.
func (f *followed) timeOver(e *pushmodel.Event) {
	const roundsTime = 100 * time.Millisecond
	if e.Call == pushmodel.ReadLog && f.previous != pushmodel.Release {
		f.since = f.now()
	}
	e.Late = e.Call == pushmodel.Release && f.now().Sub(f.since) > roundsTime
	f.previous = e.Call
}

// lease returns the model's lease. A token that was not seen before is the invocation's own.
func (f *followed) lease(l roomlog.Lease) pushmodel.Lease {
	switch l {
	case roomlog.NoLease:
		return pushmodel.Free
	case roomlog.StreamLease:
		return pushmodel.Stream
	}
	if _, known := f.tokens[l]; !known {
		f.tokens[l] = f.invocation
	}
	return pushmodel.TokenOf(f.tokens[l])
}

// wrong returns what the model has not allowed, with what led to it.
func (f *follower) wrong() error {
	if f.err == nil {
		return nil
	}
	return errors.Join(fmt.Errorf("after %d calls", f.calls), f.err)
}
