package chat

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
)

// Keeping is how messages are kept. A server keeps them in company; the other ways are what "parley bench" compares with.
type Keeping int

const (
	KeepTogether Keeping = iota // many messages in one commit
	KeepEach                    // one commit for each message, at once
	KeepNothing                 // no commit at all: what was said is lost with the process
)

// KeepBy changes how messages are kept. To be called before the first message, and by nobody who serves people.
func (r *Room) KeepBy(k Keeping) { r.keeping = k }

// enter puts a draft in line, or has it written at once.
func (r *Room) enter(d *draft) error {
	if r.keeping == KeepEach || r.keeping == KeepNothing && d.begins { // conversations do exist
		r.writeAlone(d)
		return nil
	}
	return r.line.add(d)
}

// pretence numbers what is said without writing it.
type pretence struct {
	mu    sync.Mutex
	talks map[uuid.UUID]Conversation
}

func (r *Room) pretend(batch []*draft) {
	r.nothing.mu.Lock()
	defer r.nothing.mu.Unlock()
	if r.nothing.talks == nil {
		r.nothing.talks = map[uuid.UUID]Conversation{}
	}
	for _, d := range batch {
		c, known := r.nothing.talks[d.conversation]
		if !known {
			if c, d.err = r.Get(context.Background(), access.System(d.org, "measure without a database"), d.conversation); d.err != nil {
				continue
			}
		}
		c.LastSeq++
		c.LastAt, c.LastText = time.Now(), d.body
		r.nothing.talks[d.conversation] = c
		d.said = Said{Message: Message{Conversation: d.conversation, Seq: c.LastSeq, ID: d.id, Kind: d.kind, Author: d.author, Body: d.body, At: c.LastAt}, In: c}
		d.kept = true
	}
}
