package conversation

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/access"
)

// CommitMode is how messages are committed. A server groups them; the other modes are for comparison in "parley bench".
type CommitMode int

const (
	CommitGrouped CommitMode = iota // many messages in one commit
	CommitEach                      // one commit for each message, at once
	CommitNone                      // no commit at all: messages are lost with the process
)

// enqueue gives a draft to the committer, or commits it at once, as the mode wants.
func (s *Service) enqueue(d *draft) error {
	if s.commitMode == CommitEach || s.commitMode == CommitNone && d.begins { // even then conversations are stored
		s.commitSingle(d)
		return nil
	}
	return s.committer.enqueue(d)
}

// dryRun numbers messages without storing them, for CommitNone.
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
		d.event = MessageEvent{
			Message: Message{
				Conversation: d.conversation,
				Seq:          c.LastSeq,
				ID:           d.id,
				Kind:         d.kind,
				Author:       d.author,
				Body:         d.body,
				At:           c.LastAt,
			},
			Snapshot: c,
		}
		d.stored = true
	}
}
