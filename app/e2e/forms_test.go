package e2e

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/net/html"

	"parley/app/domain/faq"
	"parley/app/domain/identity"
	"parley/app/domain/routing"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// TestConcurrentEdits shows two people who edit the same group at two servers: the second learns what was changed
// and by whom, can overwrite it or take it, and is asked again if it is changed once more.
func TestConcurrentEdits(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	one, two := startServer(t, nil), startServer(t, nil)
	o := testkit.NewOrg(t)
	group, err := one.Groups.Create(ctx, o.As(access.Owner), "Billing")
	if err != nil {
		t.Fatal(err)
	}
	path := "/admin/groups/" + group.String()
	max, olga := logInFormClient(t, one, o.Users[access.Manager]), logInFormClient(t, two, o.Users[access.Owner])
	his, hers := max.get(one, path).form(t, path), olga.get(two, path).form(t, path)
	members := olga.get(two, path).form(t, path+"/members")
	remove := olga.get(two, path).form(t, path+"/remove")
	if a := max.send(one, his.with("name", "Invoices", "zone", "Europe/Berlin")); a.code != http.StatusSeeOther || len(a.saved) != 1 {
		t.Fatalf("the first save: %d %v %.500s", a.code, a.saved, a.body)
	}
	refused := olga.send(two, hers.with("name", "Accounts", "after", "77"))
	if refused.code != http.StatusConflict {
		t.Fatalf("the second save: %d %.500s", refused.code, refused.body)
	}
	for _, want := range []string{
		"changed this",
		"second",
		"Name: “Billing” → “Invoices”",
		"Time zone: “UTC” → “Europe/Berlin”",
		">" + o.Users[access.Manager].Name + " changed this",
	} {
		if !strings.Contains(strings.Join(strings.Fields(html.UnescapeString(refused.body)), " "), strings.TrimPrefix(want, ">")) {
			t.Errorf("the refusal does not say %q: %s", want, noticeIn(refused.body))
		}
	}
	again := refused.form(t, path)
	if v := again.values; v.Get("name") != "Accounts" || v.Get("after") != "77" {
		t.Errorf("what was typed is gone: %v", v)
	}
	if v := again.values; v.Get("zone") != "Europe/Berlin" {
		t.Errorf("a field that was not touched is what it was: %v", v)
	}
	// A third change comes before she repeats it.
	third := max.get(one, path).form(t, path)
	if a := max.send(one, third.with("name", "Payments")); a.code != http.StatusSeeOther {
		t.Fatalf("%d %.500s", a.code, a.body)
	}
	refused = olga.send(two, again)
	if refused.code != http.StatusConflict || !strings.Contains(refused.body, "“Invoices” → “Payments”") {
		t.Fatalf("a third change: %d %s", refused.code, noticeIn(refused.body))
	}
	if a := olga.send(two, refused.form(t, path)); a.code != http.StatusSeeOther {
		t.Fatalf("saving over it: %d %.500s", a.code, a.body)
	}
	g, _, err := one.Routing.GetGroupInfo(ctx, o.As(access.Owner), group)
	if err != nil || g.Name != "Accounts" || g.OverflowAfter.Seconds() != 77 || g.Hours.Zone.String() != "Europe/Berlin" {
		t.Errorf("stored: %+v %v", g.Settings, err)
	}
	takeTheirs(ctx, t, one, two, o, group, path, max, olga)
	// The members' form is not older for it; the deletion is.
	if a := olga.send(two, members); a.code != http.StatusSeeOther {
		t.Errorf("the neighbor: %d %s", a.code, noticeIn(a.body))
	}
	refused = olga.send(two, remove)
	if refused.code != http.StatusConflict || !strings.Contains(refused.body, "Nothing was deleted") {
		t.Errorf("deleting what was changed: %d %s", refused.code, noticeIn(refused.body))
	}
	late := max.get(one, path).form(t, path)
	lateRemove := max.get(one, path).form(t, path+"/remove")
	if a := olga.send(two, refused.form(t, path+"/remove")); a.code != http.StatusSeeOther {
		t.Errorf("deleting it then: %d %s", a.code, noticeIn(a.body))
	}
	gone := max.send(one, late.with("name", "Too late"))
	if gone.code != http.StatusNotFound || !strings.Contains(gone.body, o.Users[access.Owner].Name+" deleted it") ||
		!strings.Contains(gone.body, "Too late") {
		t.Errorf("saving what is gone: %d %.1500s", gone.code, gone.body)
	}
	if gone = max.send(one, lateRemove); gone.code != http.StatusNotFound || !strings.Contains(gone.body, "no longer exists") {
		t.Errorf("deleting what is gone: %d %.500s", gone.code, gone.body)
	}
}

