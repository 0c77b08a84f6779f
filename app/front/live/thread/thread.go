package thread

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/front/live/background"
	"parley/app/front/live/wire"
	"parley/app/platform/access"
)

// thread relays one conversation to its followers.
type thread struct {
	id            uuid.UUID
	org           uuid.UUID
	conversations *conversation.Service
	mu            sync.Mutex
	closed        bool // the Relay has it no longer: nobody may join
	cursors       map[Follower]int
	catchingUp    bool // a catch-up is running
	catchUpAgain  bool // and was asked for again meanwhile
}

// join adds a follower, or moves its cursor back. It reports false if the thread is closed.
func (t *thread) join(f Follower, cursor int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	if at, follows := t.cursors[f]; !follows || cursor < at {
		t.cursors[f] = cursor
	}
	return true
}

// leave removes a follower. It reports whether it was the last one: then the thread is closed.
func (t *thread) leave(f Follower) (closed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.cursors, f)
	t.closed = len(t.cursors) == 0
	return t.closed
}

// deliverNew shows a message that was just stored to the followers that have all before it; the others are caught up.
func (t *thread) deliverNew(m conversation.Message) {
	t.mu.Lock()
	defer t.mu.Unlock()
	behind := false
	for f, at := range t.cursors {
		switch {
		case at == m.Seq-1:
			t.deliverTo(f, []conversation.Message{m})
		case at < m.Seq-1:
			behind = true
		}
	}
	if behind {
		t.startCatchUp()
	}
}

// isBehind reports whether a follower has not been shown everything up to a message.
func (t *thread) isBehind(newest int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, at := range t.cursors {
		if at < newest {
			return true
		}
	}
	return false
}

// requestCatchUp shows the followers what they have not been shown, soon.
func (t *thread) requestCatchUp() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.startCatchUp()
}

// startCatchUp is requestCatchUp under the lock.
func (t *thread) startCatchUp() {
	if t.catchingUp {
		t.catchUpAgain = true
		return
	}
	t.catchingUp = true
	background.Run("catch a conversation's screens up", t.catchUp)
}

// catchUp reads and shows page by page until there is no more. If the table cannot be read, the followers' sockets are
// closed: their screens come back and read for themselves.
func (t *thread) catchUp() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	for failures := 0; ; {
		t.awaitReaders()
		more, err := t.catchUpOnce(ctx)
		switch {
		case err == nil:
			failures = 0
		case failures < 6: // a connection that broke, a database that restarts
			failures++
			time.Sleep(time.Duration(failures*failures) * 50 * time.Millisecond)
			more = true
		default:
			slog.Error("catch up", "conversation", t.id, "error", err)
			t.mu.Lock()
			for f := range t.cursors {
				f.Socket().Close(wire.TryAgain, "try again")
			}
			t.catchingUp = false
			t.mu.Unlock()
			return
		}
		t.mu.Lock()
		if !more && !t.catchUpAgain {
			t.catchingUp = false
			t.mu.Unlock()
			return
		}
		t.catchUpAgain = false
		t.mu.Unlock()
	}
}

// awaitReaders waits up to ten seconds for followers with much in their queue to read. Those that do not are disconnected.
func (t *thread) awaitReaders() {
	deadline := time.Now().Add(10 * time.Second)
	for {
		var full []*wire.Socket
		t.mu.Lock()
		for f := range t.cursors {
			if w := f.Socket(); w.IsBehind() {
				full = append(full, w)
			}
		}
		t.mu.Unlock()
		if len(full) == 0 {
			return
		}
		if time.Now().After(deadline) {
			for _, w := range full {
				w.CutSlowReader()
			}
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// catchUpOnce reads and shows one page for staff and one for visitors, after the cursor that is furthest behind, and
// reports whether there is more. Staff's page is read as the system: each follower has been found to see the
// conversation and leaves when it no longer does, and one that is about to leave must not keep the page from the
// others.
func (t *thread) catchUpOnce(ctx context.Context) (more bool, err error) {
	type audience struct {
		actor access.Actor
		at    int
	}
	furthest := map[bool]audience{}
	t.mu.Lock()
	for f, at := range t.cursors {
		visitor := f.Viewer().IsVisitor()
		if a, there := furthest[visitor]; !there || at < a.at {
			actor := f.Viewer()
			if !visitor {
				actor = access.System(t.org, "bring desks up to date")
			}
			furthest[visitor] = audience{actor, at}
		}
	}
	t.mu.Unlock()
	for visitor, a := range furthest {
		messages, further, err := t.conversations.ListMessagePage(ctx, a.actor, t.id, a.at)
		if err != nil {
			return true, err
		}
		more = more || further
		t.mu.Lock()
		for f, at := range t.cursors {
			switch {
			case f.Viewer().IsVisitor() != visitor:
			case at < a.at: // joined, further behind, while this page was read
				more = true
			default:
				t.deliverTo(f, messages)
			}
		}
		t.mu.Unlock()
	}
	return more, nil
}

// deliverTo shows a follower those messages that are beyond its cursor. messages must be all that its audience may see between
// its cursor and the last of them.
func (t *thread) deliverTo(f Follower, messages []conversation.Message) {
	at := t.cursors[f]
	fresh := make([]conversation.Message, 0, len(messages))
	for _, m := range messages {
		if m.Seq <= at {
			continue
		}
		at = m.Seq
		if !f.Viewer().IsVisitor() || m.IsVisibleToVisitor() {
			fresh = append(fresh, m)
		}
	}
	t.cursors[f] = at
	if len(fresh) > 0 {
		f.ShowMessages(t.id, fresh)
	}
}
