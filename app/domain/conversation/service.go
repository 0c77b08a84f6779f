package conversation

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/visitor"
	"parley/app/platform/bus"
	"parley/app/platform/pg"
)

// Service has the operations of conversations and messages. It is safe for concurrent use.
type Service struct {
	db         *pg.DB
	bus        *bus.Bus
	visitors   *visitor.Service
	committer  *committer
	commitMode CommitMode
	observer   Observer
	alongside  []Alongside
	dryRun     dryRun
	singles    sync.WaitGroup // drafts that are committed outside the committer
}

// Options is how a Service commits messages. The zero value commits each message as soon as a writer is free.
type Options struct {
	Window    time.Duration // how long a message waits for others to be committed with; 0: not at all
	Mode      CommitMode    // how messages are committed; zero: CommitGrouped
	Observer  Observer      // sees every commit; nil: nobody does
	Alongside []Alongside   // what else is written in the transaction of messages

	Visitors *visitor.Service // recognizes visitors; nil: a Service on the same database and bus
}

// Observer sees commits, for whoever measures. Its method is called by the writers, so it must return at once.
type Observer interface{ Committed(Commit) }

type noObserver struct{}

func (noObserver) Committed(Commit) {}

// Alongside queues statements that are committed together with messages, through a pipeline's handle of their organization. It gets the
// conversations that start and the agents' replies; the messages' own statements may refuse some of them, so its statements have to look at
// what is stored. It returns functions that read the results, in the order of queueing.
type Alongside func(ctx context.Context, t *pg.Tenant, started []uuid.UUID, replies []Reply) []func() error

// Reply names an agent's message that is about to be stored.
type Reply struct{ Conversation, Message uuid.UUID }

// New returns a Service on a database, which publishes what happens on a bus.
func New(db *pg.DB, b *bus.Bus, options Options) *Service {
	s := &Service{
		db:         db,
		bus:        b,
		visitors:   options.Visitors,
		commitMode: options.Mode,
		observer:   options.Observer,
		alongside:  options.Alongside,
	}
	if s.visitors == nil {
		s.visitors = visitor.New(db, b)
	}
	if s.observer == nil {
		s.observer = noObserver{}
	}
	s.committer = newCommitter(options.Window, s.commitBatch)
	return s
}

// PendingMessages returns how many messages wait to be committed.
func (s *Service) PendingMessages() int {
	s.committer.mu.Lock()
	defer s.committer.mu.Unlock()
	return s.committer.pending
}

// Shutdown refuses new messages and returns when the pending ones are committed. When ctx ends first, it refuses those that still wait.
func (s *Service) Shutdown(ctx context.Context) {
	s.committer.close()
	done := make(chan struct{})
	go func() {
		<-s.committer.drained
		s.singles.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		s.committer.abandon()
	}
}
