package archive_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/archive"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

// addStaffData writes what staff knows of a conversation.
func (f fixture) addStaffData(id uuid.UUID) {
	f.t.Helper()
	entry := uuid.New()
	f.system("insert into faq_entries (org_id, id, state) values ($1, $2, 'live')", f.org.ID, entry)
	f.system(
		"insert into faq_texts (org_id, entry_id, language, question, answer) values ($1, $2, 'en', 'Where is my order?', 'On its way.')",
		f.org.ID, entry)
	f.system(
		"insert into faq_choices (org_id, id, entry_id, kind, query, user_id, conversation_id, seq) values ($1, "+
			"gen_random_uuid(), $2, 'edited', 'where', $3, $4, 1)",
		f.org.ID, entry, f.org.As(access.Agent).ID(), id)
	f.system(
		`update conversations set country = 'NO', data = '{"plan": "Gold", "orders": 3}', trail = '[{"url": "https://shop.example/secret", "title": "Secret page", "at": "2026-01-01T00:00:00Z"}]' where id = $1`,
		id)
	f.system("update visitors set email = 'anna@home.example'")
	f.tag(id, "Innertag")
}

// A reviewer has its customer's conversations and nothing that is among staff: neither read, nor exported, nor found by it,
// nor asked for in SQL.
func TestReviewerSeesNoStaffData(t *testing.T) {
	p := newFixture(t)
	ctx, reviewer := context.Background(), p.reviewer()
	id := p.createClosed("Hello, where is it?", "On its way", "note A secret note")
	p.addStaffData(id)
	there, customer := p.createClosedForOtherCustomer("Hello from elsewhere")

	p.expectResults(reviewer, archive.Filter{}, id)
	p.expectResults(reviewer, archive.Filter{Text: "hello"}, id)
	p.expectResults(reviewer, archive.Filter{Text: "secret"})
	p.expectResults(reviewer, archive.Filter{Text: "innertag"})
	p.expectResults(reviewer, archive.Filter{Text: "elsewhere"})
	p.expectResults(reviewer, archive.Filter{Customer: customer}, id) // it has no such filter
	p.expectResults(reviewer, archive.Filter{Tag: uuid.New()}, id)    // nor this
	p.expectResults(reviewer, archive.Filter{AgentName: "Mia"}, id)   // it knows agents by the name that was read
	p.expectResults(reviewer, archive.Filter{AgentName: "agent of " + p.org.Name})
	choices, err := p.service.Choices(ctx, reviewer)
	if err != nil || len(choices.Customers)+len(choices.Groups)+len(choices.Tags) != 0 || len(choices.Websites) != 1 ||
		len(choices.Agents) != 1 || choices.Agents[0].Name != "Mia" {
		t.Errorf("a reviewer's choices: %+v, %v", choices, err)
	}
	if _, err := p.service.Get(ctx, reviewer, there, ""); fail.KindOf(err) != fail.NotFound {
		t.Errorf("a reviewer reads another customer's: %v", err)
	}
	for _, role := range []access.Role{access.Agent} {
		if _, err := p.service.Get(ctx, p.org.As(role), id, ""); fail.KindOf(err) != fail.Forbidden {
			t.Errorf("%s reads the archive: %v", role, err)
		}
	}

	c := p.read(reviewer, id)
	json, err := c.JSON()
	if err != nil {
		t.Fatal(err)
	}
	list := p.list(reviewer, archive.Filter{}, archive.Cursor{}).Conversations[0]
	for name, text := range map[string]string{"JSON": string(json), "text": c.Text(), "the list": list.Agent + list.GroupName} {
		for _, inner := range []string{
			"secret",
			"Innertag",
			"Gold",
			"NO",
			"@",
			"General",
			"Where is my order",
			"agent of",
			p.org.As(access.Agent).ID().String(),
			`"staff"`,
		} {
			if strings.Contains(text, inner) {
				t.Errorf("a reviewer's %s has %q: %s", name, inner, text)
			}
		}
		if name != "the list" && !strings.Contains(text, "On its way") {
			t.Errorf("a reviewer's %s lacks what was said: %s", name, text)
		}
	}
	if c.Staff != nil || len(c.Messages) != 4 {
		t.Errorf("a reviewer reads %+v", c)
	}

	checkReviewerStatements(t, p, customer)
}

// checkReviewerStatements checks how many rows a reviewer's own statements find, and who finds any through the door to the archive.
func checkReviewerStatements(t *testing.T, p fixture, customer uuid.UUID) {
	t.Helper()
	reviewer := p.reviewer()
	// In SQL, as the reviewer's actor.
	for what, want := range map[string]int64{
		"archive_words":                    1,
		"archive_words where staff":        0,
		"conversations":                    1,
		"messages where kind = 'note'":     0,
		"assignments":                      0,
		"conversation_tags":                0,
		"tags":                             0,
		"faq_choices":                      0,
		"faq_texts":                        0,
		"message_history":                  0,
		"groups":                           0,
		"users where id <> app.actor_id()": 0,
		"app.door_search_archive('{hello}', '{hello}', null, null, null, null, null, null, null, null, 10)":                        1,
		"app.door_search_archive('{secret}', '{secret}', null, null, null, null, null, null, null, null, 10)":                      0,
		"app.door_search_archive('{elsewhere}', '{elsewhere}', null, null, null, null, null, null, null, null, 10)":                0,
		"app.door_search_archive('{hello}', '{hello}', '" + customer.String() + "', null, null, null, null, null, null, null, 10)": 0,
	} {
		if n := p.sql(reviewer, "select from "+what); n != want {
			t.Errorf("a reviewer sees %d of %s, not %d", n, what, want)
		}
	}
	// The door opens into the asker's organization only, and to no visitor.
	const door = "select from app.door_search_archive('{hello}', '{hello}', null, null, null, null, null, null, null, null, 10)"
	other := testkit.NewOrg(t)
	for _, who := range []access.Actor{other.As(access.Owner), access.System(other.ID, "test"), p.org.Visitor()} {
		if n := p.sql(who, door); n != 0 {
			t.Errorf("%s finds %d through the door", who.Role(), n)
		}
	}
	if n := p.sql(p.manager(), door); n != 2 {
		t.Errorf("a manager finds %d through the door", n)
	}
}
