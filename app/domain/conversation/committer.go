package conversation

import (
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/fail"
)

// draft is a message that is to be stored.
type draft struct {
	org          uuid.UUID
	id           uuid.UUID
	conversation uuid.UUID
	begins       bool // it starts the conversation, which does not exist yet
	author       Author
	authorID     uuid.UUID
	kind         Kind
	body         string
	website      uuid.UUID // where it starts a conversation
	customer     uuid.UUID
	group        uuid.UUID
	page         Page

	done    chan struct{} // closed when the fields below are set
	event   MessageEvent
	stored  bool  // false without an error: the statement's conditions let nothing through
	err     error // why its batch has failed
	batched bool  // the batch had other drafts too
}

// lockKey returns what no two drafts of a batch, nor of two batches under way, may share. So a statement changes each row once, a message
// that is sent twice finds the first one, and no batch waits for another's lock.
func (d *draft) lockKey() uuid.UUID {
	if d.begins {
		return d.authorID
	}
	return d.conversation
}

// committer groups drafts into commits (group commit). Organizations are served in turns, so that a flood of one does not slow another's
// messages; the pending drafts of each are bounded by maxPendingPerOrg.
type committer struct {
	mu       sync.Mutex
	orgs     map[uuid.UUID]*orgQueue
	rotation []*orgQueue            // organizations with pending drafts, in order of service
	inFlight map[uuid.UUID]struct{} // lock keys of the drafts being committed
	pending  int

	writers       int  // running goroutines, at most maxWriters
	gathering     bool // one of them waits for more drafts
	targetReached chan struct{}
	closed        bool
	drained       chan struct{} // closed when the last writer has ended after close

	commit func([]*draft)
	window time.Duration
}

type orgQueue struct {
	id     uuid.UUID
	drafts []*draft
	cursor int // first draft not yet looked at in this round
}

const (
	maxWriters       = 2
	maxBatch         = 512  // drafts in one commit
	targetBatch      = 200  // drafts at which a writer stops waiting for more
	maxPendingPerOrg = 4096 // pending drafts of one organization
)

var (
	errCommitterFull = &fail.Error{
		Kind:       fail.Busy,
		RetryAfter: 2 * time.Second,
		Message:    "The chat is very busy. Your message will be sent in a moment.",
	}
	errStopping = &fail.Error{Kind: fail.Busy, RetryAfter: time.Second, Message: "This server is restarting. Try again in a moment."}
)

func newCommitter(window time.Duration, commit func([]*draft)) *committer {
	return &committer{
		orgs:          map[uuid.UUID]*orgQueue{},
		inFlight:      map[uuid.UUID]struct{}{},
		targetReached: make(chan struct{}, 1),
		drained:       make(chan struct{}),
		commit:        commit,
		window:        window,
	}
}

// enqueue puts a draft at the end of its organization's queue. fail.Busy if that is full, or after close.
func (c *committer) enqueue(d *draft) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errStopping
	}
	o := c.orgs[d.org]
	if o == nil {
		o = &orgQueue{id: d.org}
		c.orgs[d.org] = o
		c.rotation = append(c.rotation, o)
	}
	if len(o.drafts) >= maxPendingPerOrg {
		return errCommitterFull
	}
	o.drafts = append(o.drafts, d)
	c.pending++
	switch {
	case c.gathering && c.pending >= targetBatch:
		select {
		case c.targetReached <- struct{}{}:
		default:
		}
	case !c.gathering && c.writers < maxWriters:
		c.writers++
		c.gathering = true
		go c.run()
	}
	return nil
}

// run is a writer: it gathers and commits batches until nothing is pending.
func (c *committer) run() {
	for {
		c.gather()
		c.mu.Lock()
		c.gathering = false
		batch := c.nextBatch()
		c.mu.Unlock()
		if len(batch) > 0 {
			c.commit(batch)
		}
		c.mu.Lock()
		for _, d := range batch {
			delete(c.inFlight, d.lockKey())
		}
		// The writer that gathers takes what is pending; drafts whose key another writer holds are left to that one.
		if c.gathering || c.pending == 0 || len(batch) == 0 {
			c.writers--
			if c.closed && c.writers == 0 {
				close(c.drained)
			}
			c.mu.Unlock()
			return
		}
		c.gathering = true
		c.mu.Unlock()
	}
}

// gather waits until targetBatch drafts are pending, at most for the window.
func (c *committer) gather() {
	c.mu.Lock()
	select { // a signal left over from before
	case <-c.targetReached:
	default:
	}
	wait := c.pending < targetBatch && c.window > 0 && !c.closed
	c.mu.Unlock()
	if !wait {
		return
	}
	timer := time.NewTimer(c.window)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.targetReached:
	}
}

// nextBatch removes and returns the next batch: one draft of each organization in turns, each lock key once, in order of arrival.
func (c *committer) nextBatch() []*draft {
	var batch []*draft
	round := append([]*orgQueue(nil), c.rotation...)
	for len(round) > 0 && len(batch) < maxBatch {
		still := round[:0]
		for _, o := range round {
			if len(batch) == maxBatch {
				break
			}
			if d := o.pop(c.inFlight); d != nil {
				c.inFlight[d.lockKey()] = struct{}{}
				batch = append(batch, d)
				still = append(still, o)
			}
		}
		round = still
	}
	c.pending -= len(batch)
	// Organizations that were not served keep their place; those that were and have more go to the end.
	var rest, again []*orgQueue
	for _, o := range c.rotation {
		served := o.compact()
		switch {
		case len(o.drafts) == 0:
			delete(c.orgs, o.id)
		case served:
			again = append(again, o)
		default:
			rest = append(rest, o)
		}
	}
	rest = append(rest, again...)
	c.rotation = rest
	return batch
}

// pop removes and returns the first draft from the cursor on whose lock key is free; nil: there is none.
func (q *orgQueue) pop(inFlight map[uuid.UUID]struct{}) *draft {
	for ; q.cursor < len(q.drafts); q.cursor++ {
		d := q.drafts[q.cursor]
		if _, held := inFlight[d.lockKey()]; !held {
			q.drafts[q.cursor] = nil
			q.cursor++
			return d
		}
	}
	return nil
}

// compact closes the gaps that pop has left and reports whether there were any.
func (q *orgQueue) compact() (served bool) {
	rest, before := q.drafts[:0], len(q.drafts)
	for _, d := range q.drafts {
		if d != nil {
			rest = append(rest, d)
		}
	}
	clear(q.drafts[len(rest):])
	q.drafts, q.cursor = rest, 0
	return len(rest) < before
}

// close refuses further drafts; drained is closed when the pending ones are committed.
func (c *committer) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.closed = true
		if c.writers == 0 {
			close(c.drained)
		}
	}
	if c.gathering {
		select {
		case c.targetReached <- struct{}{}:
		default:
		}
	}
}

// abandon refuses the pending drafts.
func (c *committer) abandon() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range c.orgs {
		for _, d := range o.drafts {
			d.err = errStopping
			close(d.done)
		}
	}
	c.orgs, c.rotation, c.pending = map[uuid.UUID]*orgQueue{}, nil, 0
}
