package mail

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/fail"
)

// Bounds of the queues. What waits for another attempt counts, too.
const (
	maxAccountMessages  = 2000
	maxMessagesPerOrg   = 500 // of one organization
	maxBytesPerOrg      = 8 << 20
	maxMessages         = 10_000 // of all organizations
	maxBytes            = 32 << 20
	maxConcurrentPerOrg = 2 // letters of one organization that are being sent
)

var errFull = &fail.Error{Kind: fail.Busy, RetryAfter: time.Minute,
	Message: "Parley has very many mails to send just now, so nothing was sent. Try again in a minute."}

var errOrgFull = &fail.Error{Kind: fail.Busy, RetryAfter: 5 * time.Minute,
	Message: "Your organization has very many mails waiting to be sent, so this one was not sent. Try again in five minutes."}

// queued is a letter that is not sent yet.
type queued struct {
	Message
	retryDelay time.Duration // before the next attempt
}

func (w *queued) bytes() int { return len(w.To) + len(w.Subject) + len(w.Text) + len(w.HTML) + 200 }

// queue is the letters of one organization, or of people who prove who they are.
type queue struct {
	ready    []*queued
	messages int // ready, being sent, or waiting for another attempt
	bytes    int
	sending  int
}

// queues are all letters. Organizations take turns.
type queues struct {
	mu       sync.Mutex
	changed  *sync.Cond
	account  queue
	byOrg    map[uuid.UUID]*queue
	rotation []uuid.UUID // organizations with something ready, the next one first
	messages int         // of all organizations
	bytes    int
	refused  atomic.Int64
}

func (q *queues) init() {
	q.byOrg = map[uuid.UUID]*queue{}
	q.changed = sync.NewCond(&q.mu)
}

// check returns an error if a letter of so many bytes has no room.
func (q *queues) check(org uuid.UUID, bytes int) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.checkLocked(org, bytes)
}

func (q *queues) checkLocked(org uuid.UUID, bytes int) error {
	if org == uuid.Nil {
		if q.account.messages >= maxAccountMessages {
			return errFull
		}
		return nil
	}
	if own := q.byOrg[org]; own != nil && (own.messages >= maxMessagesPerOrg || own.bytes+bytes > maxBytesPerOrg) || bytes > maxBytesPerOrg {
		return errOrgFull
	}
	if q.messages >= maxMessages || q.bytes+bytes > maxBytes {
		return errFull
	}
	return nil
}

func (q *queues) enqueue(w *queued) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.checkLocked(w.Org, w.bytes()); err != nil {
		q.refused.Add(1)
		return err
	}
	own := &q.account
	if w.Org != uuid.Nil {
		if own = q.byOrg[w.Org]; own == nil {
			own = &queue{}
			q.byOrg[w.Org] = own
		}
		q.messages++
		q.bytes += w.bytes()
	}
	own.messages++
	own.bytes += w.bytes()
	q.add(own, w)
	return nil
}

// add has a letter sent when its turn comes.
func (q *queues) add(own *queue, w *queued) {
	own.ready = append(own.ready, w)
	if w.Org != uuid.Nil && len(own.ready) == 1 {
		q.rotation = append(q.rotation, w.Org)
	}
	q.changed.Broadcast()
}

// next waits for a letter that is to be sent now; nil when ctx has ended. onlyProvers leaves out those of organizations.
func (q *queues) next(ctx context.Context, onlyProvers bool) *queued {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		if ctx.Err() != nil {
			return nil
		}
		if !onlyProvers {
			if w := q.nextOfOrganizations(); w != nil {
				return w
			}
		}
		if w := q.account.pop(); w != nil {
			return w
		}
		q.changed.Wait()
	}
}

// nextOfOrganizations returns the next letter of the organization whose turn it is.
func (q *queues) nextOfOrganizations() *queued {
	for i, org := range q.rotation {
		own := q.byOrg[org]
		if own.sending >= maxConcurrentPerOrg {
			continue
		}
		q.rotation = append(q.rotation[:i:i], q.rotation[i+1:]...)
		w := own.pop()
		if len(own.ready) > 0 {
			q.rotation = append(q.rotation, org)
		}
		return w
	}
	return nil
}

func (q *queue) pop() *queued {
	if len(q.ready) == 0 {
		return nil
	}
	w := q.ready[0]
	q.ready[0] = nil
	q.ready = q.ready[1:]
	q.sending++
	return w
}

func (q *queues) queueOf(w *queued) *queue {
	if w.Org == uuid.Nil {
		return &q.account
	}
	return q.byOrg[w.Org]
}

// pause says that a letter is not being sent now, and will be again.
func (q *queues) pause(w *queued) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queueOf(w).sending--
	q.changed.Broadcast()
}

// requeue puts a paused letter back at the end of its queue.
func (q *queues) requeue(w *queued) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.add(q.queueOf(w), w)
}

// finish says that a letter was sent, or was given up.
func (q *queues) finish(w *queued) {
	q.mu.Lock()
	defer q.mu.Unlock()
	own := q.queueOf(w)
	own.sending--
	own.messages--
	own.bytes -= w.bytes()
	if w.Org != uuid.Nil {
		q.messages--
		q.bytes -= w.bytes()
		if own.messages == 0 {
			delete(q.byOrg, w.Org)
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
	return q.account.messages + q.messages
}
