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

// DefaultCommitWindow is how long a message waits for others to be committed with. Nobody who types can feel it.
const DefaultCommitWindow = 15 * time.Millisecond

// storeTimeout is how long a message is tried to be kept while the database is away.
const storeTimeout = 8 * time.Second

// Commit is one commit of messages, for whoever measures.
type Commit struct {
	Messages int
	Took     time.Duration
	Err      error
}

// store writes a draft in company and returns it as it was written; ok is false if the statement's guards let nothing
// through. While the database is away it is tried again.
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
		if attempt.err != nil && attempt.batched && (!pg.IsUnavailable(attempt.err) || pg.IsLockTimeout(attempt.err)) { // perhaps another's fault: alone it shows
			alone = true
			continue
		}
		if !pg.IsUnavailable(attempt.err) {
			return attempt.event, attempt.stored, attempt.err
		}
		alone = pg.IsLockTimeout(attempt.err) // nobody else is made to wait for the row
		select {
		case <-ctx.Done():
			return MessageEvent{}, false, errNotStored(attempt.err)
		case <-time.After(time.Duration(min(try, 10))*50*time.Millisecond + rand.N(100*time.Millisecond)):
		}
	}
}

// commitSingle writes a draft that is not to be in company, beside the writers.
func (s *Service) commitSingle(d *draft) {
	s.singles.Add(1)
	go func() {
		defer s.singles.Done()
		s.commitBatch([]*draft{d})
	}()
}

func errNotStored(err error) error {
	slog.Warn("a message could not be kept in time", "error", err)
	return &fail.Error{Kind: fail.Busy, RetryAfter: 2 * time.Second, Message: "This could not be saved just now. Please try again in a moment."}
}

// commitBatch keeps a batch, rings for what was kept, and tells the drafts' writers.
func (s *Service) commitBatch(batch []*draft) {
	defer func() {
		for _, d := range batch {
			close(d.done)
		}
	}()
	s.storeAndPublish(batch)
}

// storeAndPublish writes drafts in one transaction and one round trip, for each organization with one scope and one statement of
// each kind, and rings for what was kept.
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
	if pg.IsDuplicate(err, "") && len(batch) > 1 { // the same message at two processes at once: now it is seen
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

// publishBatch rings once for everything that was kept. A fault in a screen is logged and harms no writer.
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
