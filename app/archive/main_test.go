package archive_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/archive"
	"parley/app/bus"
	"parley/app/chat"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// past is an organization whose conversations a test writes, and the archive that reads them.
type past struct {
	t    *testing.T
	room *archive.Room
	chat *chat.Room
	org  apptest.Org
}

func setUp(t *testing.T) past {
	t.Parallel()
	return past{t, archive.New(apptest.DB(t)), chat.New(apptest.DB(t), bus.New(nil)), apptest.NewOrg(t)}
}

func (p past) manager() access.Actor  { return p.org.As(access.Manager) }
func (p past) reviewer() access.Actor { return p.org.As(access.Reviewer) }

// sql runs a statement as an actor.
func (p past) sql(who access.Actor, sql string, args ...any) int64 {
	p.t.Helper()
	tag, err := apptest.DB(p.t).As(who).Exec(context.Background(), sql, args...)
	if err != nil {
		p.t.Fatalf("%s: %v", sql, err)
	}
	return tag.RowsAffected()
}

func (p past) system(sql string, args ...any) {
	p.t.Helper()
	p.sql(access.System(p.org.ID, "test"), sql, args...)
}

// open is a conversation in which things were said: the visitor's words, and then by turns "note ..." and what the agent says.
func (p past) open(visitor access.Actor, customer uuid.UUID, first string, more ...string) uuid.UUID {
	p.t.Helper()
	ctx, mia := context.Background(), p.org.As(access.Agent)
	r, err := p.chat.SayAsVisitor(ctx, visitor, chat.FromVisitor{ID: uuid.New(), Customer: customer, Body: first})
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.chat.Take(ctx, mia, "Mia", r.Conversation, chat.Lines{Anywhere: true}); err != nil {
		p.t.Fatal(err)
	}
	for _, text := range more {
		kind := chat.Text
		if len(text) > 5 && text[:5] == "note " {
			kind, text = chat.Note, text[5:]
		}
		if _, err := p.chat.SayAsAgent(ctx, mia, r.Conversation, uuid.New(), kind, text); err != nil {
			p.t.Fatal(err)
		}
	}
	return r.Conversation
}

func (p past) close(id uuid.UUID) {
	p.t.Helper()
	if _, err := p.chat.Close(context.Background(), p.org.As(access.Agent), id); err != nil {
		p.t.Fatal(err)
	}
}

// closed is open, closed.
func (p past) closed(first string, more ...string) uuid.UUID {
	p.t.Helper()
	id := p.open(p.org.Visitor(), p.org.Customer, first, more...)
	p.close(id)
	return id
}

// elsewhere is a closed conversation of another customer of the organization.
func (p past) elsewhere(first string) (conversation, customer uuid.UUID) {
	p.t.Helper()
	customer, website := uuid.New(), uuid.New()
	p.system("insert into customers (org_id, id, name) values ($1, $2, 'Another')", p.org.ID, customer)
	p.system("insert into websites (org_id, id, customer_id, key, name) values ($1, $2, $3, $4, 'Another shop')", p.org.ID, website, customer, strings.ReplaceAll(website.String(), "-", "")[:16])
	conversation = p.open(access.Visitor(p.org.ID, website, uuid.Must(uuid.NewV7())), customer, first)
	p.close(conversation)
	return conversation, customer
}

// tagged puts a tag on a conversation.
func (p past) tagged(conversation uuid.UUID, name string) (tag uuid.UUID) {
	p.t.Helper()
	tag = uuid.New()
	p.system("insert into tags (org_id, id, name) values ($1, $2, $3)", p.org.ID, tag, name)
	p.system("insert into conversation_tags (org_id, conversation_id, tag_id) values ($1, $2, $3)", p.org.ID, conversation, tag)
	return tag
}

// many are conversations that were closed at the same time, three by three, with a title each.
func (p past) many(n int, title string) {
	p.t.Helper()
	visitor := uuid.Must(uuid.NewV7())
	p.system("insert into visitors (org_id, id, website_id) values ($1, $2, $3)", p.org.ID, visitor, p.org.Website)
	p.system(fmt.Sprintf(`insert into conversations (org_id, id, website_id, customer_id, visitor_id, state, agent_name, last_seq, last_text, last_at, created_at, closed_at, page_title)
		select $1, gen_random_uuid(), $2, $3, $4, 'closed', 'Mia', 0, 'x', now(), now(), '2026-01-01'::timestamptz + n / 3 * interval '1 second', %s from generate_series(1, $5) n`, title),
		p.org.ID, p.org.Website, p.org.Customer, visitor, n)
}

// list asks for a page.
func (p past) list(who access.Actor, f archive.Filter, at archive.Place) archive.Page {
	p.t.Helper()
	page, err := p.room.List(context.Background(), who, f, at)
	if err != nil {
		p.t.Fatalf("%+v: %v", f, err)
	}
	return page
}

// finds checks what a filter finds, in order.
func (p past) finds(who access.Actor, f archive.Filter, want ...uuid.UUID) {
	p.t.Helper()
	var got []uuid.UUID
	for _, c := range p.list(who, f, archive.Place{}).List {
		got = append(got, c.ID)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		p.t.Errorf("%s finds with %+v:\n got %v\nwant %v", who.Role(), f, got, want)
	}
}

func (p past) read(who access.Actor, id uuid.UUID) archive.Record {
	p.t.Helper()
	c, err := p.room.Read(context.Background(), who, id, "")
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
