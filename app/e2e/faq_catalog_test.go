package e2e

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/faq"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

// TestFAQExportAndImport shows that an export is imported again without a change, in both formats; that it becomes
// the same in another organization; and that each row that cannot be imported says why.
func TestFAQExportAndImport(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o, other := testkit.NewOrg(t), testkit.NewOrg(t)
	s := startServer(t, nil)
	manager := o.As(access.Manager)
	names := faq.ScopeNames{Customers: []faq.NamedScope{{ID: o.Customer, Name: "Customer of " + o.Name}}}
	file := "question;answer;language;id;category;customer\n" +
		"Where is my parcel?;On its way.;en;a;Delivery;\n" +
		"Wo ist mein Paket?;Unterwegs.;de;a;Delivery;\n" +
		"\"=1+1\";\"'quoted; and\nin two lines\";en;;;Customer of " + o.Name + "\n" +
		"Where is my PARCEL;Again.;en;;;\n" +
		";no question;en;;;\n" +
		"Q;A;klingon!;;;\n" +
		"Q;A;en;;;Nobody\n"
	records, err := faq.ParseFile([]byte(file))
	if err != nil || len(records) != 6 {
		t.Fatal(len(records), err)
	}
	judge := func(who access.Actor, records []faq.Record, names faq.ScopeNames, dry faq.ImportMode) string {
		t.Helper()
		fates, err := s.FAQ.Import(ctx, who, records, names, "en", dry)
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, f := range fates {
			words = append(words, f.Outcome)
		}
		return strings.Join(words, " ")
	}
	const first = "new new double wrong wrong wrong"
	if got := judge(manager, records, names, faq.ImportPreview); got != first {
		t.Errorf("looked at: %s", got)
	}
	if _, total, err := s.FAQ.ListEntries(ctx, manager, faq.Filter{}); err != nil || total != 0 {
		t.Errorf("a look has changed something: %d %v", total, err)
	}
	if got := judge(manager, records, names, faq.ImportApply); got != first {
		t.Errorf("taken in: %s", got)
	}
	for _, format := range []string{"csv", "json"} {
		var out bytes.Buffer
		if err := s.FAQ.Export(ctx, manager, format, &out); err != nil {
			t.Fatal(err)
		}
		if format == "csv" && strings.Contains(out.String(), "\n=") {
			t.Error("a spreadsheet would compute what a visitor wrote")
		}
		again, err := faq.ParseFile(out.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if got := judge(manager, again, names, faq.ImportPreview); got != "unchanged unchanged" {
			t.Errorf("%s read again: %s", format, got)
		}
		empty := faq.ScopeNames{Customers: []faq.NamedScope{{ID: other.Customer, Name: "Customer of " + o.Name}}}
		want := map[string]string{"csv": "new new", "json": "unchanged unchanged"}[format]
		if got := judge(other.As(access.Manager), again, empty, faq.ImportApply); got != want {
			t.Errorf("%s read by another organization: %s, not %s", format, got, want)
		}
	}
	for name, bad := range map[string]string{
		"empty":          "",
		"no head":        "a,b\n1,2\n",
		"not UTF-8":      "question,answer\n\xff\x81,x\n",
		"broken JSON":    `{"entries": [`,
		"other JSON":     `{"entries": "no"}`,
		"a lonely quote": "question,answer\n\"x,y\n",
	} {
		if _, err := faq.ParseFile([]byte(bad)); fail.As(err) == nil || fail.As(err).Fields["file"] == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.FAQ.Import(ctx, o.As(access.Agent), records, names, "en", faq.ImportApply); fail.KindOf(err) != fail.Forbidden {
		t.Errorf("an agent imports: %v", err)
	}
}

// TestFAQRights shows who may edit FAQ entries, what goes to review, and that nobody overwrites another's change.
func TestFAQRights(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	agent, manager := o.As(access.Agent), o.As(access.Manager)
	e := faq.Entry{State: faq.Published, Texts: []faq.Text{{Language: "EN", Question: "Q", Answer: "A"}}}
	if _, _, err := s.FAQ.SaveEntry(ctx, agent, e); fail.KindOf(err) != fail.Forbidden {
		t.Errorf("an agent edits: %v", err)
	}
	rules := settings.Desk{AgentsEdit: true, Review: true, AwayReasons: []string{"Tea"}}
	if err := s.Settings.SetDesk(ctx, manager, rules); err != nil {
		t.Fatal(err)
	}
	id, state, err := s.FAQ.SaveEntry(ctx, agent, e)
	if err != nil || state != faq.InReview {
		t.Fatalf("an agent's entry is %s, %v", state, err)
	}
	if got := bestSuggestion(t, s, agent, "Q", faq.Scope{}); got != "" {
		t.Errorf("what waits for a manager is suggested: %q", got)
	}
	read, err := s.FAQ.GetEntry(ctx, manager, id)
	if err != nil || read.Texts[0].Language != "en" {
		t.Fatal(read, err)
	}
	read.State = faq.Published
	if _, state, err := s.FAQ.SaveEntry(ctx, manager, read); err != nil || state != faq.Published {
		t.Fatal(state, err)
	}
	if _, _, err := s.FAQ.SaveEntry(ctx, agent, read); fail.KindOf(err) != fail.Conflict { // the version before
		t.Errorf("a change is written over: %v", err)
	}
	_, former, _, err := s.FAQ.GetHistory(ctx, manager, id)
	if err != nil || len(former) != 2 || former[1].State != faq.InReview {
		t.Errorf("history: %+v %v", former, err)
	}
	// Scope: only where it belongs.
	read, _ = s.FAQ.GetEntry(ctx, manager, id)
	read.Scope.Customer = o.Customer
	read.Texts[0].Question = "Do you have a workshop for bicycles?"
	if _, _, err := s.FAQ.SaveEntry(ctx, manager, read); err != nil {
		t.Fatal(err)
	}
	for n := 0; bestSuggestion(t, s, agent, "is there a bicycle workshop?", faq.Scope{
		Customer: o.Customer,
		Website:  o.Website,
	}) == ""; n++ {
		if n > 200 {
			t.Fatal("not suggested for its customer")
		}
		time.Sleep(20 * time.Millisecond)
	}
	if got := bestSuggestion(t, s, agent, "is there a bicycle workshop?", faq.Scope{Customer: uuid.New()}); got != "" {
		t.Error("suggested for another customer")
	}
	if found, err := s.FAQ.Search(ctx, agent, "bicyc", "en", faq.Scope{Customer: uuid.New()}); err != nil || len(found) != 0 {
		t.Errorf("found for another customer: %v %v", found, err)
	}
	if found, err := s.FAQ.Search(ctx, agent, "'bicyc & | ! :*", "en", faq.Scope{Customer: o.Customer}); err != nil || len(found) != 1 {
		t.Errorf("found for its own: %v %v", found, err)
	}
}

// TestSnippetScopes shows that snippets belong to those they are for: nobody uses or changes another agent's own,
// nor those of a group without being in it.
func TestSnippetScopes(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	agent, manager := o.As(access.Agent), o.As(access.Manager)
	group, err := s.Groups.Create(ctx, manager, "Others")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []faq.Snippet{
		{Name: "all", Body: "for all"},
		{Name: "group", Group: group, Body: "for a group"},
		{Name: "mine", User: manager.ID(), Keys: "ctrl+shift+f2", Body: "the manager's"},
	} {
		if err := s.FAQ.SaveSnippet(ctx, manager, x); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.FAQ.ListSnippets(ctx, manager, faq.SnippetScope{AllGroups: true})
	if err != nil || len(list) != 3 {
		t.Fatal(list, err)
	}
	for _, x := range list {
		_, err := s.FAQ.ExpandSnippet(ctx, agent, x.ID, faq.SnippetScope{}, faq.PlaceholderValues{})
		if may := x.Name == "all"; (err == nil) != may {
			t.Errorf("an agent uses %s: %v", x.Name, err)
		}
		x.Body = "changed"
		if err := s.FAQ.SaveSnippet(ctx, agent, x); err == nil {
			t.Errorf("an agent changes %s", x.Name)
		}
		if err := s.FAQ.RemoveSnippet(ctx, agent, x.ID); err == nil {
			t.Errorf("an agent deletes %s", x.Name)
		}
	}
	for name, x := range map[string]faq.Snippet{
		"the desk's key":      {Name: "a", Keys: "Alt+N", Body: "x", User: agent.ID()},
		"the browser's key":   {Name: "a", Keys: "Ctrl+T", Body: "x", User: agent.ID()},
		"no name":             {Name: "a b", Body: "x", User: agent.ID()},
		"no text":             {Name: "a", User: agent.ID()},
		"no such placeholder": {Name: "a", Body: "Hello {vistor}!", User: agent.ID()},
		"another's":           {Name: "a", Body: "x", User: manager.ID()},
	} {
		if err := s.FAQ.SaveSnippet(ctx, agent, x); fail.As(err) == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// BenchmarkFAQCatalog prints what a page of the list and a search cost with ten thousand entries.
func BenchmarkFAQCatalog(b *testing.B) {
	ctx := context.Background()
	o := testkit.NewOrg(b)
	s := startServer(b, nil)
	var records []faq.Record
	for i := range 10_000 {
		records = append(records,
			faq.Record{Texts: []faq.Text{{Language: "en", Question: fmt.Sprintf("Question %d about thing %d and matter %d?", i, i%97, i%31), Answer: strings.Repeat("An answer of some words. ", 12)}}})
	}
	if _, err := s.FAQ.Import(ctx, o.As(access.Manager), records, faq.ScopeNames{}, "en", faq.ImportApply); err != nil {
		b.Fatal(err)
	}
	for name, f := range map[string]faq.Filter{"list": {}, "page 150": {Page: 149}, "search": {Query: "thing 45 matter"}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := s.FAQ.ListEntries(ctx, o.As(access.Manager), f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