// takeTheirs has Olga take the other's value for one field.
func takeTheirs(ctx context.Context, t *testing.T, one, two *serve.Server, o testkit.Org, group uuid.UUID, path string, max, olga formClient) {
	t.Helper()
	var err error
	var his htmlForm
	var hers htmlForm
	var refused formResponse
	var g routing.GroupInfo
	// Theirs can be taken for a field.
	his = max.get(one, path).form(t, path)
	hers = olga.get(two, path).form(t, path)
	max.send(one, his.with("name", "Refunds"))
	refused = olga.send(two, hers.with("name", "Returns", "after", "88"))
	if a := olga.send(two, refused.form(t, path).with("_theirs", "name")); a.code != http.StatusSeeOther {
		t.Fatalf("taking theirs: %d %.500s", a.code, a.body)
	}
	if g, _, err = one.Routing.GetGroupInfo(ctx, o.As(access.Owner), group); err != nil || g.Name != "Refunds" || g.OverflowAfter.Seconds() != 88 {
		t.Errorf("stored: %+v %v", g.Settings, err)
	}
}

// TestFormsNoticeOtherChanges shows that a change by other means than a form makes the form stale, too.
func TestFormsNoticeOtherChanges(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, o := startServer(t, nil), testkit.NewOrg(t)
	olga := logInFormClient(t, s, o.Users[access.Owner])
	path := "/admin/websites/" + o.Website.String() + "/widget/greetings"
	form := olga.get(s, "/admin/websites/"+o.Website.String()+"/widget").form(t, path)
	look := olga.get(s, "/admin/websites/"+o.Website.String()+"/widget").form(t, strings.Replace(path, "greetings", "look", 1))
	if _, err := s.DB.As(access.System(o.ID, "test")).Exec(ctx,
		`insert into settings (org_id, customer_id, website_id, section, value)
			select org_id, customer_id, id, 'greetings', '{"greetings": [{"text": "Imported"}]}' from websites where id = $1
			on conflict (org_id, customer_id, website_id, section) do update set value = excluded.value`, o.Website); err != nil {
		t.Fatal(err)
	}
	refused := olga.send(s, form.with("0-text", "Mine"))
	if refused.code != http.StatusConflict ||
		!strings.Contains(refused.body, "This was changed after you opened it.") || !strings.Contains(refused.body, "“Imported”") {
		t.Errorf("%d %s", refused.code, noticeIn(refused.body))
	}
	if got := refused.form(t, path).values.Get("0-text"); got != "Mine" {
		t.Errorf("what was typed: %q", got)
	}
	if a := olga.send(s, look.with("own", ".help")); a.code != http.StatusSeeOther {
		t.Errorf("the neighbor: %d %s", a.code, noticeIn(a.body))
	}
}

