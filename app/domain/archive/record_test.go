package archive_test

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/archive"
	"parley/app/domain/conversation"
	"parley/app/platform/access"
	"parley/app/platform/fail"
)

// What staff reads: everything as it happened, and around it.
func TestGetRecord(t *testing.T) {
	p := newFixture(t)
	ctx := context.Background()
	id := p.createOpen(p.org.Visitor(), p.org.Customer, "Where is my order?", "It left today", "note Check the depot")
	p.addStaffData(id)
	if _, err := p.service.Get(ctx, p.manager(), id, ""); fail.KindOf(err) != fail.NotFound {
		t.Errorf("a running conversation is read: %v", err)
	}
	// The agent has said something else first.
	p.system("update messages set body = 'It left today', changed = 'edited' where conversation_id = $1 and seq = 3", id)
	p.system(`insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, body, created_at, of_seq)
		select org_id, id, 5, gen_random_uuid(), visitor_id, 'edit', 'agent', 'It left today', now(), 3 from conversations where id = $1`, id)
	p.system("update conversations set last_seq = 5 where id = $1", id)
	p.system(
		"insert into message_history (org_id, conversation_id, seq, previous_body) values ($1, $2, 5, 'It left yesterday')",
		p.org.ID, id)
	p.close(id)

	c, err := p.service.Get(ctx, p.manager(), id, "depot orders")
	if err != nil {
		t.Fatal(err)
	}
	var kinds []conversation.Kind
	for _, l := range c.Messages {
		kinds = append(kinds, l.Kind)
	}
	if len(kinds) != 5 || kinds[1] != conversation.System || kinds[3] != conversation.Note || kinds[4] != conversation.System {
		t.Fatalf("lines: %v", kinds)
	}
	if l := c.Messages[0]; len(l.Suggestions) != 1 || l.Suggestions[0].Question != "Where is my order?" ||
		l.Suggestions[0].Choice != "edited" || l.Suggestions[0].Agent != "agent of "+p.org.Name {
		t.Errorf("suggestions: %+v", l)
	}
	if l := c.Messages[2]; l.Changed != archive.Edited || len(l.Previous) != 1 || l.Previous[0].Body != "It left yesterday" {
		t.Errorf("the edited message: %+v", l)
	}
	if l := c.Messages[3]; len(l.Highlighted) != 2 || l.Highlighted[1] != (archive.Span{Text: "depot", IsMatch: true}) {
		t.Errorf("marked: %+v", l.Highlighted)
	}
	in := c.Staff
	if in == nil || in.Group != "General" || len(in.Tags) != 1 || in.Country != "NO" || len(in.Data) != 2 ||
		in.Data[1] != (archive.DataField{Name: "plan", Value: "Gold"}) ||
		len(in.PageViews) != 1 || in.VisitorEmail != "anna@home.example" || len(in.Assignments) != 1 ||
		in.Assignments[0].EndReason != "closed" || in.Agent != "agent of "+p.org.Name {
		t.Errorf("what staff knows: %+v", in)
	}

	checkExports(t, c)

	if _, err := p.service.Get(ctx, p.manager(), uuid.New(), ""); fail.KindOf(err) != fail.NotFound {
		t.Errorf("one that is none: %v", err)
	}
	if _, err := p.service.Get(ctx, access.Actor{}, id, ""); fail.KindOf(err) != fail.Forbidden {
		t.Errorf("nobody: %v", err)
	}
}

// checkExports checks what is in the files of JSON and text that staff saves of a record, and how they are called.
func checkExports(t *testing.T, c archive.Record) {
	t.Helper()
	raw, err := c.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Messages []struct{ Text string }
		Staff    struct {
			Tags        []string
			Assignments []struct{ Agent string }
			Data        map[string]string
		}
	}
	if err := json.Unmarshal(raw, &d); err != nil || len(d.Messages) != 5 || d.Messages[3].Text != "Check the depot" ||
		len(d.Staff.Tags) != 1 || len(d.Staff.Assignments) != 1 || d.Staff.Data["plan"] != "Gold" {
		t.Errorf("%v: %s", err, raw)
	}
	for _, part := range []string{
		"Note by Mia", "Check the depot", "Earlier text: It left yesterday", "Suggestion edited: Where is my order?",
		"Tags:      Innertag",
	} {
		if !strings.Contains(c.Text(), part) {
			t.Errorf("the text lacks %q:\n%s", part, c.Text())
		}
	}
	if name := c.FileName("json"); !regexp.MustCompile(`^conversation-\d{4}-\d\d-\d\d-[0-9a-f]{12}\.json$`).MatchString(name) {
		t.Errorf("file name %q", name)
	}
}

func TestHighlight(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, words, want string }{
		{"Where are my Parcels, please", "parcel", "Where are my [Parcels], please"},
		{"unparcel parcel", "parcel", "unparcel [parcel]"},
		{"ÄRGER ärgerlich", "ärger", "[ÄRGER] [ärgerlich]"},
		{"write to a.b@shop.example!", "a.b@shop.example", "write to [a.b@shop.example]!"},
		{"nothing", "some", "nothing"},
		{strings.Repeat("before ", 60) + "needle " + strings.Repeat("after ", 60), "needle", ""},
	} {
		var b strings.Builder
		words := strings.Fields(c.words)
		list := archive.Highlight(c.text, words)
		if c.want == "" {
			list = archive.Excerpt(c.text, words)
		}
		for _, x := range list {
			if x.IsMatch {
				b.WriteString("[" + x.Text + "]")
			} else {
				b.WriteString(x.Text)
			}
		}
		got := b.String()
		if c.want == "" {
			if !strings.HasPrefix(got, "… before") || !strings.HasSuffix(got, " …") ||
				!strings.Contains(got, "[needle]") || len(got) > 250 {
				t.Errorf("excerpt: %q", got)
			}
		} else if got != c.want {
			t.Errorf("%q: %q", c.text, got)
		}
	}
}
