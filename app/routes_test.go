package main

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
	"github.com/jackc/pgx/v5"

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/live"
	"parley/app/queue"
	"parley/app/traffic"
	"parley/app/web"
)

// ids is everything of an organization that an address or a form can name.
type ids struct {
	filled
	domain, invitation, closed string
}

// routeCase says who gets through a route, and calls it with the ids of an organization.
type routeCase struct {
	needs    access.Right
	open     bool // no log-in needed
	everyone bool // whoever is logged in, whatever it may do
	stranger bool // called without a log-in only
	path     func(ids) string
	form     func(ids) url.Values
	code     int // what the owner of another organization gets; 0: a page without a word of it
}

func at(path string) func(ids) string { return func(ids) string { return path } }

var (
	conversationOf = func(x ids) string { return x.conversation.String() }
	customerOf     = func(x ids) string { return x.Customer.String() }
	websiteOf      = func(x ids) string { return x.Website.String() }
	groupOf        = func(x ids) string { return x.group.String() }
	agentOf        = func(x ids) string { return x.As(access.Agent).ID().String() }
)

func with(before string, id func(ids) string, after string) func(ids) string {
	return func(x ids) string { return before + id(x) + after }
}

func values(pairs ...string) func(ids) url.Values {
	return func(ids) url.Values {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
}

// Every route of the site map has its case here; a route without one fails TestEveryRoute.
var routeCases = map[string]routeCase{
	"GET /healthz":             {open: true, path: at("/healthz")},
	"GET /readyz":              {open: true, path: at("/readyz")},
	"GET /static/:hash/:name":  {open: true, path: at("/static/0000000000/app.css"), code: 404},
	"GET /":                    {open: true, path: at("/"), code: 303},
	"GET /login":               {open: true, path: at("/login"), code: 303},
	"POST /login":              {open: true, path: at("/login"), form: values("email", "nobody@shop.example", "password", "wrong password"), code: 401},
	"POST /logout":             {open: true, stranger: true, path: at("/logout"), code: 303},
	"POST /login/organization": {open: true, path: at("/login/organization"), form: func(x ids) url.Values { return url.Values{"user": {agentOf(x)}} }, code: 303},
	"GET /signup":              {open: true, path: at("/signup")},
	"POST /signup":             {open: true, path: at("/signup"), form: values("organization", ""), code: 422},
	"GET /signup/:secret":      {open: true, path: at("/signup/0123456789abcdefghijklmnopq"), code: 404},
	"POST /signup/:secret":     {open: true, path: at("/signup/0123456789abcdefghijklmnopq"), form: values("password", "long enough!"), code: 404},
	"GET /join/:secret":        {open: true, path: at("/join/0123456789abcdefghijklmnopq"), code: 404},
	"POST /join/:secret":       {open: true, path: at("/join/0123456789abcdefghijklmnopq"), form: values("name", "N", "password", "long enough!"), code: 404},
	"GET /forgot":              {open: true, path: at("/forgot")},
	"POST /forgot":             {open: true, path: at("/forgot"), form: func(x ids) url.Values { return url.Values{"email": {x.Users[access.Agent].Email}} }},
	"GET /reset/:secret":       {open: true, path: at("/reset/0123456789abcdefghijklmnopq"), code: 404},
	"POST /reset/:secret":      {open: true, path: at("/reset/0123456789abcdefghijklmnopq"), form: values("password", "long enough!"), code: 404},

	"GET /desk":                         {needs: access.Answer, path: at("/desk")},
	"GET /live/desk":                    {needs: access.Answer, path: at("/live/desk"), code: 422}, // with an upgrade: TestEveryFrame
	"GET /desk/session":                 {open: true, path: at("/desk/session")},
	"POST /desk/login":                  {open: true, path: at("/desk/login"), form: values("email", "nobody@shop.example", "password", "wrong password"), code: 401},
	"POST /desk/take":                   {needs: access.Answer, path: at("/desk/take"), code: 404},
	"POST /desk/conversations/:id/take": {needs: access.Answer, path: with("/desk/conversations/", conversationOf, "/take"), code: 404},
	"POST /desk/conversations/:id/messages": {needs: access.Answer, path: with("/desk/conversations/", conversationOf, "/messages"),
		form: values("id", uuid.NewString(), "kind", "text", "body", "From outside", "after", "0"), code: 404},
	"POST /desk/conversations/:id/close":    {needs: access.Answer, path: with("/desk/conversations/", conversationOf, "/close"), code: 404},
	"POST /desk/status":                     {needs: access.Answer, path: at("/desk/status"), form: values("status", "asleep"), code: 422},
	"POST /desk/conversations/:id/decline":  {needs: access.Answer, path: with("/desk/conversations/", conversationOf, "/decline"), code: 409},
	"GET /desk/conversations/:id/hand":      {needs: access.Answer, path: with("/desk/conversations/", conversationOf, "/hand"), code: 404},
	"POST /desk/conversations/:id/transfer": {needs: access.Answer, path: with("/desk/conversations/", conversationOf, "/transfer"), form: func(x ids) url.Values { return url.Values{"to": {"person:" + agentOf(x)}} }, code: 404},
	"POST /desk/conversations/:id/consult":  {needs: access.Answer, path: with("/desk/conversations/", conversationOf, "/consult"), form: func(x ids) url.Values { return url.Values{"to": {"person:" + agentOf(x)}} }, code: 404},
	"POST /desk/conversations/:id/guests/:user/leave": {needs: access.Answer, path: func(x ids) string {
		return "/desk/conversations/" + conversationOf(x) + "/guests/" + x.Users[access.Supervisor].Actor.ID().String() + "/leave"
	}, code: 204},
	"GET /desk/conversations/:id/pane":           {needs: access.Answer, path: with("/desk/conversations/", conversationOf, "/pane"), code: 404},
	"GET /desk/conversations/:id/messages":       {needs: access.Answer, path: with("/desk/conversations/", conversationOf, "/messages?before=9"), code: 404},
	"GET /desk/conversations/:id/messages/:seq":  {needs: access.Answer, path: with("/desk/conversations/", conversationOf, "/messages/1"), code: 404},
	"GET /desk/conversations/:id/aside":          {needs: access.Answer, path: with("/desk/conversations/", conversationOf, "/aside"), code: 404},
	"GET /desk/conversations/:id/earlier/:other": {needs: access.Answer, path: func(x ids) string { return "/desk/conversations/" + conversationOf(x) + "/earlier/" + x.closed }, code: 404},
	"POST /desk/conversations/:id/tags":          {needs: access.Answer, path: with("/desk/conversations/", conversationOf, "/tags"), form: values("tag", "From outside"), code: 404},
	"POST /desk/conversations/:id/tags/:tag/remove": {needs: access.Answer, path: func(x ids) string {
		return "/desk/conversations/" + conversationOf(x) + "/tags/" + x.tag.String() + "/remove"
	}, code: 404},
	"GET /desk/conversations/:id/faq":        {needs: access.Answer, path: with("/desk/conversations/", conversationOf, "/faq?q=question"), code: 404},
	"GET /desk/conversations/:id/faq/:entry": {needs: access.Answer, path: func(x ids) string { return "/desk/conversations/" + conversationOf(x) + "/faq/" + x.entry.String() }, code: 404},
	"POST /desk/conversations/:id/faq/:entry/dismiss": {needs: access.Answer, path: func(x ids) string {
		return "/desk/conversations/" + conversationOf(x) + "/faq/" + x.entry.String() + "/dismiss"
	}, form: values("for", "1"), code: 404},
	"GET /desk/conversations/:id/keep":  {needs: access.Answer, path: with("/desk/conversations/", conversationOf, "/keep?seq=3"), code: 404},
	"POST /desk/conversations/:id/keep": {needs: access.Answer, path: with("/desk/conversations/", conversationOf, "/keep"), form: values("seq", "3", "question", "Q", "answer", "A", "language", "en"), code: 404},
	"POST /desk/conversations/:id/snippets/:snippet": {needs: access.Answer, path: func(x ids) string {
		return "/desk/conversations/" + conversationOf(x) + "/snippets/" + x.snippet.String()
	}, code: 404},
	"POST /desk/conversations/:id/drafts":     {needs: access.Answer, path: with("/desk/conversations/", conversationOf, "/drafts"), code: 404},
	"GET /desk/conversations/:id/drafts/sent": {needs: access.Answer, path: with("/desk/conversations/", conversationOf, "/drafts/sent"), code: 404},
	"POST /desk/conversations/:id/reword":     {needs: access.Answer, path: with("/desk/conversations/", conversationOf, "/reword"), form: values("how", "summary"), code: 404},
	"POST /desk/push":                         {needs: access.Answer, path: at("/desk/push"), form: values("endpoint", "http://inside.example", "p256dh", "x", "auth", "x"), code: 422},
	"GET /preferences":                        {needs: access.Answer, path: at("/preferences")},
	"POST /preferences":                       {needs: access.Answer, path: at("/preferences"), form: values("key-take", "Ctrl+T"), code: 422},
	"GET /snippets":                           {needs: access.Answer, path: at("/snippets")},
	"POST /snippets":                          {needs: access.Answer, path: at("/snippets"), form: func(x ids) url.Values { return url.Values{"name": {"taken"}, "body": {"x"}, "for": {groupOf(x)}} }, code: 422},
	"POST /snippets/:id":                      {needs: access.Answer, path: func(x ids) string { return "/snippets/" + x.snippet.String() }, form: values("name", "taken", "body", "x"), code: 404},
	"POST /snippets/:id/remove":               {needs: access.Answer, path: func(x ids) string { return "/snippets/" + x.snippet.String() + "/remove" }, code: 404},
	"GET /faq":                                {needs: access.Answer, path: func(x ids) string { return "/faq?q=question&customer=" + customerOf(x) }},
	"GET /faq/new":                            {needs: access.Answer, path: at("/faq/new")},
	"POST /faq/new": {needs: access.Answer, path: at("/faq/new"), form: func(x ids) url.Values {
		return url.Values{"question": {"Q"}, "answer": {"A"}, "language": {"en"}, "state": {"live"}, "customer": {customerOf(x)}}
	}, code: 422},
	"GET /faq/:id":                                    {needs: access.Answer, path: func(x ids) string { return "/faq/" + x.entry.String() }, code: 404},
	"POST /faq/:id":                                   {needs: access.Answer, path: func(x ids) string { return "/faq/" + x.entry.String() }, form: values("question", "Q", "answer", "A", "language", "en", "version", "1"), code: 404},
	"POST /faq/:id/remove":                            {needs: access.Manage, path: func(x ids) string { return "/faq/" + x.entry.String() + "/remove" }, code: 404},
	"POST /faq/state":                                 {needs: access.Manage, path: at("/faq/state"), form: func(x ids) url.Values { return url.Values{"id": {x.entry.String()}, "state": {"draft"}} }, code: 409},
	"GET /faq/export":                                 {needs: access.Manage, path: at("/faq/export?format=json")},
	"GET /faq/import":                                 {needs: access.Manage, path: at("/faq/import")},
	"POST /faq/import":                                {needs: access.Manage, path: at("/faq/import"), code: 422},
	"GET /admin/tags":                                 {needs: access.Manage, path: at("/admin/tags")},
	"POST /admin/tags":                                {needs: access.Manage, path: at("/admin/tags"), form: values("name", ""), code: 422},
	"POST /admin/tags/:id":                            {needs: access.Manage, path: func(x ids) string { return "/admin/tags/" + x.tag.String() }, form: values("name", "Taken over"), code: 404},
	"POST /admin/tags/:id/remove":                     {needs: access.Manage, path: func(x ids) string { return "/admin/tags/" + x.tag.String() + "/remove" }, code: 404},
	"GET /admin/desk":                                 {needs: access.Manage, path: at("/admin/desk")},
	"POST /admin/desk":                                {needs: access.Manage, path: at("/admin/desk"), form: values("away_reasons", strings.Repeat("x", 60)), code: 422},
	"POST /admin/desk/model":                          {needs: access.Manage, path: at("/admin/desk/model"), form: values("base_url", "http://127.0.0.1:1/v1", "model", "m", "budget", "1"), code: 422},
	"POST /admin/desk/model/remove":                   {needs: access.Manage, path: at("/admin/desk/model/remove"), code: 303},
	"GET /admin/people/:id":                           {needs: access.Manage, path: with("/admin/people/", agentOf, ""), code: 404},
	"POST /admin/people/:id/aliases":                  {needs: access.Manage, path: with("/admin/people/", agentOf, "/aliases"), form: func(x ids) url.Values { return url.Values{"alias-" + customerOf(x): {"Taken over"}} }, code: 303},
	"GET /manifest.webmanifest":                       {open: true, path: at("/manifest.webmanifest")},
	"GET /worker.js":                                  {open: true, path: at("/worker.js")},
	"GET /board":                                      {needs: access.Watch, path: at("/board")},
	"GET /live/board":                                 {needs: access.Watch, path: at("/live/board"), code: 422},
	"GET /board/conversations/:id":                    {needs: access.Manage, path: with("/board/conversations/", conversationOf, ""), code: 404},
	"POST /board/conversations/:id/watch":             {needs: access.Watch, path: with("/board/conversations/", conversationOf, "/watch"), code: 404},
	"POST /board/conversations/:id/take":              {needs: access.Watch, path: with("/board/conversations/", conversationOf, "/take"), code: 404},
	"POST /board/conversations/:id/give":              {needs: access.Watch, path: with("/board/conversations/", conversationOf, "/give"), form: func(x ids) url.Values { return url.Values{"to": {agentOf(x)}} }, code: 404},
	"POST /admin/customers/:id/share":                 {needs: access.Manage, path: with("/admin/customers/", customerOf, "/share"), form: values("share", "1"), code: 404},
	"GET /admin/groups":                               {needs: access.Manage, path: at("/admin/groups")},
	"POST /admin/groups":                              {needs: access.Manage, path: at("/admin/groups"), form: values("name", ""), code: 422},
	"POST /admin/groups/rules":                        {needs: access.Manage, path: at("/admin/groups/rules"), form: values("hand_back", "-1", "former", "0"), code: 422},
	"GET /admin/groups/:id":                           {needs: access.Manage, path: with("/admin/groups/", groupOf, ""), code: 404},
	"POST /admin/groups/:id":                          {needs: access.Manage, path: with("/admin/groups/", groupOf, ""), form: values("name", "Taken over", "priority", "0", "zone", "UTC", "after", "60"), code: 404},
	"POST /admin/groups/:id/remove":                   {needs: access.Manage, path: with("/admin/groups/", groupOf, "/remove"), code: 404},
	"POST /admin/groups/:id/members":                  {needs: access.Manage, path: with("/admin/groups/", groupOf, "/members"), code: 404},
	"POST /admin/websites/:id/subjects":               {needs: access.Manage, path: with("/admin/websites/", websiteOf, "/subjects"), form: func(x ids) url.Values { return url.Values{"group": {groupOf(x)}, "priority": {"0"}} }, code: 404},
	"POST /admin/websites/:id/subjects/:group/remove": {needs: access.Manage, path: func(x ids) string { return "/admin/websites/" + websiteOf(x) + "/subjects/" + groupOf(x) + "/remove" }, code: 404},

	"GET /admin":                         {needs: access.Manage, path: at("/admin")},
	"POST /admin/customers":              {needs: access.Manage, path: at("/admin/customers"), form: values("name", ""), code: 422},
	"GET /admin/customers/:id":           {needs: access.Manage, path: with("/admin/customers/", customerOf, ""), code: 404},
	"POST /admin/customers/:id":          {needs: access.Manage, path: with("/admin/customers/", customerOf, ""), form: values("name", "Taken over"), code: 404},
	"POST /admin/customers/:id/websites": {needs: access.Manage, path: with("/admin/customers/", customerOf, "/websites"), form: values("name", "Taken over", "host", "evil.example"), code: 404},
	"GET /admin/websites/:id":            {needs: access.Manage, path: with("/admin/websites/", websiteOf, ""), code: 404},
	"GET /live/websites/:id":             {needs: access.Manage, path: with("/live/websites/", websiteOf, ""), code: 422},
	"POST /admin/websites/:id":           {needs: access.Manage, path: with("/admin/websites/", websiteOf, ""), form: values("name", "Taken over"), code: 404},
	"POST /admin/websites/:id/domains":   {needs: access.Manage, path: with("/admin/websites/", websiteOf, "/domains"), form: values("host", "evil.example"), code: 404},
	"POST /admin/websites/:id/domains/:domain/remove": {needs: access.Manage, path: func(x ids) string {
		return "/admin/websites/" + websiteOf(x) + "/domains/" + x.domain + "/remove"
	}, code: 404},
	"GET /admin/people": {needs: access.Manage, path: at("/admin/people")},
	"POST /admin/people/invite": {needs: access.Manage, path: at("/admin/people/invite"), form: func(x ids) url.Values {
		return url.Values{"email": {"spy@evil.example"}, "role": {"reviewer"}, "customer": {customerOf(x)}}
	}, code: 422},
	"POST /admin/people/invitations/:id/remove": {needs: access.Manage, path: func(x ids) string { return "/admin/people/invitations/" + x.invitation + "/remove" }, code: 404},
	"POST /admin/people/:id/role":               {needs: access.Manage, path: with("/admin/people/", agentOf, "/role"), form: values("role", "manager"), code: 404},
	"POST /admin/people/:id/customers": {needs: access.Manage, path: with("/admin/people/", agentOf, "/customers"), form: func(x ids) url.Values {
		return url.Values{"serves": {"some"}, "customers": {customerOf(x)}}
	}, code: 404},
	"POST /admin/people/:id/disable": {needs: access.Manage, path: with("/admin/people/", agentOf, "/disable"), code: 404},
	"POST /admin/people/:id/enable":  {needs: access.Manage, path: with("/admin/people/", agentOf, "/enable"), code: 404},
	"POST /admin/people/:id/reset":   {needs: access.Manage, path: with("/admin/people/", agentOf, "/reset"), code: 404},
	"GET /admin/organization":        {needs: access.Appoint, path: at("/admin/organization")},
	"POST /admin/organization":       {needs: access.Appoint, path: at("/admin/organization"), form: values("name", ""), code: 422},

	"POST /desk/conversations/:id/files": {needs: access.Answer, path: with("/desk/conversations/", conversationOf, "/files?id="+uuid.NewString()+"&name=x.txt"), code: 404},
	"GET /files/:id/:name":               {everyone: true, path: func(x ids) string { return "/files/" + x.file.String() + "/x.txt" }, code: 404},
	"OPTIONS /widget/v1/files":           {open: true, path: func(x ids) string { return "/widget/v1/files?key=" + x.Key }, code: 403},
	"POST /widget/v1/files":              {open: true, path: func(x ids) string { return "/widget/v1/files?key=" + x.Key }, code: 403},
	"GET /widget/v1/files/:link/:name":   {open: true, path: at("/widget/v1/files/AAAA/x.txt"), code: 404},

	"GET /admin/websites/:id/widget":        {needs: access.Manage, path: with("/admin/websites/", websiteOf, "/widget"), code: 404},
	"GET /admin/websites/:id/mail":          {needs: access.Manage, path: with("/admin/websites/", websiteOf, "/mail"), code: 404},
	"POST /admin/websites/:id/widget/:part": {needs: access.Manage, path: with("/admin/websites/", websiteOf, "/widget/look"), form: values("own", ".taken-over"), code: 404},
	"POST /admin/websites/:id/identity":     {needs: access.Manage, path: with("/admin/websites/", websiteOf, "/identity"), code: 404},
	"GET /admin/ratings":                    {needs: access.Manage, path: at("/admin/ratings")},
	"GET /admin/blocked":                    {needs: access.Watch, path: at("/admin/blocked")},
	"POST /admin/blocked":                   {needs: access.Watch, path: at("/admin/blocked"), form: values("network", "everybody"), code: 422},
	"POST /admin/blocked/:id/remove":        {needs: access.Watch, path: func(x ids) string { return "/admin/blocked/" + x.block.String() + "/remove" }, code: 404},
	"POST /desk/conversations/:id/block":    {needs: access.Watch, path: with("/desk/conversations/", conversationOf, "/block"), code: 404},

	"GET /review":                    {needs: access.Review, path: at("/review")},
	"GET /review/:id":                {needs: access.Review, path: func(x ids) string { return "/review/" + x.closed }, code: 404},
	"GET /review/:id/export/:format": {needs: access.Review, path: func(x ids) string { return "/review/" + x.closed + "/export/json" }, code: 404},

	"GET /widget.js":         {open: true, path: at("/widget.js")},
	"GET /widget.css":        {open: true, path: at("/widget.css")},
	"GET /widget/:file":      {open: true, path: at("/widget/panel-000000000000.js"), code: 404},
	"GET /widget/v1/site":    {open: true, path: func(x ids) string { return "/widget/v1/site?key=" + x.Key }}, // refuses an origin that is not the website's
	"POST /widget/v1/frames": {open: true, path: func(x ids) string { return "/widget/v1/frames?key=" + x.Key }, code: 403},
	"POST /widget/v1/return": {open: true, path: func(x ids) string { return "/widget/v1/return?key=" + x.Key }, code: 403},
	"GET /widget/v1/socket":  {open: true, path: func(x ids) string { return "/widget/v1/socket?key=" + x.Key }, code: 403},
	"GET /demo/shop":         {open: true, path: at("/demo/shop"), code: 404},
}

// gather fills an organization and looks up what can be named.
func gather(t testing.TB, s *server) ids {
	t.Helper()
	ctx := context.Background()
	x := ids{filled: fill(t, s)}
	who := x.As(access.Owner)
	w, err := s.org.Website(ctx, who, x.Website)
	if err != nil {
		t.Fatal(err)
	}
	x.domain = w.Domains[0].ID.String()
	invitations, err := s.identity.Invitations(ctx, who)
	if err != nil {
		t.Fatal(err)
	}
	x.invitation = invitations[0].ID.String()
	v := newVisitor(t, s, x.Org, "")
	v.say("A closed one of " + x.Name)
	closed := uuid.MustParse(v.conversation)
	if _, err := s.queue.Take(ctx, x.As(access.Agent), "Mia", closed); err != nil {
		t.Fatal(err)
	}
	if _, err := s.chat.Close(ctx, x.As(access.Agent), closed); err != nil {
		t.Fatal(err)
	}
	x.closed = closed.String()
	return x
}

// snapshot is everything that an organization has, as one number.
func snapshot(t testing.TB, s *server, org uuid.UUID) string {
	t.Helper()
	var all strings.Builder
	conn := owner(t)
	defer conn.Close(context.Background())
	for _, table := range tables(t, conn) {
		if _, there := untenanted[table]; there {
			continue
		}
		from := table
		if table == "routing" { // but for when it was last done
			from = "(select hand_back, former_hours from routing)"
		}
		var sum string
		err := s.db.As(access.System(org, "test")).QueryRow(context.Background(), "select coalesce(md5(string_agg(x::text, '' order by x::text)), '') from "+from+" x").Scan(&sum)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(table + " " + sum + "\n")
	}
	return all.String()
}

// Every route: nobody without a log-in, no role without the right, and with the right but another organization's ids
// nothing is seen and nothing changes.
func TestEveryRoute(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := serveTest(t, nil)
	a, b := gather(t, s), apptest.NewOrg(t)
	for _, host := range []string{"localhost", "127.0.0.1"} { // where the calls below come from
		if err := removeDomain(a.Org, s, host); err != nil {
			t.Fatal(err)
		}
	}
	people := map[access.Role]*traffic.Agent{}
	for _, role := range access.Roles {
		p, err := traffic.LogIn(ctx, s.url, b.Users[role].Email, apptest.Password)
		if err != nil {
			t.Fatal(err)
		}
		people[role] = p
	}
	seen := map[string]bool{}
	for _, r := range web.Routes {
		name := r.Method + " " + r.Path
		seen[name] = true
		c, there := routeCases[name]
		if !there {
			t.Errorf("%s has no case in routeCases", name)
			continue
		}
		call := func(p *traffic.Agent) (int, string) {
			t.Helper()
			var code int
			var body string
			var err error
			if r.Method == http.MethodGet {
				code, body, err = p.Get(ctx, c.path(a))
			} else {
				form := url.Values{}
				if c.form != nil {
					form = c.form(a)
				}
				code, body, err = p.Post(ctx, c.path(a), form)
			}
			if err != nil {
				t.Fatal(err)
			}
			return code, body
		}
		before := snapshot(t, s, a.ID)
		if !c.open {
			if code, _ := call(traffic.Stranger(s.url)); code != http.StatusSeeOther && code != http.StatusUnauthorized && !(strings.HasPrefix(r.Path, "/live/") && code == http.StatusUnprocessableEntity) {
				t.Errorf("%s without a log-in: %d", name, code)
			}
			for _, role := range access.Roles {
				if code, _ := call(people[role]); !c.everyone && !role.May(c.needs) && code != http.StatusForbidden && !strings.HasPrefix(r.Path, "/live/") {
					t.Errorf("%s as %s: %d, not 403", name, role, code)
				}
			}
		}
		spy := people[access.Owner]
		if c.stranger {
			spy = traffic.Stranger(s.url)
		}
		code, body := call(spy)
		want := c.code
		if want == 0 {
			want = http.StatusOK
		}
		if code != want {
			t.Errorf("%s with another organization's ids: %d, not %d: %.300s", name, code, want, body)
		}
		if strings.Contains(body, a.Name) {
			t.Errorf("%s shows something of another organization: %.300s", name, body)
		}
		if after := snapshot(t, s, a.ID); after != before && name != "POST /forgot" {
			t.Errorf("%s changed another organization's data:\n%s\n%s", name, before, after)
		}
	}
	for name := range routeCases {
		if !seen[name] {
			t.Errorf("there is a case for %s, but no such route", name)
		}
	}
}

// Every frame of both sockets, with another organization's ids; a frame without a case fails.
func TestEveryFrame(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := serveTest(t, nil)
	a, b := gather(t, s), gather(t, s)
	panels, desks := live.Frames()

	// What A's people would notice of B's frames.
	mia, err := traffic.LogIn(ctx, s.url, a.Users[access.Agent].Email, apptest.Password)
	if err != nil {
		t.Fatal(err)
	}
	noticed := make(chan string, 100)
	listen := func(conn *websocket.Conn, who string) {
		go func() {
			for {
				_, frame, err := conn.ReadMessage()
				if err != nil {
					noticed <- who + ": The sign that all was handled, or never will be: " + err.Error()
					return
				}
				noticed <- who + ": " + string(frame)
			}
		}()
	}
	deskA, err := mia.Desk(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer deskA.Close()
	deskA.SetReadDeadline(time.Now().Add(30 * time.Second))
	if _, frame, err := deskA.ReadMessage(); err != nil || !strings.Contains(string(frame), "pane-"+a.conversation.String()) { // brings it up to date
		t.Fatal(err)
	}
	settled(t, s, a.As(access.Agent), queue.Online)
	before := ownDoing(snapshot(t, s, a.ID))

	spy, err := traffic.LogIn(ctx, s.url, b.Users[access.Owner].Email, apptest.Password)
	if err != nil {
		t.Fatal(err)
	}
	deskB, _, err := spy.Socket(ctx, "/live/desk")
	if err != nil {
		t.Fatal(err)
	}
	defer deskB.Close()
	if _, res, err := spy.Socket(ctx, "/live/websites/"+a.Website.String()); err == nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("another organization's website can be watched: %v", err)
	}
	id := a.conversation.String()
	deskCases := map[string]string{
		"alive":  `{"type":"alive"}`,
		"hello":  `{"type":"hello","threads":{"` + id + `":0,"` + a.closed + `":0}}`,
		"typing": `{"type":"typing","conversation":"` + id + `"}`,
		"seen":   `{"type":"seen","conversation":"` + id + `","seq":1}`,
	}
	for _, name := range desks {
		frame, there := deskCases[name]
		if !there {
			t.Errorf("the desk's frame %q has no case", name)
			continue
		}
		if err := deskB.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
			t.Fatal(err)
		}
	}
	panelB := openRaw(t, s, b.Org, "")
	token := newVisitor(t, s, a.Org, "").token
	panelCases := map[string]string{
		"about":   `{"type":"about","conversation":"` + id + `","data":{"from":"outside"}}`,
		"seen":    `{"type":"seen","conversation":"` + id + `","seq":2}`,
		"end":     `{"type":"end","id":"` + uuid.NewString() + `","conversation":"` + id + `"}`,
		"rate":    `{"type":"rate","id":"` + uuid.NewString() + `","conversation":"` + a.closed + `","value":1}`,
		"contact": `{"type":"contact","id":"` + uuid.NewString() + `","email":"spy@evil.example"}`,
		"hello":   `{"type":"hello","protocol":1,"token":"` + token + `","conversation":"` + id + `"}`,
		"send":    `{"type":"send","id":"` + uuid.NewString() + `","conversation":"` + id + `","text":"From outside"}`,
		"typing":  `{"type":"typing","conversation":"` + id + `","text":"From outside"}`,

		"transcript": `{"type":"transcript","id":"` + uuid.NewString() + `","conversation":"` + a.closed + `","email":"spy@evil.example"}`,
	}
	slices.SortStableFunc(panels, func(a, b string) int { return map[bool]int{true: -1}[a == "hello"] }) // first of all
	for _, name := range panels {
		frame, there := panelCases[name]
		if !there {
			t.Errorf("the panel's frame %q has no case", name)
			continue
		}
		if name == "hello" {
			panelB.put(frame)
			if answer := panelB.next(); !strings.Contains(answer, `"unauthenticated"`) {
				t.Errorf("another organization's token: %s", answer)
			}
			panelB.put(`{"type":"hello","protocol":1,"conversation":"` + id + `"}`)
			if answer := panelB.next(); strings.Contains(answer, id) || !strings.Contains(answer, `"welcome"`) {
				t.Errorf("hello with another organization's conversation: %s", answer)
			}
			continue
		}
		panelB.put(frame)
		if name == "send" || name == "contact" {
			if answer := panelB.next(); !strings.Contains(answer, `"refused"`) {
				t.Errorf("a message to another organization's conversation: %s", answer)
			}
		}
	}
	listen(deskA, "A's desk")
	listen(deskB, "B's desk")
	// A's own visitor writes: A's desk hears it; nothing of B's frames came before, and B hears nothing of it.
	say := newVisitor(t, s, a.Org, "")
	say.say("The sign that all was handled")
	for {
		frame := <-noticed
		if strings.HasPrefix(frame, "B's desk") {
			if strings.Contains(frame, a.Name) || strings.Contains(frame, "A message of") || strings.Contains(frame, `class="message`) {
				t.Errorf("B sees something of A: %.400s", frame)
			}
			continue
		}
		if strings.Contains(frame, "From outside") || strings.Contains(frame, "typing-") {
			t.Errorf("A notices B: %.400s", frame)
		}
		if strings.Contains(frame, "The sign that all was handled") {
			break
		}
	}
	if after := ownDoing(snapshotWithout(t, s, a.ID, say.conversation)); after != before {
		t.Errorf("a frame changed another organization's data:\n%s\n%s", before, after)
	}
}

