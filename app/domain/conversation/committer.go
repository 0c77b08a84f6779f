package conversation

import (
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/fail"
)

// draft is a message on its way into the table.
type draft struct {
	org          uuid.UUID
	id           uuid.UUID
	conversation uuid.UUID
	begins       bool // it is the first one of conversation, which does not exist yet
	author       Author
	authorID     uuid.UUID
	kind         Kind
	body         string
	website      uuid.UUID // where it begins one
	customer     uuid.UUID
	group        uuid.UUID
	page         Page

	done    chan struct{} // closed when what follows is known
	event   MessageEvent
	stored  bool  // written; false without an error: the statement's guards let nothing through
	err     error // the batch it was in has failed
	batched bool  // and others were in it too
}

// lockKey is what no two drafts of a batch, nor of two batches at once, may share: so each row is touched once in a statement,
// a message that is sent twice finds itself, and nobody waits for another batch's lock.
func (d *draft) lockKey() uuid.UUID {
	if d.begins {
		return d.authorID
	}
	return d.conversation
}

// committer is where drafts wait to be written. Organizations are served in turns, so that one's flood does not slow another's
// messages; what one may have waiting is bounded.
type committer struct {
	mu       sync.Mutex
	orgs     map[uuid.UUID]*orgQueue
	rotation []*orgQueue            // every one with a draft waiting, in order of service
	inFlight map[uuid.UUID]struct{} // keys of the drafts being written
	pending  int

	writers       int  // goroutines at work
	gathering     bool // one of them waits for company
	targetReached chan struct{}
	closed        bool
	drained       chan struct{} // closed when the last writer has ended after closing

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
	targetBatch      = 200  // drafts that need not wait for more company
	maxPendingPerOrg = 4096 // drafts of one organization waiting
)

var (
	errCommitterFull = &fail.Error{Kind: fail.Busy, RetryAfter: 2 * time.Second, Message: "So much is being written here just now that this has to wait a moment."}
	errStopping      = &fail.Error{Kind: fail.Busy, RetryAfter: time.Second, Message: "This server is restarting. Please try again in a moment."}
)

func newCommitter(window time.Duration, commit func([]*draft)) *committer {
	return &committer{orgs: map[uuid.UUID]*orgQueue{}, inFlight: map[uuid.UUID]struct{}{}, targetReached: make(chan struct{}, 1), drained: make(chan struct{}),
		commit: commit, window: window}
}

// enqueue puts a draft at the end of its organization's line.
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

// run writes until nothing waits. It begins with the duty to gather.
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
		// Whoever gathers takes what waits. What waits for a key that another writer holds is that writer's, when it is done.
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

// gather waits for company, at most for the window.
func (c *committer) gather() {
	c.mu.Lock()
	select { // left over from before
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

// nextBatch returns the next batch: one draft of each organization in turns, each key once, in the order of arrival.
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
	// Who was not served keeps its place; who was and has more goes to the end; who has nothing left is gone.
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

// pop takes the first draft out of the line, from where this round stands, whose key is free.
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

// compact closes the gaps that pick has left and reports whether there were any.
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

// close takes no more drafts; idle is closed when all are written.
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

// abandon refuses what still waits.
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
