package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"parley/app/domain/faq"
	"parley/app/domain/group"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// managementClient is somebody who uses the pages of the management.
type managementClient struct {
	t   *testing.T
	s   *serve.Server
	web *http.Client
}

func logInToManagement(t *testing.T, s *serve.Server, o testkit.Org, role access.Role) managementClient {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	m := managementClient{t, s, &http.Client{Jar: jar}}
	if status, page := m.post("/login", "email", o.Users[role].Email, "password", testkit.Password); status != http.StatusOK {
		t.Fatalf("log in: %d %s", status, page)
	}
	return m
}

func (m managementClient) read(res *http.Response, err error) (int, string) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	return res.StatusCode, html.UnescapeString(string(b))
}

func (m managementClient) get(path string) string {
	m.t.Helper()
	_, page := m.read(m.web.Get(m.s.URL + path))
	return page
}

// post sends a form and returns status and body.
func (m managementClient) post(path string, pairs ...string) (int, string) {
	m.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return m.read(m.web.PostForm(m.s.URL+path, form))
}

// checkRefused posts a form that must be refused, and checks that the page shows each of some texts.
func (m managementClient) checkRefused(path string, pairs []string, shown ...string) {
	m.t.Helper()
	status, page := m.post(path, pairs...)
	if status != http.StatusUnprocessableEntity && status != http.StatusConflict {
		m.t.Errorf("%s %q: %d", path, pairs, status)
	}
	for _, text := range shown {
		if !strings.Contains(page, text) {
			m.t.Errorf("%s %q: the page does not show %q", path, pairs, text)
		}
	}
}

// TestWidgetForms shows that a form of the widget's page is stored whole or not at all; where it is refused,
// everything typed is there again, with what is wrong with it.
func TestWidgetForms(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o, s := testkit.NewOrg(t), startServer(t, nil)
	m := logInToManagement(t, s, o, access.Manager)
	base := "/admin/websites/" + o.Website.String() + "/widget/"
	stored := func() settings.Widget {
		w, err := s.Org.GetWebsite(ctx, o.As(access.Manager), o.Website)
		if err != nil {
			t.Fatal(err)
		}
		return w.Settings
	}
	if status, page := m.post(base+"greetings", "0-text", "Hello!", "0-from", "22:00", "0-to", "06:00", "0-day5", "on", "0-place", "1", "holidays", "--12-25, 2026-12-24"); status != http.StatusOK ||
		!strings.Contains(page, "Saved.") {
		t.Fatalf("%d %s", status, page)
	}
	if x := stored(); len(x.Greetings.List) != 1 || !slices.Equal(x.Greetings.Holidays, []string{"12-25", "2026-12-24"}) {
		t.Fatalf("%+v", x)
	}
	before, _ := json.Marshal(stored())
	for _, x := range []struct {
		part  string
		form  []string
		shown []string
	}{
		{"greetings", []string{"0-there", "on", "0-text", "Hello!", "1-text", "", "1-from", "08:15", "1-to", "17:45", "1-day1", "on"},
			[]string{"Enter a greeting or a status line", `value="08:15"`, `value="17:45"`, "Hello!"}},
		{"greetings", []string{"0-there", "on", "0-text", ""}, []string{"Enter a greeting or a status line"}},
		{"greetings", []string{"0-there", "on", "0-text", "Hi", "0-from", "08:00", "0-to", "08:00"}, []string{"The times are the same."}},
		{"greetings", []string{"0-there", "on", "0-text", "Hi", "0-place", "first", "holidays", "12-25\nsoon\n13-13"},
			[]string{"“soon”, “13-13” are not dates", "12-25\nsoon\n13-13", `value="first"`, "the order"}},
		{"greetings", []string{"0-there", "on", "0-text", strings.Repeat("x", 1001)}, []string{"1000 characters, but has 1001", strings.Repeat("x", 1001)}},
		{"questions", []string{"0-kind", "choice", "0-label", "", "0-choices", "One\nTwo"}, []string{"Enter the question, or remove it.", "One\nTwo"}},
		{"questions", []string{"0-kind", "choice", "0-label", "Which?", "0-choices", "One"}, []string{"2 to 30 choices", "Which?"}},
		{"questions", []string{"0-kind", "text", "0-label", "Name?", "0-labels", "de: Name?\nde: Wie?\nnonsense"}, []string{"“de” is used twice", "nonsense"}},
		{"questions", []string{"0-kind", "rhyme", "0-label", "Name?"}, []string{"Choose one of the options."}},
		{"invite", []string{"after", "10", "exit", "on"}, []string{"Enter a text.", `value="10"`}},
		{"invite", []string{"invite", "Hi", "after", "abc", "scroll", "101"}, []string{`value="abc"`, "a number of seconds from 0 to 3600", "a number of percent from 0 to 100"}},
		{"look", []string{"x", "12px", "zone", "Berlin"}, []string{`value="12px"`, "pixels from -50 to 1000", "time zone “Berlin” does not exist"}},
		{"look", []string{"left", "yes"}, []string{"This checkbox has an unknown value."}},
		{"files", []string{"files", "on", "files_mb", "99"}, []string{"from 1 to 50", "Select at least one file type"}},
		{"end", []string{"rating", "hearts", "reasons", "Fast"}, []string{"Choose one of the options.", "Fast"}},
		{"end", []string{"rating", "stars", "end_after", "5"}, []string{"Enter the minutes until the reminder"}},
		{"texts", []string{"texts", "de.write = Was?\nde.write = Wie?\n"}, []string{"“de.write” is used twice", "de.write = Was?\nde.write = Wie?"}},
		{"texts", []string{"texts", "de.write"}, []string{"Line 1 cannot be read"}},
	} {
		m.checkRefused(base+x.part, x.form, x.shown...)
		if after, _ := json.Marshal(stored()); string(after) != string(before) {
			t.Fatalf("%s %q has changed %s to %s", x.part, x.form, before, after)
		}
	}
	var many []string
	for i := range 51 {
		many = append(many, fmt.Sprintf("%d-text", i), fmt.Sprintf("Greeting %d", i))
	}
	m.checkRefused(base+"greetings", many, "50 greetings, but there are 51", "Greeting 50")
}