// ownDoing leaves out what the organization's own visitor changes by beginning a conversation.
func ownDoing(snapshot string) string {
	var kept strings.Builder
	for line := range strings.Lines(snapshot) {
		if !strings.HasPrefix(line, "arrivals ") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// settled waits until an agent's availability is what it should be.
func settled(t testing.TB, s *server, agent access.Actor, status queue.Status) {
	t.Helper()
	for range 500 {
		a, err := s.queue.Mine(context.Background(), agent)
		if err != nil {
			t.Fatal(err)
		}
		if a.Status == status {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("the agent never was %s", status)
}

// snapshotWithout is snapshot as if a conversation had never been; it is removed as the owner of the tables.
func snapshotWithout(t testing.TB, s *server, org uuid.UUID, conversation string) string {
	t.Helper()
	ctx := context.Background()
	super, err := pgx.Connect(ctx, strings.Replace(apptest.SuperURL(t), "/postgres?", "/parley?", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(ctx)
	var visitor uuid.UUID
	if err := super.QueryRow(ctx, "select visitor_id from conversations where id = $1", conversation).Scan(&visitor); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{"delete from messages where visitor_id = $1", "delete from conversations where visitor_id = $1", "delete from visitors where id = $1"} {
		if _, err := super.Exec(ctx, sql, visitor); err != nil {
			t.Fatal(err)
		}
	}
	return snapshot(t, s, org)
}
