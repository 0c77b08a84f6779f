package conversation

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"time"

	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// DefaultCommitWindow is how long a message waits for others to be committed with; too short to be noticed by somebody who types.
const DefaultCommitWindow = 15 * time.Millisecond

// storeTimeout is how long storing a message is retried while the database is away.
const storeTimeout = 8 * time.Second

// Commit describes one commit of messages, for an Observer.
type Commit struct {
	Messages int
	Took     time.Duration
	Err      error
}

// store commits a draft in a batch with others and returns the stored message; ok is false if the statement's
// conditions let nothing through. It retries while the database is away.
func (s *Service) store(ctx context.Context, d draft) (event MessageEvent, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	alone := false
	for try := 1; ; try++ {
		attempt := d
		attempt.done = make(chan struct{})
		if alone {
			s.commitSingle(&attempt)
		} else if err := s.enqueue(&attempt); err != nil {
			return MessageEvent{}, false, err
		}
		select {
		case <-attempt.done:
		case <-ctx.Done():
			return MessageEvent{}, false, errNotStored(ctx.Err())
		}
		if attempt.err != nil && attempt.batched && (!pg.IsUnavailable(attempt.err) || pg.IsLockTimeout(attempt.err)) {
			alone = true // another draft of the batch may be at fault: alone it shows
			continue
		}
		if !pg.IsUnavailable(attempt.err) {
			return attempt.event, attempt.stored, attempt.err
		}
		alone = pg.IsLockTimeout(attempt.err) // so that no other draft waits for the row
		select {
		case <-ctx.Done():
			return MessageEvent{}, false, errNotStored(attempt.err)
		case <-time.After(time.Duration(min(try, 10))*50*time.Millisecond + rand.N(100*time.Millisecond)):
		}
	}
}

// commitSingle commits a draft in a transaction of its own, outside the committer.
func (s *Service) commitSingle(d *draft) {
	s.singles.Add(1)
	go func() {
		defer s.singles.Done()
		s.commitBatch([]*draft{d})
	}()
}

func errNotStored(err error) error {
	slog.Warn("a message could not be stored in time", "error", err)
	return &fail.Error{
		Kind:       fail.Busy,
		RetryAfter: 2 * time.Second,
		Message:    "This could not be saved. Try again in a moment.",
	}
}

// commitBatch stores a batch, publishes what was stored, and wakes those who wait for the drafts.
func (s *Service) commitBatch(batch []*draft) {
	defer func() {
		for _, d := range batch {
			close(d.done)
		}
	}()
	s.storeAndPublish(batch)
}

// storeAndPublish stores drafts in one transaction and one round trip, with one scope and one statement of each kind for each organization,
// and publishes what was stored.
func (s *Service) storeAndPublish(batch []*draft) {
	begun := time.Now()
	if s.commitMode == CommitNone && !batch[0].begins {
		s.dryRunBatch(batch)
		s.publishBatch(batch)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := s.storeBatch(ctx, batch)
	if pg.IsDuplicate(err, "") && len(batch) > 1 { // the same message at two processes at once: the second attempt sees the first
		for _, d := range batch {
			d.event, d.stored = MessageEvent{}, false
		}
		err = s.storeBatch(ctx, batch)
	}
	if err != nil {
		for _, d := range batch {
			d.err, d.stored, d.batched = err, false, len(batch) > 1
		}
		slog.Warn("a commit failed; its messages are tried again", "messages", len(batch), "error", err)
	}
	s.observer.Committed(Commit{len(batch), time.Since(begun), err})
	if err == nil {
		s.publishBatch(batch)
	}
}

func (s *Service) storeBatch(ctx context.Context, batch []*draft) error {
	// By organization, and within by conversation: locks are taken in one order everywhere.
	sorted := slices.Clone(batch)
	slices.SortFunc(sorted, func(a, b *draft) int {
		if c := slices.Compare(a.org[:], b.org[:]); c != 0 {
			return c
		}
		return slices.Compare(a.conversation[:], b.conversation[:])
	})
	p := s.db.Pipeline()
	p.LongLockWait = len(batch) == 1
	var read []func() error
	for len(sorted) > 0 {
		n := 1
		for n < len(sorted) && sorted[n].org == sorted[0].org {
			n++
		}
		t := p.As(access.System(sorted[0].org, "keep messages"))
		read = append(read, queueStatements(ctx, conversationdb.New(t), sorted[:n])...)
		if len(s.alongside) > 0 {
			read = append(read, s.queueAlongside(ctx, t, sorted[:n])...)
		}
		sorted = sorted[n:]
	}
	p.Send(ctx)
	var failed error
	for _, results := range read {
		if failed = results(); failed != nil {
			break
		}
	}
	if err := p.Close(); failed == nil {
		failed = err
	}
	return failed
}

// publishBatch publishes everything that was stored at once. A panic of a subscriber is logged and harms no sender.
func (s *Service) publishBatch(batch []*draft) {
	defer func() {
		if p := recover(); p != nil {
			slog.Error("show what was written", "error", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	events := make([]bus.Event, 0, len(batch))
	for _, d := range batch {
		if d.stored {
			events = append(events, busEvent(d.org, d.event))
		}
	}
	s.bus.Publish(events...)
}
