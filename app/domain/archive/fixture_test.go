package archive_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/archive"
	"parley/app/domain/conversation"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/tools/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// fixture is an organization whose conversations a test writes, and the archive that reads them.
type fixture struct {
	t             *testing.T
	service       *archive.Service
	conversations *conversation.Service
	org           testkit.Org
}

func newFixture(t *testing.T) fixture {
	t.Parallel()
	return fixture{t, archive.New(testkit.DB(t)), conversation.New(testkit.DB(t), bus.New(nil), conversation.Options{}), testkit.NewOrg(t)}
}

func (f fixture) manager() access.Actor  { return f.org.As(access.Manager) }
func (f fixture) reviewer() access.Actor { return f.org.As(access.Reviewer) }

// sql runs a statement as an actor.
func (f fixture) sql(who access.Actor, sql string, args ...any) int64 {
	f.t.Helper()
	tag, err := testkit.DB(f.t).As(who).Exec(context.Background(), sql, args...)
	if err != nil {
		f.t.Fatalf("%s: %v", sql, err)
	}
	return tag.RowsAffected()
}

func (f fixture) system(sql string, args ...any) {
	f.t.Helper()
	f.sql(access.System(f.org.ID, "test"), sql, args...)
}

// createOpen is a conversation in which things were said: the visitor's words, and then by turns "note ..." and what the agent says.
func (f fixture) createOpen(visitor access.Actor, customer uuid.UUID, first string, more ...string) uuid.UUID {
	f.t.Helper()
	ctx, mia := context.Background(), f.org.As(access.Agent)
	r, err := f.conversations.SendAsVisitor(ctx, visitor, conversation.VisitorMessage{ID: uuid.New(), Customer: customer, Body: first})
	if err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.conversations.Take(ctx, mia, "Mia", r.Conversation, conversation.QueueScope{AllGroups: true}); err != nil {
		f.t.Fatal(err)
	}
	for _, text := range more {
		kind := conversation.Text
		if len(text) > 5 && text[:5] == "note " {
			kind, text = conversation.Note, text[5:]
		}
		if _, err := f.conversations.SendAsAgent(ctx, mia, r.Conversation, uuid.New(), kind, text); err != nil {
			f.t.Fatal(err)
		}
	}
	return r.Conversation
}

func (f fixture) close(id uuid.UUID) {
	f.t.Helper()
	if _, err := f.conversations.Close(context.Background(), f.org.As(access.Agent), id); err != nil {
		f.t.Fatal(err)
	}
}

// createClosed is open, closed.
func (f fixture) createClosed(first string, more ...string) uuid.UUID {
	f.t.Helper()
	id := f.createOpen(f.org.Visitor(), f.org.Customer, first, more...)
	f.close(id)
	return id
}

// createClosedForOtherCustomer is a closed conversation of another customer of the organization.
func (f fixture) createClosedForOtherCustomer(first string) (conversation, customer uuid.UUID) {
	f.t.Helper()
	customer, website := uuid.New(), uuid.New()
	f.system("insert into customers (org_id, id, name) values ($1, $2, 'Another')", f.org.ID, customer)
	f.system("insert into websites (org_id, id, customer_id, key, name) values ($1, $2, $3, $4, 'Another shop')",
		f.org.ID, website, customer, strings.ReplaceAll(website.String(), "-", "")[:16])
	conversation = f.createOpen(access.Visitor(f.org.ID, website, uuid.Must(uuid.NewV7())), customer, first)
	f.close(conversation)
	return conversation, customer
}

// tag puts a tag on a conversation.
func (f fixture) tag(conversation uuid.UUID, name string) (tag uuid.UUID) {
	f.t.Helper()
	tag = uuid.New()
	f.system("insert into tags (org_id, id, name) values ($1, $2, $3)", f.org.ID, tag, name)
	f.system("insert into conversation_tags (org_id, conversation_id, tag_id) values ($1, $2, $3)", f.org.ID, conversation, tag)
	return tag
}

// createManyClosed are conversations that were closed at the same time, three by three, with a title each.
func (f fixture) createManyClosed(n int, title string) {
	f.t.Helper()
	visitor := uuid.Must(uuid.NewV7())
	f.system("insert into visitors (org_id, id, website_id) values ($1, $2, $3)", f.org.ID, visitor, f.org.Website)
	f.system(fmt.Sprintf(`insert into conversations (org_id, id, website_id, customer_id, visitor_id, state, agent_name, last_seq, last_text, last_at, created_at, closed_at, page_title)
		select $1, gen_random_uuid(), $2, $3, $4, 'closed', 'Mia', 0, 'x', now(), now(), '2026-01-01'::timestamptz + n / 3 * interval '1 second', %s from generate_series(1, $5) n`, title),
		f.org.ID, f.org.Website, f.org.Customer, visitor, n)
}

// list asks for a page.
func (f fixture) list(who access.Actor, filter archive.Filter, at archive.Cursor) archive.Page {
	f.t.Helper()
	page, err := f.service.List(context.Background(), who, filter, at)
	if err != nil {
		f.t.Fatalf("%+v: %v", filter, err)
	}
	return page
}

// expectResults checks what a filter finds, in order.
func (f fixture) expectResults(who access.Actor, filter archive.Filter, want ...uuid.UUID) {
	f.t.Helper()
	var got []uuid.UUID
	for _, c := range f.list(who, filter, archive.Cursor{}).Conversations {
		got = append(got, c.ID)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		f.t.Errorf("%s finds with %+v:\n got %v\nwant %v", who.Role(), filter, got, want)
	}
}

func (f fixture) read(who access.Actor, id uuid.UUID) archive.Record {
	f.t.Helper()
	c, err := f.service.Get(context.Background(), who, id, "")
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
