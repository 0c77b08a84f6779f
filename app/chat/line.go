package chat

import (
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/fail"
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

	done chan struct{} // closed when what follows is known
	said Said
	kept bool  // written; false without an error: the statement's guards let nothing through
	err  error // the batch it was in has failed
	many bool  // and others were in it too
}

// key is what no two drafts of a batch, nor of two batches at once, may share: so each row is touched once in a statement,
// a message that is sent twice finds itself, and nobody waits for another batch's lock.
func (d *draft) key() uuid.UUID {
	if d.begins {
		return d.authorID
	}
	return d.conversation
}

// line is where drafts wait to be written. Organizations are served in turns, so that one's flood does not slow another's
// messages; what one may have waiting is bounded.
type line struct {
	mu      sync.Mutex
	orgs    map[uuid.UUID]*orgLine
	turns   []*orgLine             // every one with a draft waiting, in order of service
	writing map[uuid.UUID]struct{} // keys of the drafts being written
	waiting int

	writers   int  // goroutines at work
	gathering bool // one of them waits for company
	full      chan struct{}
	closed    bool
	idle      chan struct{} // closed when the last writer has ended after closing

	write  func([]*draft)
	window time.Duration
}

type orgLine struct {
	id     uuid.UUID
	drafts []*draft
	next   int // first draft not yet looked at in this round
}

const (
	writersMost = 2
	batchMost   = 512  // drafts in one commit
	enough      = 200  // drafts that need not wait for more company
	orgMost     = 4096 // drafts of one organization waiting
)

var (
	errLineFull = &fail.Error{Kind: fail.Busy, RetryAfter: 2 * time.Second, Message: "So much is being written here just now that this has to wait a moment."}
	errStopping = &fail.Error{Kind: fail.Busy, RetryAfter: time.Second, Message: "This server is restarting. Please try again in a moment."}
)

func newLine(window time.Duration, write func([]*draft)) *line {
	return &line{orgs: map[uuid.UUID]*orgLine{}, writing: map[uuid.UUID]struct{}{}, full: make(chan struct{}, 1), idle: make(chan struct{}),
		write: write, window: window}
}

// add puts a draft at the end of its organization's line.
func (l *line) add(d *draft) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errStopping
	}
	o := l.orgs[d.org]
	if o == nil {
		o = &orgLine{id: d.org}
		l.orgs[d.org] = o
		l.turns = append(l.turns, o)
	}
	if len(o.drafts) >= orgMost {
		return errLineFull
	}
	o.drafts = append(o.drafts, d)
	l.waiting++
	switch {
	case l.gathering && l.waiting >= enough:
		select {
		case l.full <- struct{}{}:
		default:
		}
	case !l.gathering && l.writers < writersMost:
		l.writers++
		l.gathering = true
		go l.work()
	}
	return nil
}

// work writes until nothing waits. It begins with the duty to gather.
func (l *line) work() {
	for {
		l.gather()
		l.mu.Lock()
		l.gathering = false
		batch := l.take()
		l.mu.Unlock()
		if len(batch) > 0 {
			l.write(batch)
		}
		l.mu.Lock()
		for _, d := range batch {
			delete(l.writing, d.key())
		}
		// Whoever gathers takes what waits. What waits for a key that another writer holds is that writer's, when it is done.
		if l.gathering || l.waiting == 0 || len(batch) == 0 {
			l.writers--
			if l.closed && l.writers == 0 {
				close(l.idle)
			}
			l.mu.Unlock()
			return
		}
		l.gathering = true
		l.mu.Unlock()
	}
}

// gather waits for company, at most for the window.
func (l *line) gather() {
	l.mu.Lock()
	select { // left over from before
	case <-l.full:
	default:
	}
	wait := l.waiting < enough && l.window > 0 && !l.closed
	l.mu.Unlock()
	if !wait {
		return
	}
	timer := time.NewTimer(l.window)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.full:
	}
}

// take returns the next batch: one draft of each organization in turns, each key once, in the order of arrival.
func (l *line) take() []*draft {
	var batch []*draft
	round := append([]*orgLine(nil), l.turns...)
	for len(round) > 0 && len(batch) < batchMost {
		still := round[:0]
		for _, o := range round {
			if len(batch) == batchMost {
				break
			}
			if d := o.pick(l.writing); d != nil {
				l.writing[d.key()] = struct{}{}
				batch = append(batch, d)
				still = append(still, o)
			}
		}
		round = still
	}
	l.waiting -= len(batch)
	// Who was not served keeps its place; who was and has more goes to the end; who has nothing left is gone.
	var rest, again []*orgLine
	for _, o := range l.turns {
		served := o.tidy()
		switch {
		case len(o.drafts) == 0:
			delete(l.orgs, o.id)
		case served:
			again = append(again, o)
		default:
			rest = append(rest, o)
		}
	}
	rest = append(rest, again...)
	l.turns = rest
	return batch
}

// pick takes the first draft out of the line, from where this round stands, whose key is free.
func (o *orgLine) pick(writing map[uuid.UUID]struct{}) *draft {
	for ; o.next < len(o.drafts); o.next++ {
		d := o.drafts[o.next]
		if _, held := writing[d.key()]; !held {
			o.drafts[o.next] = nil
			o.next++
			return d
		}
	}
	return nil
}

// tidy closes the gaps that pick has left and reports whether there were any.
func (o *orgLine) tidy() (served bool) {
	rest, before := o.drafts[:0], len(o.drafts)
	for _, d := range o.drafts {
		if d != nil {
			rest = append(rest, d)
		}
	}
	clear(o.drafts[len(rest):])
	o.drafts, o.next = rest, 0
	return len(rest) < before
}

// close takes no more drafts; idle is closed when all are written.
func (l *line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.closed = true
		if l.writers == 0 {
			close(l.idle)
		}
	}
	if l.gathering {
		select {
		case l.full <- struct{}{}:
		default:
		}
	}
}

// abandon refuses what still waits.
func (l *line) abandon() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range l.orgs {
		for _, d := range o.drafts {
			d.err = errStopping
			close(d.done)
		}
	}
	l.orgs, l.turns, l.waiting = map[uuid.UUID]*orgLine{}, nil, 0
}
