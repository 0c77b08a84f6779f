package archive_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/archive"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

// Words find conversations that have at least one of them: those with the most first, then the newest; by their beginnings,
// whatever the case, in what was said, in notes and in tags.
func TestSearch(t *testing.T) {
	p := newFixture(t)
	parcel := p.createClosed("Where is my Parcel 4711?", "It's on the way: https://track.example/4711",
		"note Carrier has lost O'Brien's order")
	both := p.createClosed("My parcel is broken, I want a refund")
	refund := p.createClosed("Refund, please; 100% of it")
	p.tag(refund, "Urgent")
	running := p.createOpen(p.org.Visitor(), p.org.Customer, "A parcel that still runs")
	who := p.manager()
	for text, want := range map[string][]uuid.UUID{
		"parcel refund":     {both, refund, parcel},
		"PARC":              {both, parcel},
		"4711":              {parcel},
		"nothing else":      nil,
		"lost":              {parcel},
		"o'brien's":         {parcel},
		"urgent":            {refund},
		`"is broken"`:       {both},
		`"broken is"`:       nil,
		`"100%"`:            {refund},
		`"10_%"`:            nil,
		`back\slash parcel`: {both, parcel},
	} {
		p.expectResults(who, archive.Filter{Text: text}, want...)
	}
	p.expectResults(who, archive.Filter{}, refund, both, parcel)
	p.close(running)
	p.expectResults(who, archive.Filter{Text: "runs"}, running)

	page := p.list(who, archive.Filter{Text: "carrier parcel"}, archive.Cursor{})
	if c := page.Conversations[0]; c.ID != parcel || !c.InNote && c.Excerpt[0].Text != "Where is my " {
		t.Errorf("the excerpt of the best message: %+v", c)
	}
	for _, text := range []string{"?!", strings.Repeat("a", 300), "\x00\x01 ?"} {
		if _, err := p.service.List(context.Background(), who, archive.Filter{Text: text}, archive.Cursor{}); fail.As(err) == nil || fail.As(err).Fields["q"] == "" {
			t.Errorf("searching for %q: %v", text, err)
		}
	}
	if _, err := p.service.List(context.Background(), who, archive.Filter{Text: "parcel"}, archive.Cursor{
		Skip: archive.SearchDepth,
	}); fail.KindOf(err) != fail.Invalid {
		t.Errorf("paging beyond the end: %v", err)
	}
}

// Filters hold together, with words and without.
func TestFilters(t *testing.T) {
	p := newFixture(t)
	here := p.createClosed("Word of here")
	there, customer := p.createClosedForOtherCustomer("Word of there")
	tag := p.tag(here, "Complaint")
	who, mia := p.manager(), p.org.As(access.Agent).ID()
	for _, text := range []string{"", "word"} {
		p.expectResults(who, archive.Filter{Text: text}, there, here)
		p.expectResults(who, archive.Filter{Text: text, Customer: customer}, there)
		p.expectResults(who, archive.Filter{Text: text, Website: p.org.Website}, here)
		p.expectResults(who, archive.Filter{Text: text, Tag: tag}, here)
		p.expectResults(who, archive.Filter{Text: text, Tag: tag, Customer: customer})
		p.expectResults(who, archive.Filter{Text: text, Agent: mia}, there, here)
		p.expectResults(who, archive.Filter{Text: text, Agent: uuid.New()})
		p.expectResults(who, archive.Filter{Text: text, Group: uuid.New()})
		p.expectResults(who, archive.Filter{Text: text, From: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour)}, there, here)
		p.expectResults(who, archive.Filter{Text: text, From: time.Now().Add(time.Hour)})
		p.expectResults(who, archive.Filter{Text: text, Until: day(2020, 1, 1)})
	}
	choices, err := p.service.Choices(context.Background(), who)
	if err != nil || len(choices.Customers) != 3 || len(choices.Websites) != 2 || len(choices.Groups) != 1 ||
		len(choices.Tags) != 1 || len(choices.Agents) != 4 {
		t.Errorf("choices: %+v, %v", choices, err)
	}
}