// TestListForms shows that an entry that was changed after the list was shown is not published unseen, while others
// are.
func TestListForms(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, o := startServer(t, nil), testkit.NewOrg(t)
	owner := o.As(access.Owner)
	var ids []uuid.UUID
	for _, question := range []string{"Changed?", "As it was?"} {
		id, _, err := s.FAQ.SaveEntry(ctx, owner, faq.Entry{
			State: faq.Draft,
			Texts: []faq.Text{{Language: "en", Question: question, Answer: "Yes."}},
		})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	olga, max := logInFormClient(t, s, o.Users[access.Owner]), logInFormClient(t, s, o.Users[access.Manager])
	list := olga.get(s, "/faq").form(t, "/faq/state").with("state", "live")
	other := olga.get(s, "/faq").form(t, "/faq/state").with("state", "live", "id", ids[1].String())
	entry := "/faq/" + ids[0].String()
	if a := max.send(s, max.get(s, entry).form(t, entry).with("answer", "No.")); a.code != http.StatusSeeOther {
		t.Fatalf("%d %s", a.code, noticeIn(a.body))
	}
	if a := olga.send(s, list.with("id", ids[0].String())); a.code != http.StatusConflict || !strings.Contains(a.body, o.Users[access.Manager].Name+" changed this") {
		t.Errorf("what was changed: %d %s", a.code, noticeIn(a.body))
	}
	if a := olga.send(s, other); a.code != http.StatusSeeOther {
		t.Errorf("what was not: %d %s", a.code, noticeIn(a.body))
	}
	// An entry of several languages: one that was added meanwhile is not lost.
	form := olga.get(s, entry).form(t, entry)
	if a := max.send(s,
		max.get(s, entry).form(t, entry).with("language-new", "fr", "question-new", "Quoi ?", "answer-new", "Non.")); a.code != http.StatusSeeOther {
		t.Fatalf("%d %s", a.code, noticeIn(a.body))
	}
	refused := olga.send(s, form.with("answer", "Maybe."))
	if refused.code != http.StatusConflict || !strings.Contains(refused.body, "Quoi ?") {
		t.Fatalf("%d %s", refused.code, noticeIn(refused.body))
	}
	if a := olga.send(s, refused.form(t, entry)); a.code != http.StatusSeeOther {
		t.Fatalf("%d %s", a.code, noticeIn(a.body))
	}
	if e, err := s.FAQ.GetEntry(ctx, owner, ids[0]); err != nil || len(e.Texts) != 2 || e.Texts[0].Answer != "Maybe." {
		t.Errorf("%+v %v", e, err)
	}
}

// TestAnonymousFormsSentTwice shows that who joins, resets a password, or founds an organization by a form that
// comes twice is let in twice, and exists once.
func TestAnonymousFormsSentTwice(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	servers := []*serve.Server{startServer(t, nil), startServer(t, nil)}
	o := testkit.NewOrg(t)
	secret, _, err := servers[0].Identity.Invite(ctx, o.As(access.Owner), "twice@"+o.Name+".example", access.Agent,
		uuid.Nil, identity.ShownToRequester)
	if err != nil {
		t.Fatal(err)
	}
	stranger := formClient{t: t}
	name := "Twice " + uuid.NewString()[:8]
	for _, f := range []htmlForm{
		stranger.get(servers[0], "/join/"+secret).form(t, "/join/"+secret).with("name", "Nina", "password", "a long password"),
		stranger.get(servers[0], "/signup").form(t, "/signup").with("organization", name, "name", "Ann", "email",
			strings.ToLower(strings.ReplaceAll(name, " ", ""))+"@ann.example", "password", "a long password"),
	} {
		answers := make([]formResponse, 6)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = stranger.send(servers[i%2], f) })
		}
		all.Wait()
		for _, a := range append(answers, stranger.send(servers[1], f)) {
			if a.code != http.StatusSeeOther || a.to != answers[0].to {
				t.Errorf("%s: %d to %s, not %s: %s", f.action, a.code, a.to, answers[0].to, noticeIn(a.body))
			}
		}
		if !strings.HasPrefix(f.action, "/join/") {
			continue // other fields are another form: an address that nobody has proven founds another organization
		}
		if a := (formClient{
			t:      t,
			cookie: answers[0].session,
		}).send(servers[0], f); a.code != http.StatusSeeOther || a.to != answers[0].to || a.session != "" {
			t.Errorf("%s, logged in: %d to %s", f.action, a.code, a.to)
		}
		if _, err := owner(t).Exec(ctx,
			"update identities set password_hash = (select password_hash from identities i where i.email = $2) where email = $1",
			"twice@"+o.Name+".example", o.Users[access.Agent].Email); err != nil { // as if it were changed
			t.Fatal(err)
		}
		if a := stranger.send(servers[1], f); a.code != http.StatusSeeOther || a.to != "/login" || a.session != "" {
			t.Errorf("%s: the password of before lets in: %d to %s %s", f.action, a.code, a.to, a.session)
		}
		if a := stranger.send(servers[1], f.with("password", "another password")); a.code == http.StatusSeeOther {
			t.Errorf("%s: another password is let in: %d to %s", f.action, a.code, a.to)
		}
	}
	var n int
	if err := owner(t).QueryRow(ctx,
		"select count(*) from memberships m join identities i on i.id = m.identity_id where i.email like "+
			"'twice%@ann.example' and i.email = $1",
		strings.ToLower(strings.ReplaceAll(name, " ", ""))+"@ann.example").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d organizations, not one (%v)", n, err)
	}
}

