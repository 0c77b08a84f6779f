package chat

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/chat/internal/chatdb"
	"parley/app/fail"
	"parley/app/pg"
)

// DefaultWindow is how long a message waits for others to be committed with. Nobody who types can feel it.
const DefaultWindow = 15 * time.Millisecond

// keepFor is how long a message is tried to be kept while the database is away.
const keepFor = 8 * time.Second

// Commit is one commit of messages, for whoever measures.
type Commit struct {
	Messages int
	Took     time.Duration
	Err      error
}

// keep writes a draft in company and returns it as it was written; ok is false if the statement's guards let nothing
// through. While the database is away it is tried again.
func (r *Room) keep(ctx context.Context, d draft) (s Said, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, keepFor)
	defer cancel()
	alone := false
	for try := 1; ; try++ {
		one := d
		one.done = make(chan struct{})
		if alone {
			r.writeAlone(&one)
		} else if err := r.enter(&one); err != nil {
			return Said{}, false, err
		}
		select {
		case <-one.done:
		case <-ctx.Done():
			return Said{}, false, errNotKept(ctx.Err())
		}
		if one.err != nil && one.many && (!pg.Away(one.err) || pg.Locked(one.err)) { // perhaps another's fault: alone it shows
			alone = true
			continue
		}
		if !pg.Away(one.err) {
			return one.said, one.kept, one.err
		}
		alone = pg.Locked(one.err) // nobody else is made to wait for the row
		select {
		case <-ctx.Done():
			return Said{}, false, errNotKept(one.err)
		case <-time.After(time.Duration(min(try, 10))*50*time.Millisecond + rand.N(100*time.Millisecond)):
		}
	}
}

// writeAlone writes a draft that is not to be in company, beside the writers.
func (r *Room) writeAlone(d *draft) {
	r.alone.Add(1)
	go func() {
		defer r.alone.Done()
		r.write([]*draft{d})
	}()
}

func errNotKept(err error) error {
	slog.Warn("a message could not be kept in time", "error", err)
	return &fail.Error{Kind: fail.Busy, RetryAfter: 2 * time.Second, Message: "This could not be saved just now. Please try again in a moment."}
}

// write keeps a batch, rings for what was kept, and tells the drafts' writers.
func (r *Room) write(batch []*draft) {
	defer func() {
		for _, d := range batch {
			close(d.done)
		}
	}()
	r.commit(batch)
}