// TestGroupForms shows that the rows of a group's members are stored together or not at all, and that each wrong
// field has its own message.
func TestGroupForms(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o, s := testkit.NewOrg(t), startServer(t, nil)
	m, owner := logInToManagement(t, s, o, access.Manager), o.As(access.Owner)
	groupID, err := s.Groups.Create(ctx, owner, "Orders")
	if err != nil {
		t.Fatal(err)
	}
	path := "/admin/groups/" + groupID.String()
	agent, supervisor := o.Users[access.Agent].Actor.ID().String(), o.Users[access.Supervisor].Actor.ID().String()
	form := []string{"place-" + agent, "first", "cap-" + agent, "7", "own-" + agent, "", "place-" + supervisor, "helper", "cap-" + supervisor, "abc", "own-" + supervisor, "0"}
	m.checkRefused(path+"/members", form, `value="abc"`, `value="7"`, "a number of conversations from 1 to", `aria-describedby="h-cap-`+supervisor, `aria-describedby="h-own-`+supervisor)
	m.checkRefused(path+"/members", append(slices.Clone(form[:6]), "place-"+uuid.NewString(), "first", "cap-"+uuid.NewString(), "3"), "can no longer answer")
	in := func() (n int) {
		members, err := s.Groups.ListMembers(ctx, owner, groupID)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range members {
			if x.IsMember || x.MaxChats == 7 {
				n++
			}
		}
		return n
	}
	if n := in(); n != 0 {
		t.Errorf("%d members after refusals", n)
	}
	form[9], form[11] = "5", ""
	if status, page := m.post(path+"/members", form...); status != http.StatusOK || in() != 2 {
		t.Errorf("%d, %d members: %s", status, in(), page)
	}
	settings := func(more ...string) []string {
		return append([]string{"name", "Orders", "priority", "0", "after", "60", "zone", "Europe/Berlin"}, more...)
	}
	m.checkRefused(path, settings("day5", "22:00-6:00", "day6", "5:00-9:00, x", "holidays", "soon"), "“x” is not a time", "“soon” is not a date", "5:00-9:00, x", `value="22:00-6:00"`)
	m.checkRefused(path, settings("day5", "22:00-6:00", "day6", "5:00-9:00"), "overlaps 22:00-6:00 of the previous day")
	m.checkRefused(path, settings("day5", "9:00-9:00"), "begins and ends at the same time")
	m.checkRefused(path, settings("overflow", uuid.NewString()), "no longer exists")
	m.checkRefused(path, settings("overflow", "x"), "Choose one of the options.")
	second, err := s.Groups.Create(ctx, owner, "Second")
	if err == nil {
		err = s.Groups.Update(ctx, owner, second, group.Settings{Name: "Second", Overflow: groupID})
	}
	if err != nil {
		t.Fatal(err)
	}
	m.checkRefused(path, settings("overflow", second.String()), "Orders → Second → Orders")
	if status, page := m.post(path, settings("day5", "22:00-6:00", "day6", "6-9", "holidays", "12-25\n2026-12-24")...); status != http.StatusOK || !strings.Contains(page, "12-25\n2026-12-24") {
		t.Errorf("%d %s", status, page)
	}
	m.checkRefused("/admin/groups/rules", []string{"hand_back", "", "former", "many"}, `value="many"`, "minutes from 0 to 1440", "hours from 0 to 8760")
	m.checkRefused("/admin/customers/"+o.Customer.String()+"/share", []string{"share", "all"}, `value="all"`, "conversations from 1")
}