// TestFormsSentAtOnce shows that of two forms saved at the same moment one is saved, and the other is refused with
// the reason.
func TestFormsSentAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	servers := []*serve.Server{startServer(t, nil), startServer(t, nil)}
	o := testkit.NewOrg(t)
	group, err := servers[0].Groups.Create(ctx, o.As(access.Owner), "Billing")
	if err != nil {
		t.Fatal(err)
	}
	path := "/admin/groups/" + group.String()
	people := []formClient{logInFormClient(t, servers[0], o.Users[access.Manager]), logInFormClient(t, servers[1], o.Users[access.Owner])}
	for round := range 5 {
		var forms []htmlForm
		for i := range 8 {
			forms = append(forms, people[i%2].get(servers[i%2], path).form(t, path).with("name", "Name "+uuid.NewString()[:8]))
		}
		codes := make([]int, len(forms))
		var all sync.WaitGroup
		for i, f := range forms {
			all.Go(func() { codes[i] = people[i%2].send(servers[i%2], f).code })
		}
		all.Wait()
		counts := map[int]int{}
		for _, code := range codes {
			counts[code]++
		}
		if counts[http.StatusSeeOther] != 1 || counts[http.StatusConflict] != len(forms)-1 {
			t.Errorf("round %d: %v", round, counts)
		}
	}
}

// TestFormsSentTwice shows that a form that comes several times makes one thing, and that each is answered as the
// first: one after another, and at the same moment at two servers.
func TestFormsSentTwice(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	servers := []*serve.Server{startServer(t, nil), startServer(t, nil)}
	o := testkit.NewOrg(t)
	olga := logInFormClient(t, servers[0], o.Users[access.Owner])
	count := func(what string) (n int) {
		t.Helper()
		if err := servers[0].DB.As(access.System(o.ID, "test")).QueryRow(ctx, "select count(*) from "+what).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, c := range []struct {
		page, action string
		fields       []string
		what         string
	}{
		{"/admin", "/admin/customers", []string{"name", "A customer"}, "customers"},
		{"/admin/groups", "/admin/groups", []string{"name", "A group"}, "groups"},
		{"/admin/customers/" + o.Customer.String(), "/admin/customers/" + o.Customer.String() + "/websites", []string{"name", "Another", "host", "another.example"}, "websites"},
		{"/faq/new", "/faq/new", []string{"question", "How?", "answer", "So."}, "faq_entries"},
		{"/admin/team", "/admin/team/invite", []string{"email", "new@" + o.Name + ".example"}, "invitations"},
		{"/admin/blocked", "/admin/blocked", []string{"network", "203.0.113.9", "reason", "Floods"}, "blocks"},
		{"/admin/tags", "/admin/tags", []string{"name", "Refund"}, "tags"},
	} {
		before := count(c.what)
		f := olga.get(servers[0], c.page).form(t, c.action).with(c.fields...)
		first := olga.send(servers[0], f)
		second := olga.send(servers[1], f)
		if first.code != http.StatusSeeOther || second.code != first.code || second.to != first.to {
			t.Errorf("%s: %d to %s, then %d to %s: %s", c.action, first.code, first.to, second.code, second.to, noticeIn(first.body))
		}
		if n := count(c.what) - before; n != 1 {
			t.Errorf("%s: %d more %s, not one", c.action, n, c.what)
		}
	}
	// At the same moment.
	for range 3 {
		before := count("customers")
		f := olga.get(servers[0], "/admin").form(t, "/admin/customers").with("name", "Customer "+uuid.NewString()[:8])
		answers := make([]formResponse, 10)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = olga.send(servers[i%2], f) })
		}
		all.Wait()
		for _, a := range answers {
			if a.code != http.StatusSeeOther || a.to != answers[0].to {
				t.Errorf("%d to %s, not %s: %.300s", a.code, a.to, answers[0].to, a.body)
			}
		}
		if n := count("customers") - before; n != 1 {
			t.Errorf("%d more customers, not one", n)
		}
	}
	// A refusal does not use the form up.
	f := olga.get(servers[0], "/admin").form(t, "/admin/customers")
	if a := olga.send(servers[0], f.with("name", " ")); a.code != http.StatusUnprocessableEntity {
		t.Errorf("%d", a.code)
	}
	if a := olga.send(servers[0], f.with("name", "After all")); a.code != http.StatusSeeOther {
		t.Errorf("%d %s", a.code, noticeIn(a.body))
	}
}