// Page by page each conversation comes once, though many were closed at the same moment; a search can be paged to its depth.
func TestPaging(t *testing.T) {
	p := newFixture(t)
	p.createManyClosed(130, "'Paged'")
	for _, text := range []string{"", "paged"} {
		seen, at, pages := map[uuid.UUID]bool{}, archive.Cursor{}, 0
		for more := true; more; pages++ {
			page := p.list(p.manager(), archive.Filter{Text: text}, at)
			for _, c := range page.Conversations {
				if seen[c.ID] {
					t.Errorf("%q: %s comes twice", text, c.ID)
				}
				seen[c.ID] = true
			}
			at, more = page.Next, page.HasMore
		}
		if len(seen) != 130 || pages != 3 {
			t.Errorf("%q: %d conversations on %d pages", text, len(seen), pages)
		}
	}
}

// A word that nearly all have finds them, the newest first; beside a rarer one it finds none by itself, but counts.
func TestCommonWords(t *testing.T) {
	p := newFixture(t)
	p.createManyClosed(1100, "'common ' || case when n % 50 = 0 then 'rare' else 'often' end || case when n = 100 then ' odd' else '' end")
	who := p.manager()
	page := p.list(who, archive.Filter{Text: "common often"}, archive.Cursor{})
	if len(page.Conversations) != archive.PageSize || !page.HasMore {
		t.Errorf("common words find %d, more %v", len(page.Conversations), page.HasMore)
	}
	last := p.list(who, archive.Filter{Text: "common"}, archive.Cursor{Skip: archive.SearchDepth - archive.PageSize})
	if len(last.Conversations) != archive.PageSize || last.HasMore || !last.DepthReached {
		t.Errorf("the last page: %d, more %v, beyond %v", len(last.Conversations), last.HasMore, last.DepthReached)
	}
	page = p.list(who, archive.Filter{Text: "rare common"}, archive.Cursor{})
	if len(page.Conversations) != 22 {
		t.Errorf("a rare word and a common one find %d, not the 22 with the rare one", len(page.Conversations))
	}
	if page := p.list(who, archive.Filter{Text: "common odd rare"}, archive.Cursor{}); len(page.Conversations) != 22 || page.Conversations[0].ClosedAt.Second() != 33 {
		t.Errorf("those with the most words are not the first: %+v", page.Conversations[0])
	}
}

// Whoever closes, the words are kept with the close, notes too, and the asker is no more than before.
func TestWordsAreIndexedOnClose(t *testing.T) {
	p := newFixture(t)
	ctx, visitor := context.Background(), p.org.Visitor()
	id := p.createOpen(visitor, p.org.Customer, "Hello there", "note Beware")
	var role string
	err := testkit.DB(t).As(visitor).QueryRow(ctx,
		`with x as (update conversations set state = 'closed', closed_at = now() where id = $1 returning 1) select app.role() from x`,
		id).Scan(&role)
	if err != nil || role != "visitor" {
		t.Fatalf("%q, %v", role, err)
	}
	p.expectResults(p.manager(), archive.Filter{Text: "hello"}, id)
	p.expectResults(p.manager(), archive.Filter{Text: "beware"}, id)
	if n := p.sql(visitor, "select from archive_words"); n != 0 {
		t.Errorf("the visitor sees %d rows of the archive's words", n)
	}
}

// A tag that is given or taken, and a message that is erased after the close, are found accordingly.
func TestIndexFollowsLaterChanges(t *testing.T) {
	p := newFixture(t)
	id, who := p.createClosed("My number is 5551234", "Thank you"), p.manager()
	tag := p.tag(id, "Spam")
	p.expectResults(who, archive.Filter{Text: "spam"}, id)
	p.system("delete from conversation_tags where tag_id = $1", tag)
	p.expectResults(who, archive.Filter{Text: "spam"})
	p.system("update messages set body = 'erased', changed = 'erased' where conversation_id = $1 and seq = 1", id)
	p.expectResults(who, archive.Filter{Text: "5551234"})
	p.expectResults(who, archive.Filter{Text: "thank"}, id)
}
