package jobs

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"parley/app/fail"
)

// Bounds of the queues. What waits for another attempt counts, too.
const (
	lettersOfProvers = 2000
	lettersOfOne     = 500 // of one organization
	bytesOfOne       = 8 << 20
	lettersOfAll     = 10_000 // of all organizations
	bytesOfAll       = 32 << 20
	atOnceOfOne      = 2 // letters of one organization that are being sent
)

var errFull = &fail.Error{Kind: fail.Busy, RetryAfter: time.Minute,
	Message: "Parley has very many mails to send just now, so nothing was sent. Try again in a minute."}

var errOwnFull = &fail.Error{Kind: fail.Busy, RetryAfter: 5 * time.Minute,
	Message: "Your organization has very many mails waiting to be sent, so this one was not sent. Try again in five minutes."}

// waiting is a letter that is not sent yet.
type waiting struct {
	Letter
	pause time.Duration // before the next attempt
}

func (w *waiting) bytes() int { return len(w.To) + len(w.Subject) + len(w.Text) + len(w.HTML) + 200 }

// queue is the letters of one organization, or of people who prove who they are.
type queue struct {
	ready   []*waiting
	letters int // ready, being sent, or waiting for another attempt
	bytes   int
	sending int
}

// queues are all letters. Organizations take turns.
type queues struct {
	mu      sync.Mutex
	changed *sync.Cond
	provers queue
	of      map[uuid.UUID]*queue
	turns   []uuid.UUID // organizations with something ready, the next one first
	letters int         // of all organizations
	bytes   int
	refused atomic.Int64
}

func (q *queues) init() {
	q.of = map[uuid.UUID]*queue{}
	q.changed = sync.NewCond(&q.mu)
}

// room returns an error if a letter of so many bytes has no room.
func (q *queues) room(org uuid.UUID, bytes int) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.full(org, bytes)
}

func (q *queues) full(org uuid.UUID, bytes int) error {
	if org == uuid.Nil {
		if q.provers.letters >= lettersOfProvers {
			return errFull
		}
		return nil
	}
	if own := q.of[org]; own != nil && (own.letters >= lettersOfOne || own.bytes+bytes > bytesOfOne) || bytes > bytesOfOne {
		return errOwnFull
	}
	if q.letters >= lettersOfAll || q.bytes+bytes > bytesOfAll {
		return errFull
	}
	return nil
}

func (q *queues) put(w *waiting) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.full(w.Org, w.bytes()); err != nil {
		q.refused.Add(1)
		return err
	}
	own := &q.provers
	if w.Org != uuid.Nil {
		if own = q.of[w.Org]; own == nil {
			own = &queue{}
			q.of[w.Org] = own
		}
		q.letters++
		q.bytes += w.bytes()
	}
	own.letters++
	own.bytes += w.bytes()
	q.add(own, w)
	return nil
}

// add has a letter sent when its turn comes.
func (q *queues) add(own *queue, w *waiting) {
	own.ready = append(own.ready, w)
	if w.Org != uuid.Nil && len(own.ready) == 1 {
		q.turns = append(q.turns, w.Org)
	}
	q.changed.Broadcast()
}

// next waits for a letter that is to be sent now; nil when ctx has ended. onlyProvers leaves out those of organizations.
func (q *queues) next(ctx context.Context, onlyProvers bool) *waiting {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		if ctx.Err() != nil {
			return nil
		}
		if !onlyProvers {
			if w := q.turn(); w != nil {
				return w
			}
		}
		if w := q.provers.take(); w != nil {
			return w
		}
		q.changed.Wait()
	}
}

// turn returns the next letter of the organization whose turn it is.
func (q *queues) turn() *waiting {
	for i, org := range q.turns {
		own := q.of[org]
		if own.sending >= atOnceOfOne {
			continue
		}
		q.turns = append(q.turns[:i:i], q.turns[i+1:]...)
		w := own.take()
		if len(own.ready) > 0 {
			q.turns = append(q.turns, org)
		}
		return w
	}
	return nil
}

func (q *queue) take() *waiting {
	if len(q.ready) == 0 {
		return nil
	}
	w := q.ready[0]
	q.ready[0] = nil
	q.ready = q.ready[1:]
	q.sending++
	return w
}

func (q *queues) queueOf(w *waiting) *queue {
	if w.Org == uuid.Nil {
		return &q.provers
	}
	return q.of[w.Org]
}

// pause says that a letter is not being sent now, and will be again.
func (q *queues) pause(w *waiting) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queueOf(w).sending--
	q.changed.Broadcast()
}

// again puts a paused letter back at the end of its queue.
func (q *queues) again(w *waiting) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.add(q.queueOf(w), w)
}

// done says that a letter was sent, or was given up.
func (q *queues) done(w *waiting) {
	q.mu.Lock()
	defer q.mu.Unlock()
	own := q.queueOf(w)
	own.sending--
	own.letters--
	own.bytes -= w.bytes()
	if w.Org != uuid.Nil {
		q.letters--
		q.bytes -= w.bytes()
		if own.letters == 0 {
			delete(q.of, w.Org)
		}
	}
	q.changed.Broadcast()
}

func (q *queues) wake() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.changed.Broadcast()
}

func (q *queues) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.provers.letters + q.letters
}