// TestNamesAreUnique shows that names that differ only in case, form or blanks are refused, with the reason beside
// the field.
func TestNamesAreUnique(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o, s := testkit.NewOrg(t), startServer(t, nil)
	m, owner := logInToManagement(t, s, o, access.Manager), o.As(access.Owner)
	for _, x := range []struct{ path, first, second, says string }{
		{"/admin/customers", "Zoë’s  Shop", "ZOE\u0308’S SHOP", "A customer with this name already exists"},
		{"/admin/groups", "Orders", " orders", "A group with this name already exists"},
		{"/admin/tags", "Refund", "REFUND", "A tag with this name already exists"},
	} {
		if status, page := m.post(x.path, "name", x.first); status != http.StatusOK {
			t.Fatalf("%s: %d %s", x.path, status, page)
		}
		m.checkRefused(x.path, []string{"name", x.second}, x.says, strings.TrimSpace(x.second))
	}
	sites := "/admin/customers/" + o.Customer.String() + "/websites"
	m.post(sites, "name", "Tea", "host", "tea.example")
	m.checkRefused(sites, []string{"name", "TEA", "host", "tea2.example"}, "already has a website with this name", `value="tea2.example"`)
	m.checkRefused(sites, []string{"name", "Cups", "host", "*.co.uk"}, "Anyone can have a website under co.uk", `value="*.co.uk"`)
	one := faq.Snippet{Name: "one", Keys: "Ctrl+Shift+F7", Body: "x"}
	if err := s.FAQ.SaveSnippet(ctx, owner, one); err != nil {
		t.Fatal(err)
	}
	own := faq.Snippet{Name: "mine", Keys: "ctrl+shift+f7", Body: "x", User: owner.ID()}
	if err := s.FAQ.SaveSnippet(ctx, owner, own); err == nil || !strings.Contains(err.Error(), "/one") {
		t.Errorf("the same keys: %v", err)
	}
	e := faq.Entry{State: faq.Published, Texts: []faq.Text{{Language: "en", Question: "Where is my order?", Answer: "x"}}}
	id, _, err := s.FAQ.SaveEntry(ctx, owner, e)
	if err != nil {
		t.Fatal(err)
	}
	e.Texts[0].Question = "where is  MY order"
	if _, _, err := s.FAQ.SaveEntry(ctx, owner, e); fail.KindOf(err) != fail.Invalid || !strings.Contains(err.Error(), "Where is my order?") {
		t.Errorf("the same question: %v", err)
	}
	e.Scope.Customer = o.Customer
	if _, _, err := s.FAQ.SaveEntry(ctx, owner, e); err != nil {
		t.Errorf("for another place: %v", err)
	}
	if same, err := s.FAQ.GetEntry(ctx, owner, id); err != nil {
		t.Fatal(err)
	} else if _, _, err := s.FAQ.SaveEntry(ctx, owner, same); err != nil {
		t.Errorf("the entry itself: %v", err)
	}
	m.checkRefused("/faq/new", []string{"question", "New?", "answer", "x", "language", "en", "state", "live", "language-new", "de"}, "Enter the question and answer in this language", `value="de"`)
	m.checkRefused("/faq/new", []string{"question", "New?", "answer", "x", "language", "en", "state", "live", "customer", "x"}, "Choose one of the options.", "New?")
	m.checkRefused("/faq/state", []string{"id", id.String(), "id", uuid.NewString(), "state", "draft"}, "1 of the selected entries")
	m.checkRefused("/snippets", []string{"name", "two", "body", "x", "for", "customer:gone"}, "no longer exists")
	m.checkRefused("/admin/desk", []string{"agents_edit", "on", "away_reasons", "Lunch\n" + strings.Repeat("y", 51)}, "50 characters", `name="agents_edit" value="on" checked`)
	m.checkRefused("/admin/team/invite", []string{"email", "new@b.example", "role", "agent", "customers", "x"}, "Select again", `value="new@b.example"`)
	m.checkRefused("/admin/team/"+o.Users[access.Agent].Actor.ID().String()+"/customers", []string{"customers", o.Customer.String()}, "")
}