// commit writes drafts in one transaction and one round trip, for each organization with one scope and one statement of
// each kind, and rings for what was kept.
func (r *Room) commit(batch []*draft) {
	begun := time.Now()
	if r.keeping == KeepNothing && !batch[0].begins {
		r.pretend(batch)
		r.ringAll(batch)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := r.commitAll(ctx, batch)
	if pg.Duplicate(err, "") && len(batch) > 1 { // the same message at two processes at once: now it is seen
		for _, d := range batch {
			d.said, d.kept = Said{}, false
		}
		err = r.commitAll(ctx, batch)
	}
	if err != nil {
		for _, d := range batch {
			d.err, d.kept, d.many = err, false, len(batch) > 1
		}
		slog.Warn("a commit failed; its messages are tried again", "messages", len(batch), "error", err)
	}
	if r.OnCommit != nil {
		r.OnCommit(Commit{len(batch), time.Since(begun), err})
	}
	if err == nil {
		r.ringAll(batch)
	}
}

func (r *Room) commitAll(ctx context.Context, batch []*draft) error {
	// By organization, and within by conversation: locks are taken in one order everywhere.
	sorted := slices.Clone(batch)
	slices.SortFunc(sorted, func(a, b *draft) int {
		if c := slices.Compare(a.org[:], b.org[:]); c != 0 {
			return c
		}
		return slices.Compare(a.conversation[:], b.conversation[:])
	})
	p := r.db.Pipeline()
	p.Patient = len(batch) == 1
	var read []func() error
	for len(sorted) > 0 {
		n := 1
		for n < len(sorted) && sorted[n].org == sorted[0].org {
			n++
		}
		t := p.As(access.System(sorted[0].org, "keep messages"))
		read = append(read, queue(ctx, chatdb.New(t), sorted[:n])...)
		if r.Beside != nil {
			read = append(read, r.beside(ctx, t, sorted[:n])...)
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

// beside queues what else is to be written with one organization's drafts.
func (r *Room) beside(ctx context.Context, t *pg.Tenant, drafts []*draft) []func() error {
	var begun []uuid.UUID
	var replied []Reply
	for _, d := range drafts {
		switch {
		case d.begins:
			begun = append(begun, d.conversation)
		case d.author == ByAgent && d.kind != Note:
			replied = append(replied, Reply{d.conversation, d.id})
		}
	}
	if begun == nil && replied == nil {
		return nil
	}
	return r.Beside(ctx, t, begun, replied)
}

// queue queues one organization's drafts and returns how to read their results.
func queue(ctx context.Context, q *chatdb.Queries, drafts []*draft) (read []func() error) {
	var begin chatdb.BeginParams
	var say chatdb.SayParams
	in := make(map[uuid.UUID]*draft, len(drafts)) // by conversation: ids of messages are their senders' choice
	for _, d := range drafts {
		in[d.conversation] = d
		if d.begins {
			begin.MessageIds = append(begin.MessageIds, d.id)
			begin.ConversationIds = append(begin.ConversationIds, d.conversation)
			begin.VisitorIds = append(begin.VisitorIds, d.authorID)
			begin.WebsiteIds = append(begin.WebsiteIds, d.website)
			begin.CustomerIds = append(begin.CustomerIds, d.customer)
			begin.GroupIds = append(begin.GroupIds, d.group)
			begin.Kinds = append(begin.Kinds, string(d.kind))
			begin.Bodies = append(begin.Bodies, d.body)
			begin.PageUrls = append(begin.PageUrls, d.page.URL)
			begin.PageTitles = append(begin.PageTitles, d.page.Title)
			begin.Referrers = append(begin.Referrers, d.page.Referrer)
			begin.UserAgents = append(begin.UserAgents, d.page.UserAgent)
			begin.Addresses = append(begin.Addresses, d.page.Address)
			begin.Languages = append(begin.Languages, d.page.Language)
			continue
		}
		say.MessageIds = append(say.MessageIds, d.id)
		say.ConversationIds = append(say.ConversationIds, d.conversation)
		say.Authors = append(say.Authors, string(d.author))
		say.AuthorIds = append(say.AuthorIds, d.authorID)
		say.Kinds = append(say.Kinds, string(d.kind))
		say.Bodies = append(say.Bodies, d.body)
	}
	kept := func(row chatdb.TakeRow) {
		if d := in[row.ConversationID]; d != nil && d.id == row.MessageID {
			d.said, d.kept = said(row), true
		}
	}
	if len(begin.MessageIds) > 0 {
		results := q.Begin(ctx, []chatdb.BeginParams{begin})
		read = append(read, func() (failed error) {
			results.Query(func(_ int, rows []chatdb.BeginRow, err error) {
				failed = err
				for _, row := range rows {
					kept(chatdb.TakeRow(row))
				}
			})
			return failed
		})
	}
	if len(say.MessageIds) > 0 {
		results := q.Say(ctx, []chatdb.SayParams{say})
		read = append(read, func() (failed error) {
			results.Query(func(_ int, rows []chatdb.SayRow, err error) {
				failed = err
				for _, row := range rows {
					kept(chatdb.TakeRow(row))
				}
			})
			return failed
		})
	}
	return read
}

// ringAll rings once for everything that was kept. A fault in a screen is logged and harms no writer.
func (r *Room) ringAll(batch []*draft) {
	defer func() {
		if p := recover(); p != nil {
			slog.Error("show what was written", "error", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	events := make([]bus.Event, 0, len(batch))
	for _, d := range batch {
		if d.kept {
			events = append(events, event(d.org, d.said))
		}
	}
	r.bus.Publish(events...)
}
