package streams

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"serverlesschat/localtest/aws/wait"
)

const (
	// describeEvery is how often new shards are looked for while there are some to read. One that follows another is looked
	// for when that one ends.
	describeEvery = time.Minute
	// describeAgain is how often they are while there are none, or the stream can't be described.
	describeAgain = time.Second
	// saveEvery is the shortest time between two writes of the checkpoint.
	saveEvery = 100 * time.Millisecond
)

// Poller is an event source mapping.
type Poller struct {
	config Config
	filter filter
	dirty  chan struct{} // holds a token when a position has changed
	ended  chan struct{} // holds a token when a shard is read no more

	mu     sync.Mutex
	first  bool                // nothing is known of the stream yet
	known  map[string]Position // of shards that are not being read
	shards map[string]*shard   // that are

	saving  sync.Mutex
	unsaved bool // the last save has failed (saving)
}

// New checks the configuration; the error names all that is wrong with it, also patterns that can't be matched here.
func New(c Config) (*Poller, error) {
	c.setDefaults()
	f, err := compile(c.Mapping.Filters)
	if err := errors.Join(c.validate(), err); err != nil {
		return nil, fmt.Errorf("stream mapping of %s: %w", c.Mapping.Function, err)
	}
	return &Poller{config: c, filter: f, shards: map[string]*shard{},
		dirty: make(chan struct{}, 1), ended: make(chan struct{}, 1)}, nil
}

// Run reads the stream and invokes the function until ctx is over, then waits for invocations that run and saves the
// checkpoint. A stream or an engine that does not answer is no error; it is tried again. Run is called once.
func (p *Poller) Run(ctx context.Context) {
	p.load()
	var running sync.WaitGroup
	running.Go(func() { p.keepSaving(ctx) })
	for ctx.Err() == nil {
		pause := describeEvery
		if !p.startShards(ctx, &running) {
			pause = describeAgain
		}
		select {
		case <-p.ended:
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
	running.Wait()
	p.save()
}

// load reads the checkpoint. One of another stream is none.
func (p *Poller) load() {
	c, err := p.config.Checkpoints.Load()
	if err != nil {
		p.config.Log.Warn("stream checkpoint can't be read, starting anew", "why", err)
	}
	if err == nil && c.Stream == p.config.Stream.EngineARN && len(c.Shards) > 0 {
		p.known = c.Shards
		return
	}
	p.first, p.known = true, map[string]Position{}
}

// startShards starts to read the shards that can be read: a child only when its parent is done with, so that no record
// overtakes an older one of its key. It returns false if none is being read then.
func (p *Poller) startShards(ctx context.Context, running *sync.WaitGroup) bool {
	found, err := p.describe(ctx)
	if err != nil {
		if ctx.Err() == nil {
			p.config.Log.Warn("stream can't be described, trying again", "why", err)
		}
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := make(map[string]bool, len(found))
	for _, f := range found {
		kept[aws.ToString(f.ShardId)] = true
	}
	maps.DeleteFunc(p.known, func(id string, _ Position) bool { return !kept[id] })
	if p.first {
		p.skipOldShards(found)
	}
	for _, f := range found {
		id, parent := aws.ToString(f.ShardId), aws.ToString(f.ParentShardId)
		if p.shards[id] != nil || p.known[id].Finished || kept[parent] && !p.known[parent].Finished {
			continue
		}
		s := p.shard(id)
		p.shards[id] = s
		running.Go(func() { p.run(ctx, s) })
	}
	p.first = p.first && len(found) == 0
	return len(p.shards) > 0
}

// skipOldShards leaves out, when a stream is read from LATEST on, the shards that others have followed.
func (p *Poller) skipOldShards(found []types.Shard) {
	if p.config.Mapping.StartingPosition != latest {
		return
	}
	ids := map[string]bool{}
	for _, f := range found {
		ids[aws.ToString(f.ShardId)] = true
	}
	for _, f := range found {
		if parent := aws.ToString(f.ParentShardId); ids[parent] {
			p.known[parent] = Position{Finished: true}
		}
	}
}

// shard makes a shard to be read. One that has come since the start is read from its beginning.
func (p *Poller) shard(id string) *shard {
	from, kind := p.known[id], trimHorizon
	if p.first {
		kind = p.config.Mapping.StartingPosition
	}
	s := newShard(&p.config, p.filter, id, kind, from)
	s.changed = func() { signal(p.dirty) }
	s.save = p.save
	return s
}

func (p *Poller) run(ctx context.Context, s *shard) {
	s.run(ctx)
	p.mu.Lock()
	if position, ok := s.position(); ok {
		p.known[s.id] = position
	}
	delete(p.shards, s.id)
	p.mu.Unlock()
	signal(p.ended)
}

// describe returns all shards of the stream.
func (p *Poller) describe(ctx context.Context) ([]types.Shard, error) {
	var all []types.Shard
	in := &dynamodbstreams.DescribeStreamInput{StreamArn: &p.config.Stream.EngineARN}
	for {
		out, err := p.config.Client.DescribeStream(ctx, in)
		if err != nil {
			return nil, err
		}
		all = append(all, out.StreamDescription.Shards...)
		if in.ExclusiveStartShardId = out.StreamDescription.LastEvaluatedShardId; in.ExclusiveStartShardId == nil {
			return all, nil
		}
	}
}

// keepSaving writes the checkpoint when it has changed, and not too often.
func (p *Poller) keepSaving(ctx context.Context) {
	for {
		select {
		case <-p.dirty:
			p.save()
		case <-ctx.Done():
			return
		}
		wait.For(ctx, saveEvery)
	}
}

// save writes the checkpoint. It returns false if it could not.
func (p *Poller) save() bool {
	p.saving.Lock()
	defer p.saving.Unlock()
	p.mu.Lock()
	c := Checkpoint{Stream: p.config.Stream.EngineARN, Shards: maps.Clone(p.known)}
	for id, s := range p.shards {
		if position, ok := s.position(); ok {
			c.Shards[id] = position
		}
	}
	p.mu.Unlock()
	err := p.config.Checkpoints.Save(c)
	if unsaved := err != nil; unsaved != p.unsaved {
		p.unsaved = unsaved
		if unsaved {
			p.config.Log.Error("stream checkpoint can't be written; until it can be, a restart delivers records again", "why", err)
		} else {
			p.config.Log.Info("stream checkpoint is written again")
		}
	}
	return err == nil
}

// signal leaves a token, if there is none.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