// TestDeleteConfirmations shows that what the confirmation of a group's deletion announces is what goes, by counting
// the rows of all tables, and that the page says what stands in the way.
func TestDeleteConfirmations(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o, s := testkit.NewOrg(t), startServer(t, nil)
	m, owner := logInToManagement(t, s, o, access.Manager), o.As(access.Owner)
	super, err := pgx.Connect(ctx, superURL(t, "parley"))
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(ctx)
	tables := column[string](t, super, "select table_name from information_schema.columns where table_schema = 'public' and column_name = 'org_id' order by 1")
	count := func() map[string]int64 {
		out := map[string]int64{}
		for _, table := range tables {
			out[table] = column[int64](t, super, "select count(*) from "+table+" where org_id = $1", o.ID)[0]
		}
		return out
	}
	gone := func(before, after map[string]int64) map[string]int64 {
		out := map[string]int64{}
		for table, n := range before {
			if after[table] != n {
				out[table] = n - after[table]
			}
		}
		return out
	}
	groupID, err := s.Groups.Create(ctx, owner, "Billing & more")
	if err != nil {
		t.Fatal(err)
	}
	path := "/admin/groups/" + groupID.String()
	for _, x := range []error{
		s.Groups.SetMember(ctx, owner, groupID, group.Member{ID: o.Users[access.Agent].Actor.ID(), IsMember: true, MaxChats: 3}),
		s.Groups.SetWebsiteGroup(ctx, owner, o.Website, group.WebsiteGroup{Group: groupID}),
		s.FAQ.SaveSnippet(ctx, owner, faq.Snippet{Name: "a", Body: "x", Group: groupID}),
		s.FAQ.SaveSnippet(ctx, owner, faq.Snippet{Name: "b", Body: "x", Group: groupID}),
	} {
		if x != nil {
			t.Fatal(x)
		}
	}
	entry, _, err := s.FAQ.SaveEntry(ctx, owner, faq.Entry{State: faq.Published, Scope: faq.Scope{Group: groupID}, Texts: []faq.Text{{Language: "en", Question: "Q?", Answer: "A"}, {Language: "de", Question: "F?", Answer: "A"}}})
	if err != nil {
		t.Fatal(err)
	}
	if page := m.get(path); !strings.Contains(page, "cannot be deleted: one FAQ entry is for this group only") {
		t.Errorf("what stands in the way is not said: %s", page)
	}
	before := count()
	m.checkRefused(path+"/remove", nil, "one FAQ entry is for this group only")
	if lost := gone(before, count()); len(lost) > 0 {
		t.Errorf("a refused deletion took %v", lost)
	}
	if page := m.get("/faq/" + entry.String()); !strings.Contains(page, "Delete the FAQ entry “F?”?") ||
		!strings.Contains(page, "1 other language and 1 version in its history are deleted with it.") {
		t.Errorf("an FAQ entry's: %s", page)
	}
	m.post("/faq/" + entry.String() + "/remove")
	after := count()
	lost := gone(before, after)
	delete(lost, "events") // the deletion itself
	if lost["faq_entries"] != 1 || lost["faq_texts"] != 2 || lost["faq_history"] != 1 || len(lost) != 3 {
		t.Errorf("an FAQ entry took %v", lost)
	}
	if page := m.get(path); !strings.Contains(page, "Delete group Billing & more?") ||
		!strings.Contains(page, "2 snippets, 1 membership and the routing of 1 website are deleted with it. The main group then answers 1 website.") {
		t.Errorf("what goes is not said: %s", page)
	}
	before = count()
	m.post(path + "/remove")
	lost = gone(before, count())
	delete(lost, "events") // the deletion itself
	if lost["groups"] != 1 || lost["snippets"] != 2 || lost["group_members"] != 1 || lost["website_groups"] != 1 || len(lost) != 4 {
		t.Errorf("a group took %v", lost)
	}
}

// TestErrorsShownOnce shows that what is wrong with a field is said beside it, and not once more above the form.
func TestErrorsShownOnce(t *testing.T) {
	t.Parallel()
	s := startServer(t, nil)
	o := testkit.NewOrg(t)
	m := logInToManagement(t, s, o, access.Manager)
	site := "/admin/websites/" + o.Website.String()
	for _, c := range []struct {
		path, says string
		fields     []string
	}{
		{site + "/topics", "Choose a group.", []string{"priority", "0"}},
		{"/snippets", "Enter the text.", []string{"name", "ab", "body", "\u200b", "for", "me"}},
		{site + "/widget/look", "is not a valid CSS selector", []string{"own", "div:::"}},
		{site + "/widget/invite", "Remove everything from ? on", []string{"invite", "Hello", "invite_page", "/a?b"}},
	} {
		_, page := m.post(c.path, c.fields...)
		if n := strings.Count(page, c.says); n != 1 {
			t.Errorf("%s: %q is said %d times", c.path, c.says, n)
		}
	}
	if _, page := m.post(site+"/widget/look", "own", ".contact"); !strings.Contains(page, "The launcher is hidden.") {
		t.Error("it is not said that there is no launcher")
	}
}
