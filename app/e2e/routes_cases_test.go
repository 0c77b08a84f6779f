package e2e

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/serve"
)

// ids is everything of an organization that an address or a form can name.
type ids struct {
	orgData
	domain, invitation, closed string
}

// routeCase says who gets through a route, and calls it with the ids of an organization.
type routeCase struct {
	needs    access.Action
	open     bool // no log-in needed
	everyone bool // whoever is logged in, whatever it may do
	stranger bool // called without a log-in only
	path     func(ids) string
	form     func(ids) url.Values
	code     int // what the owner of another organization gets; 0: a page without a word of it
}

func atPath(path string) func(ids) string { return func(ids) string { return path } }

func pathWith(before string, id func(ids) string, after string) func(ids) string {
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
	"GET /healthz":             {open: true, path: atPath("/healthz")},
	"GET /readyz":              {open: true, path: atPath("/readyz")},
	"GET /static/:hash/:name":  {open: true, path: atPath("/static/0000000000/app.css"), code: 404},
	"GET /":                    {open: true, path: atPath("/"), code: 303},
	"GET /login":               {open: true, path: atPath("/login"), code: 303},
	"POST /login":              {open: true, path: atPath("/login"), form: values("email", "nobody@shop.example", "password", "wrong password"), code: 401},
	"POST /logout":             {open: true, stranger: true, path: atPath("/logout"), code: 303},
	"POST /login/organization": {open: true, path: atPath("/login/organization"), form: func(x ids) url.Values { return url.Values{"user": {agentOf(x)}} }, code: 303},
	"GET /signup":              {open: true, path: atPath("/signup")},
	"POST /signup":             {open: true, path: atPath("/signup"), form: values("organization", ""), code: 422},
	"GET /signup/:secret":      {open: true, path: atPath("/signup/0123456789abcdefghijklmnopq"), code: 404},
	"POST /signup/:secret":     {open: true, path: atPath("/signup/0123456789abcdefghijklmnopq"), form: values("password", "long enough!"), code: 404},
	"GET /join/:secret":        {open: true, path: atPath("/join/0123456789abcdefghijklmnopq"), code: 404},
	"POST /join/:secret":       {open: true, path: atPath("/join/0123456789abcdefghijklmnopq"), form: values("name", "N", "password", "long enough!"), code: 404},
	"GET /forgot":              {open: true, path: atPath("/forgot")},
	"POST /forgot":             {open: true, path: atPath("/forgot"), form: func(x ids) url.Values { return url.Values{"email": {x.Users[access.Agent].Email}} }},
	"GET /reset/:secret":       {open: true, path: atPath("/reset/0123456789abcdefghijklmnopq"), code: 404},
	"POST /reset/:secret":      {open: true, path: atPath("/reset/0123456789abcdefghijklmnopq"), form: values("password", "long enough!"), code: 404},

	"GET /desk":                         {needs: access.DeskOpen, path: atPath("/desk")},
	"GET /live/desk":                    {needs: access.DeskOpen, path: atPath("/live/desk"), code: 422}, // with an upgrade: TestEveryFrame
	"GET /desk/session":                 {open: true, path: atPath("/desk/session")},
	"POST /desk/login":                  {open: true, path: atPath("/desk/login"), form: values("email", "nobody@shop.example", "password", "wrong password"), code: 401},
	"POST /desk/take":                   {needs: access.ConversationTake, path: atPath("/desk/take"), code: 404},
	"POST /desk/conversations/:id/take": {needs: access.ConversationTake, path: pathWith("/desk/conversations/", conversationOf, "/take"), code: 404},
	"POST /desk/conversations/:id/messages": {needs: access.ConversationReply, path: pathWith("/desk/conversations/", conversationOf, "/messages"),
		form: values("id", uuid.NewString(), "kind", "text", "body", "From outside", "after", "0"), code: 404},
	"POST /desk/conversations/:id/close":    {needs: access.ConversationClose, path: pathWith("/desk/conversations/", conversationOf, "/close"), code: 404},
	"POST /desk/status":                     {needs: access.PresenceSet, path: atPath("/desk/status"), form: values("status", "asleep"), code: 422},
	"POST /desk/conversations/:id/decline":  {needs: access.ConversationDecline, path: pathWith("/desk/conversations/", conversationOf, "/decline"), code: 409},
	"GET /desk/conversations/:id/transfer":  {needs: access.ConversationTransfer, path: pathWith("/desk/conversations/", conversationOf, "/transfer"), code: 404},
	"POST /desk/conversations/:id/transfer": {needs: access.ConversationTransfer, path: pathWith("/desk/conversations/", conversationOf, "/transfer"), form: func(x ids) url.Values { return url.Values{"to": {"person:" + agentOf(x)}} }, code: 404},
	"POST /desk/conversations/:id/consult":  {needs: access.ConversationConsult, path: pathWith("/desk/conversations/", conversationOf, "/consult"), form: func(x ids) url.Values { return url.Values{"to": {"person:" + agentOf(x)}} }, code: 404},
	"POST /desk/conversations/:id/participants/:user/remove": {needs: access.ConversationRemoveParticipant, path: func(x ids) string {
		return "/desk/conversations/" + conversationOf(x) + "/participants/" + x.Users[access.Supervisor].Actor.ID().String() + "/remove"
	}, code: 204},
	"GET /desk/conversations/:id/pane":           {needs: access.ConversationRead, path: pathWith("/desk/conversations/", conversationOf, "/pane"), code: 404},
	"GET /desk/conversations/:id/messages":       {needs: access.ConversationRead, path: pathWith("/desk/conversations/", conversationOf, "/messages?before=9"), code: 404},
	"GET /desk/conversations/:id/messages/:seq":  {needs: access.ConversationRead, path: pathWith("/desk/conversations/", conversationOf, "/messages/1"), code: 404},
	"GET /desk/conversations/:id/aside":          {needs: access.ConversationRead, path: pathWith("/desk/conversations/", conversationOf, "/aside"), code: 404},
	"GET /desk/conversations/:id/earlier/:other": {needs: access.ConversationRead, path: func(x ids) string { return "/desk/conversations/" + conversationOf(x) + "/earlier/" + x.closed }, code: 404},
	"POST /desk/conversations/:id/tags":          {needs: access.ConversationTag, path: pathWith("/desk/conversations/", conversationOf, "/tags"), form: values("tag", "From outside"), code: 404},
	"POST /desk/conversations/:id/tags/:tag/remove": {needs: access.ConversationTag, path: func(x ids) string {
		return "/desk/conversations/" + conversationOf(x) + "/tags/" + x.tag.String() + "/remove"
	}, code: 404},
	"GET /desk/conversations/:id/faq":        {needs: access.FAQEntryRead, path: pathWith("/desk/conversations/", conversationOf, "/faq?q=question"), code: 404},
	"GET /desk/conversations/:id/faq/:entry": {needs: access.FAQEntrySuggest, path: func(x ids) string { return "/desk/conversations/" + conversationOf(x) + "/faq/" + x.entry.String() }, code: 404},
	"POST /desk/conversations/:id/faq/:entry/dismiss": {needs: access.FAQEntrySuggest, path: func(x ids) string {
		return "/desk/conversations/" + conversationOf(x) + "/faq/" + x.entry.String() + "/dismiss"
	}, form: values("for", "1"), code: 404},
	"GET /desk/conversations/:id/entry":  {needs: access.FAQEntryPropose, path: pathWith("/desk/conversations/", conversationOf, "/entry?seq=3"), code: 404},
	"POST /desk/conversations/:id/entry": {needs: access.FAQEntryPropose, path: pathWith("/desk/conversations/", conversationOf, "/entry"), form: values("seq", "3", "question", "Q", "answer", "A", "language", "en"), code: 404},
	"POST /desk/conversations/:id/snippets/:snippet": {needs: access.SnippetRead, path: func(x ids) string {
		return "/desk/conversations/" + conversationOf(x) + "/snippets/" + x.snippet.String()
	}, code: 404},
	"POST /desk/conversations/:id/drafts":     {needs: access.ConversationDraft, path: pathWith("/desk/conversations/", conversationOf, "/drafts"), code: 404},
	"GET /desk/conversations/:id/drafts/sent": {needs: access.ConversationDraft, path: pathWith("/desk/conversations/", conversationOf, "/drafts/sent"), code: 404},
	"POST /desk/conversations/:id/reword":     {needs: access.ConversationReword, path: pathWith("/desk/conversations/", conversationOf, "/reword"), form: values("how", "summary"), code: 404},
	"POST /desk/push":                         {needs: access.PushSubscribe, path: atPath("/desk/push"), form: values("endpoint", "http://inside.example", "p256dh", "x", "auth", "x"), code: 422},
	"GET /preferences":                        {needs: access.PreferencesRead, path: atPath("/preferences")},
	"POST /preferences":                       {needs: access.PreferencesUpdate, path: atPath("/preferences"), form: values("key-take", "Ctrl+T"), code: 422},
	"GET /snippets":                           {needs: access.SnippetRead, path: atPath("/snippets")},
	"POST /snippets":                          {needs: access.SnippetSave, path: atPath("/snippets"), form: func(x ids) url.Values { return url.Values{"name": {"taken"}, "body": {"x"}, "for": {groupOf(x)}} }, code: 422},
	"POST /snippets/:id":                      {needs: access.SnippetSave, path: func(x ids) string { return "/snippets/" + x.snippet.String() }, form: values("name", "taken", "body", "x"), code: 404},
	"POST /snippets/:id/remove":               {needs: access.SnippetDelete, path: func(x ids) string { return "/snippets/" + x.snippet.String() + "/remove" }, code: 404},
	"GET /faq":                                {needs: access.FAQEntryRead, path: func(x ids) string { return "/faq?q=question&customer=" + customerOf(x) }},
	"GET /faq/new":                            {needs: access.FAQEntryUpdate, path: atPath("/faq/new")},
	"POST /faq/new": {needs: access.FAQEntryUpdate, path: atPath("/faq/new"), form: func(x ids) url.Values {
		return url.Values{"question": {"Q"}, "answer": {"A"}, "language": {"en"}, "state": {"live"}, "customer": {customerOf(x)}}
	}, code: 422},
	"GET /faq/:id":                                  {needs: access.FAQEntryRead, path: func(x ids) string { return "/faq/" + x.entry.String() }, code: 404},
	"POST /faq/:id":                                 {needs: access.FAQEntryUpdate, path: func(x ids) string { return "/faq/" + x.entry.String() }, form: values("question", "Q", "answer", "A", "language", "en", "version", "1"), code: 404},
	"POST /faq/:id/remove":                          {needs: access.FAQEntryDelete, path: func(x ids) string { return "/faq/" + x.entry.String() + "/remove" }, code: 404},
	"POST /faq/state":                               {needs: access.FAQEntrySetState, path: atPath("/faq/state"), form: func(x ids) url.Values { return url.Values{"id": {x.entry.String()}, "state": {"draft"}} }, code: 409},
	"GET /faq/export":                               {needs: access.FAQEntryExport, path: atPath("/faq/export?format=json")},
	"GET /faq/import":                               {needs: access.FAQEntryImport, path: atPath("/faq/import")},
	"POST /faq/import":                              {needs: access.FAQEntryImport, path: atPath("/faq/import"), code: 422},
	"GET /admin/tags":                               {needs: access.TagReadUsage, path: atPath("/admin/tags")},
	"POST /admin/tags":                              {needs: access.TagCreate, path: atPath("/admin/tags"), form: values("name", ""), code: 422},
	"POST /admin/tags/:id":                          {needs: access.TagRename, path: func(x ids) string { return "/admin/tags/" + x.tag.String() }, form: values("name", "Taken over"), code: 404},
	"POST /admin/tags/:id/remove":                   {needs: access.TagDelete, path: func(x ids) string { return "/admin/tags/" + x.tag.String() + "/remove" }, code: 404},
	"GET /admin/desk":                               {needs: access.DeskRulesUpdate, path: atPath("/admin/desk")},
	"POST /admin/desk":                              {needs: access.DeskRulesUpdate, path: atPath("/admin/desk"), form: values("away_reasons", strings.Repeat("x", 60)), code: 422},
	"POST /admin/desk/model":                        {needs: access.ModelUpdate, path: atPath("/admin/desk/model"), form: values("base_url", "http://127.0.0.1:1/v1", "model", "m", "budget", "1"), code: 422},
	"POST /admin/desk/model/remove":                 {needs: access.ModelRemove, path: atPath("/admin/desk/model/remove"), code: 303},
	"GET /manifest.webmanifest":                     {open: true, path: atPath("/manifest.webmanifest")},
	"GET /worker.js":                                {open: true, path: atPath("/worker.js")},
	"GET /monitor":                                  {needs: access.MonitorRead, path: atPath("/monitor")},
	"GET /live/monitor":                             {needs: access.MonitorRead, path: atPath("/live/monitor"), code: 422},
	"GET /monitor/conversations/:id":                {needs: access.ConversationReadAssignments, path: pathWith("/monitor/conversations/", conversationOf, ""), code: 404},
	"GET /board":                                    {needs: access.MonitorRead, path: atPath("/board"), code: 301},
	"GET /board/conversations/:id":                  {needs: access.ConversationReadAssignments, path: pathWith("/board/conversations/", conversationOf, ""), code: 301},
	"POST /monitor/conversations/:id/watch":         {needs: access.ConversationWatch, path: pathWith("/monitor/conversations/", conversationOf, "/watch"), code: 404},
	"POST /monitor/conversations/:id/take":          {needs: access.ConversationTakeOver, path: pathWith("/monitor/conversations/", conversationOf, "/take"), code: 404},
	"GET /monitor/conversations/:id/assign":         {needs: access.ConversationAssign, path: pathWith("/monitor/conversations/", conversationOf, "/assign"), code: 404},
	"POST /monitor/conversations/:id/assign":        {needs: access.ConversationAssign, path: pathWith("/monitor/conversations/", conversationOf, "/assign"), form: func(x ids) url.Values { return url.Values{"to": {agentOf(x)}} }, code: 404},
	"POST /admin/customers/:id/share":               {needs: access.CustomerSetCapacity, path: pathWith("/admin/customers/", customerOf, "/share"), form: values("share", "1"), code: 404},
	"GET /admin/groups":                             {needs: access.GroupRead, path: atPath("/admin/groups")},
	"POST /admin/groups":                            {needs: access.GroupCreate, path: atPath("/admin/groups"), form: values("name", ""), code: 422},
	"POST /admin/groups/rules":                      {needs: access.RoutingUpdate, path: atPath("/admin/groups/rules"), form: values("hand_back", "-1", "former", "0"), code: 422},
	"GET /admin/groups/:id":                         {needs: access.GroupRead, path: pathWith("/admin/groups/", groupOf, ""), code: 404},
	"POST /admin/groups/:id":                        {needs: access.GroupUpdate, path: pathWith("/admin/groups/", groupOf, ""), form: values("name", "Taken over", "priority", "0", "zone", "UTC", "after", "60"), code: 404},
	"POST /admin/groups/:id/remove":                 {needs: access.GroupDelete, path: pathWith("/admin/groups/", groupOf, "/remove"), code: 404},
	"POST /admin/groups/:id/members":                {needs: access.GroupSetMembers, path: pathWith("/admin/groups/", groupOf, "/members"), code: 404},
	"GET /admin/team/:id":                           {needs: access.TeamMemberRead, path: pathWith("/admin/team/", agentOf, ""), code: 404},
	"POST /admin/team/:id/aliases":                  {needs: access.TeamMemberSetAliases, path: pathWith("/admin/team/", agentOf, "/aliases"), form: func(x ids) url.Values { return url.Values{"alias-" + customerOf(x): {"Taken over"}} }, code: 303},
	"GET /admin/people":                             {needs: access.TeamMemberRead, path: atPath("/admin/people"), code: 301},
	"GET /admin/people/:id":                         {needs: access.TeamMemberRead, path: pathWith("/admin/people/", agentOf, ""), code: 301},
	"POST /admin/websites/:id/topics":               {needs: access.WebsiteSetGroups, path: pathWith("/admin/websites/", websiteOf, "/topics"), form: func(x ids) url.Values { return url.Values{"group": {groupOf(x)}, "priority": {"0"}} }, code: 404},
	"POST /admin/websites/:id/topics/:group/remove": {needs: access.WebsiteSetGroups, path: func(x ids) string { return "/admin/websites/" + websiteOf(x) + "/topics/" + groupOf(x) + "/remove" }, code: 404},

	"GET /admin":                               {needs: access.CustomerRead, path: atPath("/admin")},
	"POST /admin/customers":                    {needs: access.CustomerCreate, path: atPath("/admin/customers"), form: values("name", ""), code: 422},
	"GET /admin/customers/:id":                 {needs: access.CustomerRead, path: pathWith("/admin/customers/", customerOf, ""), code: 404},
	"GET /admin/customers/:id/settings":        {needs: access.SettingsUpdateCustomer, path: pathWith("/admin/customers/", customerOf, "/settings"), code: 404},
	"POST /admin/customers/:id/settings/:part": {needs: access.SettingsUpdateCustomer, path: pathWith("/admin/customers/", customerOf, "/settings/look"), form: values("own", ".taken-over"), code: 404},
	"GET /admin/settings":                      {needs: access.SettingsUpdateOrganization, path: atPath("/admin/settings")},
	"POST /admin/settings/:part":               {needs: access.SettingsUpdateOrganization, path: atPath("/admin/settings/look"), form: values("x", "far"), code: 422},
	"POST /admin/customers/:id":                {needs: access.CustomerRename, path: pathWith("/admin/customers/", customerOf, ""), form: values("name", "Taken over"), code: 404},
	"POST /admin/customers/:id/websites":       {needs: access.WebsiteCreate, path: pathWith("/admin/customers/", customerOf, "/websites"), form: values("name", "Taken over", "host", "evil.example"), code: 404},
	"GET /admin/websites/:id":                  {needs: access.WebsiteRead, path: pathWith("/admin/websites/", websiteOf, ""), code: 404},
	"GET /live/websites/:id":                   {needs: access.WebsiteRead, path: pathWith("/live/websites/", websiteOf, ""), code: 422},
	"POST /admin/websites/:id":                 {needs: access.WebsiteUpdate, path: pathWith("/admin/websites/", websiteOf, ""), form: values("name", "Taken over"), code: 404},
	"POST /admin/websites/:id/domains":         {needs: access.DomainAdd, path: pathWith("/admin/websites/", websiteOf, "/domains"), form: values("host", "evil.example"), code: 404},
	"POST /admin/websites/:id/domains/:domain/remove": {needs: access.DomainRemove, path: func(x ids) string {
		return "/admin/websites/" + websiteOf(x) + "/domains/" + x.domain + "/remove"
	}, code: 404},
	"GET /admin/rights": {needs: access.RightsRead, path: atPath("/admin/rights")},
	"GET /admin/team":   {needs: access.TeamMemberRead, path: atPath("/admin/team")},
	"POST /admin/team/invite": {needs: access.TeamMemberInvite, path: atPath("/admin/team/invite"), form: func(x ids) url.Values {
		return url.Values{"email": {"spy@evil.example"}, "role": {"reviewer"}, "customer": {customerOf(x)}}
	}, code: 422},
	"POST /admin/team/invitations/:id/remove": {needs: access.TeamMemberRevokeInvitation, path: func(x ids) string { return "/admin/team/invitations/" + x.invitation + "/remove" }, code: 404},
	"POST /admin/team/:id/role":               {needs: access.TeamMemberChangeRole, path: pathWith("/admin/team/", agentOf, "/role"), form: values("role", "manager"), code: 404},
	"POST /admin/team/:id/customers": {needs: access.TeamMemberSetCustomers, path: pathWith("/admin/team/", agentOf, "/customers"), form: func(x ids) url.Values {
		return url.Values{"serves": {"some"}, "customers": {customerOf(x)}}
	}, code: 404},
	"POST /admin/team/:id/disable": {needs: access.TeamMemberDisable, path: pathWith("/admin/team/", agentOf, "/disable"), code: 404},
	"POST /admin/team/:id/enable":  {needs: access.TeamMemberEnable, path: pathWith("/admin/team/", agentOf, "/enable"), code: 404},
	"POST /admin/team/:id/reset":   {needs: access.TeamMemberResetPassword, path: pathWith("/admin/team/", agentOf, "/reset"), code: 404},
	"GET /admin/organization":      {needs: access.OrganizationRead, path: atPath("/admin/organization")},
	"POST /admin/organization":     {needs: access.OrganizationRename, path: atPath("/admin/organization"), form: values("name", ""), code: 422},

	"POST /desk/conversations/:id/files": {needs: access.ConversationSendFile, path: pathWith("/desk/conversations/", conversationOf, "/files?id="+uuid.NewString()+"&name=x.txt"), code: 404},
	"GET /files/:id/:name":               {everyone: true, path: func(x ids) string { return "/files/" + x.file.String() + "/x.txt" }, code: 404},
	"OPTIONS /widget/v1/files":           {open: true, path: func(x ids) string { return "/widget/v1/files?key=" + x.Key }, code: 403},
	"POST /widget/v1/files":              {open: true, path: func(x ids) string { return "/widget/v1/files?key=" + x.Key }, code: 403},
	"GET /widget/v1/files/:link/:name":   {open: true, path: atPath("/widget/v1/files/AAAA/x.txt"), code: 404},

	"GET /admin/websites/:id/widget":        {needs: access.WebsiteRead, path: pathWith("/admin/websites/", websiteOf, "/widget"), code: 404},
	"GET /admin/websites/:id/mail":          {needs: access.WebsiteRead, path: pathWith("/admin/websites/", websiteOf, "/mail"), code: 404},
	"POST /admin/websites/:id/widget/:part": {needs: access.WebsiteUpdate, path: pathWith("/admin/websites/", websiteOf, "/widget/look"), form: values("own", ".taken-over"), code: 404},
	"POST /admin/websites/:id/identity":     {needs: access.WebsiteRotateKey, path: pathWith("/admin/websites/", websiteOf, "/identity"), code: 404},
	"GET /admin/audit":                      {needs: access.AuditRead, path: func(x ids) string { return "/admin/audit?subject=" + x.tag.String() }},
	"GET /admin/audit.csv":                  {needs: access.AuditExport, path: func(x ids) string { return "/admin/audit.csv?subject=" + x.tag.String() }},
	"GET /admin/ratings":                    {needs: access.RatingRead, path: atPath("/admin/ratings")},
	"GET /admin/blocked":                    {needs: access.BlockRead, path: atPath("/admin/blocked")},
	"POST /admin/blocked":                   {needs: access.BlockCreate, path: atPath("/admin/blocked"), form: values("network", "everybody"), code: 422},
	"POST /admin/blocked/:id/remove":        {needs: access.BlockRemove, path: func(x ids) string { return "/admin/blocked/" + x.block.String() + "/remove" }, code: 404},
	"POST /desk/conversations/:id/block":    {needs: access.BlockCreate, path: pathWith("/desk/conversations/", conversationOf, "/block"), code: 404},

	"GET /archive":                    {needs: access.ArchiveRead, path: atPath("/archive")},
	"GET /archive/:id":                {needs: access.ArchiveRead, path: func(x ids) string { return "/archive/" + x.closed }, code: 404},
	"GET /review":                     {needs: access.ArchiveRead, path: atPath("/review"), code: 301},
	"GET /review/:id":                 {needs: access.ArchiveRead, path: func(x ids) string { return "/review/" + x.closed }, code: 301},
	"GET /archive/:id/export/:format": {needs: access.ArchiveExport, path: func(x ids) string { return "/archive/" + x.closed + "/export/json" }, code: 404},

	"GET /widget.js":         {open: true, path: atPath("/widget.js")},
	"GET /widget.css":        {open: true, path: atPath("/widget.css")},
	"GET /widget/:file":      {open: true, path: atPath("/widget/panel-000000000000.js"), code: 404},
	"GET /widget/v1/site":    {open: true, path: func(x ids) string { return "/widget/v1/site?key=" + x.Key }}, // refuses an origin that is not the website's
	"POST /widget/v1/frames": {open: true, path: func(x ids) string { return "/widget/v1/frames?key=" + x.Key }, code: 403},
	"POST /widget/v1/return": {open: true, path: func(x ids) string { return "/widget/v1/return?key=" + x.Key }, code: 403},
	"GET /widget/v1/socket":  {open: true, path: func(x ids) string { return "/widget/v1/socket?key=" + x.Key }, code: 403},
	"GET /demo/shop":         {open: true, path: atPath("/demo/shop"), code: 404},
}

