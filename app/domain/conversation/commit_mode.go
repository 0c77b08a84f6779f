package conversation

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/access"
)

// CommitMode is how messages are kept. A server keeps them in company; the other ways are what "parley bench" compares with.
type CommitMode int

const (
	CommitGrouped CommitMode = iota // many messages in one commit
	CommitEach                      // one commit for each message, at once
	CommitNone                      // no commit at all: what was said is lost with the process
)

// enqueue puts a draft in line, or has it written at once.
func (s *Service) enqueue(d *draft) error {
	if s.commitMode == CommitEach || s.commitMode == CommitNone && d.begins { // conversations do exist
		s.commitSingle(d)
		return nil
	}
	return s.committer.enqueue(d)
}

// dryRun numbers what is said without writing it.
type dryRun struct {
	mu            sync.Mutex
	conversations map[uuid.UUID]Conversation
}

func (s *Service) dryRunBatch(batch []*draft) {
	s.dryRun.mu.Lock()
	defer s.dryRun.mu.Unlock()
	if s.dryRun.conversations == nil {
		s.dryRun.conversations = map[uuid.UUID]Conversation{}
	}
	for _, d := range batch {
		c, known := s.dryRun.conversations[d.conversation]
		if !known {
			if c, d.err = s.Get(context.Background(), access.System(d.org, "measure without a database"), d.conversation); d.err != nil {
				continue
			}
		}
		c.LastSeq++
		c.LastAt, c.LastText = time.Now(), d.body
		s.dryRun.conversations[d.conversation] = c
		d.event = MessageEvent{Message: Message{Conversation: d.conversation, Seq: c.LastSeq, ID: d.id, Kind: d.kind, Author: d.author, Body: d.body, At: c.LastAt}, Snapshot: c}
		d.stored = true
	}
}
