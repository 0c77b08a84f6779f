package live

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/front/live/wire"
	"parley/app/platform/access"
)

// follower is a screen that shows a conversation's messages.
type follower interface {
	viewer() access.Actor
	// show brings messages to the screen, in order. It is called under the thread's lock and must not wait.
	showMessages(conversationID uuid.UUID, messages []conversation.Message)
	// line is the socket under the screen.
	wireSocket() *wire.Socket
}

// thread relays one conversation to its followers in this process. Each has a cursor: the number up to which it has been
// shown everything it may see.
type thread struct {
	id            uuid.UUID
	org           uuid.UUID
	conversations *conversation.Service
	mu            sync.Mutex
	closed        bool // taken out of the hub: nobody may join any more
	cursors       map[follower]int
	catchingUp    bool // a catch-up is running
	catchUpAgain  bool // and something came up meanwhile
}

// deliverNew brings a message that this process has just written to everyone who has all before it; the others are caught up.
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

// isBehind reports whether anybody has not been shown all up to a message.
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

// requestCatchUp catches everyone up with the table.
func (t *thread) requestCatchUp() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.startCatchUp()
}

func (t *thread) startCatchUp() {
	if t.catchingUp {
		t.catchUpAgain = true
		return
	}
	t.catchingUp = true
	runInBackground("catch a conversation's screens up", t.catchUp)
}

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
		default: // the screens come back and ask for themselves
			slog.Error("catch up", "conversation", t.id, "error", err)
			t.mu.Lock()
			for f := range t.cursors {
				f.wireSocket().Close(wire.TryAgain, "try again")
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

// awaitReaders lets followers with much in their queue read before the next page. Who does not read is cut.
func (t *thread) awaitReaders() {
	deadline := time.Now().Add(10 * time.Second)
	for {
		var full []*wire.Socket
		t.mu.Lock()
		for f := range t.cursors {
			if w := f.wireSocket(); w.IsBehind() {
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

// catchUpOnce reads one page for staff and one for visitors, after the cursor that is furthest behind, and reports whether there is
// more. Whoever follows has been found to see the conversation, and leaves when it no longer does; staff's page is read as the system,
// so that one of them who is about to leave does not keep it from the others.
func (t *thread) catchUpOnce(ctx context.Context) (more bool, err error) {
	type audience struct {
		who access.Actor
		at  int
	}
	furthest := map[bool]audience{}
	t.mu.Lock()
	for f, at := range t.cursors {
		visitor := f.viewer().IsVisitor()
		if a, there := furthest[visitor]; !there || at < a.at {
			who := f.viewer()
			if !visitor {
				who = access.System(t.org, "bring desks up to date")
			}
			furthest[visitor] = audience{who, at}
		}
	}
	t.mu.Unlock()
	for visitor, a := range furthest {
		messages, further, err := t.conversations.ListMessagePage(ctx, a.who, t.id, a.at)
		if err != nil {
			return true, err
		}
		more = more || further
		t.mu.Lock()
		for f, at := range t.cursors {
			switch {
			case f.viewer().IsVisitor() != visitor:
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
// the cursor and their end.
func (t *thread) deliverTo(f follower, messages []conversation.Message) {
	at := t.cursors[f]
	fresh := make([]conversation.Message, 0, len(messages))
	for _, m := range messages {
		if m.Seq <= at {
			continue
		}
		at = m.Seq
		if !f.viewer().IsVisitor() || m.IsVisibleToVisitor() {
			fresh = append(fresh, m)
		}
	}
	t.cursors[f] = at
	if len(fresh) > 0 {
		f.showMessages(t.id, fresh)
	}
}