// collectIDs fills an organization and looks up what can be named.
func collectIDs(t testing.TB, s *serve.Server) ids {
	t.Helper()
	ctx := context.Background()
	x := ids{orgData: fillOrganization(t, s)}
	who := x.As(access.Owner)
	w, err := s.Org.GetWebsite(ctx, who, x.Website)
	if err != nil {
		t.Fatal(err)
	}
	x.domain = w.Domains[0].ID.String()
	invitations, err := s.Identity.ListInvitations(ctx, who)
	if err != nil {
		t.Fatal(err)
	}
	x.invitation = invitations[0].ID.String()
	v := newVisitor(t, s, x.Org, "")
	v.send("A closed one of " + x.Name)
	closed := uuid.MustParse(v.conversation)
	if _, err := s.Routing.Take(ctx, x.As(access.Agent), "Mia", closed); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Conversations.Close(ctx, x.As(access.Agent), closed); err != nil {
		t.Fatal(err)
	}
	x.closed = closed.String()
	return x
}

var (
	conversationOf = func(x ids) string { return x.conversation.String() }
	customerOf     = func(x ids) string { return x.Customer.String() }
	websiteOf      = func(x ids) string { return x.Website.String() }
	groupOf        = func(x ids) string { return x.group.String() }
	agentOf        = func(x ids) string { return x.As(access.Agent).ID().String() }
)
