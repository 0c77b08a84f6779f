package live

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/chat"
	"parley/app/live/wire"
)

// follower is a screen that shows a conversation's messages.
type follower interface {
	who() access.Actor
	// show brings messages to the screen, in order. It is called under the thread's lock and must not wait.
	show(conversation uuid.UUID, messages []chat.Message)
	// line is the socket under the screen.
	line() *wire.Socket
}

// thread relays one conversation to its followers in this process. Each has a cursor: the number up to which it has been
// shown everything it may see.
type thread struct {
	id    uuid.UUID
	org   uuid.UUID
	chat  *chat.Room
	mu    sync.Mutex
	gone  bool // taken out of the hub: nobody may join any more
	at    map[follower]int
	busy  bool // a catch-up is running
	again bool // and something came up meanwhile
}

// said brings a message that this process has just written to everyone who has all before it; the others are caught up.
func (t *thread) said(m chat.Message) {
	t.mu.Lock()
	defer t.mu.Unlock()
	behind := false
	for f, at := range t.at {
		switch {
		case at == m.Seq-1:
			t.give(f, []chat.Message{m})
		case at < m.Seq-1:
			behind = true
		}
	}
	if behind {
		t.wake()
	}
}

// behind reports whether anybody has not been shown all up to a message.
func (t *thread) behind(newest int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, at := range t.at {
		if at < newest {
			return true
		}
	}
	return false
}

// look catches everyone up with the table.
func (t *thread) look() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wake()
}

func (t *thread) wake() {
	if t.busy {
		t.again = true
		return
	}
	t.busy = true
	spawn("catch a conversation's screens up", t.catchUp)
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
			for f := range t.at {
				f.line().Close(wire.TryAgain, "try again")
			}
			t.busy = false
			t.mu.Unlock()
			return
		}
		t.mu.Lock()
		if !more && !t.again {
			t.busy = false
			t.mu.Unlock()
			return
		}
		t.again = false
		t.mu.Unlock()
	}
}

// awaitReaders lets followers with much in their queue read before the next page. Who does not read is cut.
func (t *thread) awaitReaders() {
	deadline := time.Now().Add(10 * time.Second)
	for {
		var full []*wire.Socket
		t.mu.Lock()
		for f := range t.at {
			if w := f.line(); w.Behind() {
				full = append(full, w)
			}
		}
		t.mu.Unlock()
		if len(full) == 0 {
			return
		}
		if time.Now().After(deadline) {
			for _, w := range full {
				w.GiveUp()
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
	for f, at := range t.at {
		visitor := f.who().IsVisitor()
		if a, there := furthest[visitor]; !there || at < a.at {
			who := f.who()
			if !visitor {
				who = access.System(t.org, "bring desks up to date")
			}
			furthest[visitor] = audience{who, at}
		}
	}
	t.mu.Unlock()
	for visitor, a := range furthest {
		messages, further, err := t.chat.Page(ctx, a.who, t.id, a.at)
		if err != nil {
			return true, err
		}
		more = more || further
		t.mu.Lock()
		for f, at := range t.at {
			switch {
			case f.who().IsVisitor() != visitor:
			case at < a.at: // joined, further behind, while this page was read
				more = true
			default:
				t.give(f, messages)
			}
		}
		t.mu.Unlock()
	}
	return more, nil
}

// give shows a follower those messages that are beyond its cursor. messages must be all that its audience may see between
// the cursor and their end.
func (t *thread) give(f follower, messages []chat.Message) {
	at := t.at[f]
	fresh := make([]chat.Message, 0, len(messages))
	for _, m := range messages {
		if m.Seq <= at {
			continue
		}
		at = m.Seq
		if !f.who().IsVisitor() || m.ForVisitor() {
			fresh = append(fresh, m)
		}
	}
	t.at[f] = at
	if len(fresh) > 0 {
		f.show(t.id, fresh)
	}
}
