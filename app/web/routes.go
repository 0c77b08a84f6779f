package web

import (
	"net/http"

	"parley/app/access"
	"parley/app/faq"
	"parley/app/files"
)

// Route is one line of the site map.
type Route struct {
	Method, Path string
	guard
}

const (
	get  = http.MethodGet
	post = http.MethodPost
)

// importPath takes whole catalogues.
const importPath = "/faq/import"

// How many bytes of a request's body are read. Who is not logged in, or has shown no visitor's token that is good, can send
// strangersBody at most, whatever the route takes.
const (
	strangersBody = 64 << 10
	strangersForm = 16 << 10 // of a page's form
	usualBody     = 64 << 10 // of a route that does not say otherwise
	formMost      = 1 << 20  // larger bodies are never held in memory: their handlers stream them
)

// bodyLimits is what routes take that take more than usualBody.
var bodyLimits = map[string]int64{
	"POST /faq/new":                         formMost, // forty languages
	"POST /faq/:id":                         formMost,
	"POST /faq/state":                       256 << 10, // an id for each entry of a page
	"POST /desk/conversations/:id/keep":     256 << 10,
	"POST /admin/groups/:id/members":        formMost,  // some fields for each team member
	"POST /admin/people/invite":             256 << 10, // an id for each customer
	"POST /admin/people/:id/customers":      256 << 10,
	"POST /admin/websites/:id/widget/:part": formMost,        // texts of all languages
	"POST /desk/conversations/:id/files":    files.MostBytes, // cut again by who reads them
	"POST /snippets":                        files.MostBytes + formMost,
	"POST /snippets/:id":                    files.MostBytes + formMost,
	"POST /admin/people/:id/aliases":        32 << 20, // a picture for each customer
	"POST " + importPath:                    faq.ImportBytes + formMost,
	"POST " + uploadPath:                    files.MostBytes,
}

// BodyLimit is how many bytes of a request's body are read at most.
func (r Route) BodyLimit() int64 {
	if most, there := bodyLimits[r.Method+" "+r.Path]; there {
		return most
	}
	return usualBody
}

// Routes is the site map: every address of this server, and who gets through.
var Routes = []Route{
	// For machines.
	{get, "/healthz", open((*Server).healthz)},
	{get, "/readyz", open((*Server).readyz)},
	{get, "/static/:hash/:name", open((*Server).staticFile)},

	{get, "/manifest.webmanifest", open((*Server).manifest)},
	{get, "/worker.js", open((*Server).worker)},

	// For everyone.
	{get, "/", page((*Server).start)},
	{get, "/login", page((*Server).logInForm)},
	{post, "/login", page((*Server).logIn)},
	{post, "/login/organization", page((*Server).logInChoice)},
	{post, "/logout", page((*Server).logOut)},
	{get, "/signup", page((*Server).signUpForm)},
	{post, "/signup", page((*Server).signUp)},
	{get, "/signup/:secret", page((*Server).signUpLink)},
	{post, "/signup/:secret", page((*Server).finishSignUp)},
	{get, "/join/:secret", page((*Server).joinForm)},
	{post, "/join/:secret", page((*Server).join)},
	{get, "/forgot", page((*Server).forgotForm)},
	{post, "/forgot", page((*Server).forgot)},
	{get, "/reset/:secret", page((*Server).resetForm)},
	{post, "/reset/:secret", page((*Server).reset)},

	// For agents.
	{get, "/desk", staff(access.Answer, (*Server).desk)},
	{get, "/live/desk", socket(access.Answer, (*Server).deskSocket)},
	{get, "/desk/session", page((*Server).session)},
	{post, "/desk/login", page((*Server).logInAgain)},
	{post, "/desk/take", staff(access.Answer, (*Server).takeNext)},
	{post, "/desk/conversations/:id/take", staff(access.Answer, (*Server).take)},
	{post, "/desk/conversations/:id/messages", staff(access.Answer, (*Server).say)},
	{post, "/desk/conversations/:id/files", staff(access.Answer, (*Server).deskUpload)},
	{post, "/desk/conversations/:id/close", staff(access.Answer, (*Server).closeConversation)},
	{post, "/desk/status", staff(access.Answer, (*Server).setStatus)},
	{post, "/desk/conversations/:id/decline", staff(access.Answer, (*Server).decline)},
	{get, "/desk/conversations/:id/hand", staff(access.Answer, (*Server).handForm)},
	{post, "/desk/conversations/:id/transfer", staff(access.Answer, (*Server).transfer)},
	{post, "/desk/conversations/:id/consult", staff(access.Answer, (*Server).consult)},
	{post, "/desk/conversations/:id/guests/:user/leave", staff(access.Answer, (*Server).endVisit)},

	{get, "/desk/conversations/:id/pane", staff(access.Answer, (*Server).pane)},
	{get, "/desk/conversations/:id/messages", staff(access.Answer, (*Server).older)},
	{get, "/desk/conversations/:id/messages/:seq", staff(access.Answer, (*Server).messageText)},
	{get, "/desk/conversations/:id/aside", staff(access.Answer, (*Server).aside)},
	{get, "/desk/conversations/:id/earlier/:other", staff(access.Answer, (*Server).earlier)},
	{post, "/desk/conversations/:id/tags", staff(access.Answer, (*Server).tag)},
	{post, "/desk/conversations/:id/tags/:tag/remove", staff(access.Answer, (*Server).untag)},
	{get, "/desk/conversations/:id/faq", staff(access.Answer, (*Server).look)},
	{get, "/desk/conversations/:id/faq/:entry", staff(access.Answer, (*Server).entryText)},
	{post, "/desk/conversations/:id/faq/:entry/dismiss", staff(access.Answer, (*Server).dismiss)},
	{get, "/desk/conversations/:id/keep", staff(access.Answer, (*Server).keepForm)},
	{post, "/desk/conversations/:id/keep", staff(access.Answer, (*Server).keep)},
	{post, "/desk/conversations/:id/snippets/:snippet", staff(access.Answer, (*Server).useSnippet)},
	{post, "/desk/conversations/:id/drafts", staff(access.Answer, (*Server).drafts)},
	{get, "/desk/conversations/:id/drafts/sent", staff(access.Answer, (*Server).sent)},
	{post, "/desk/conversations/:id/reword", staff(access.Answer, (*Server).reword)},
	{post, "/desk/push", staff(access.Answer, (*Server).subscribe)},
	{get, "/preferences", withForms(staff(access.Answer, (*Server).preferences))},
	{post, "/preferences", staff(access.Answer, (*Server).setPreferences)},
	{get, "/snippets", withForms(staff(access.Answer, (*Server).snippets))},
	{post, "/snippets", staff(access.Answer, (*Server).addSnippet)},
	{post, "/snippets/:id", staff(access.Answer, (*Server).updateSnippet)},
	{post, "/snippets/:id/remove", staff(access.Answer, (*Server).removeSnippet)},
	{get, "/faq", withForms(staff(access.Answer, (*Server).faqList))},
	{get, "/faq/new", withForms(staff(access.Answer, (*Server).newEntry))},
	{post, "/faq/new", staff(access.Answer, (*Server).saveEntry)},
	{get, "/faq/:id", withForms(staff(access.Answer, (*Server).entry))},
	{post, "/faq/:id", staff(access.Answer, (*Server).saveEntry)},
	{post, "/faq/:id/remove", staff(access.Manage, (*Server).removeEntry)},
	{post, "/faq/state", staff(access.Manage, (*Server).setEntryStates)},
	{get, "/faq/export", staff(access.Manage, (*Server).exportFAQ)},
	{get, importPath, staff(access.Manage, (*Server).importForm)},
	{post, importPath, staff(access.Manage, (*Server).importFAQ)},

	// For supervisors.
	{get, "/board", staff(access.Watch, (*Server).board)},
	{get, "/live/board", socket(access.Watch, (*Server).boardSocket)},
	{post, "/board/conversations/:id/watch", staff(access.Watch, (*Server).watch)},
	{post, "/board/conversations/:id/take", staff(access.Watch, (*Server).takeOver)},
	{post, "/board/conversations/:id/give", staff(access.Watch, (*Server).give)},
	{get, "/board/conversations/:id", staff(access.Manage, (*Server).why)},

	{get, "/admin/blocked", withForms(staff(access.Watch, (*Server).blocks))},
	{post, "/admin/blocked", staff(access.Watch, (*Server).addBlock)},
	{post, "/admin/blocked/:id/remove", staff(access.Watch, (*Server).dropBlock)},
	{post, "/desk/conversations/:id/block", staff(access.Watch, (*Server).blockVisitor)},

	// For managers.
	{get, "/admin", withForms(staff(access.Manage, (*Server).customers))},
	{post, "/admin/customers", whole(access.Manage, (*Server).addCustomer)},
	{get, "/admin/customers/:id", withForms(staff(access.Manage, (*Server).customer))},
	{post, "/admin/customers/:id", staff(access.Manage, (*Server).renameCustomer)},
	{post, "/admin/customers/:id/websites", staff(access.Manage, (*Server).addWebsite)},
	{get, "/admin/websites/:id", withForms(staff(access.Manage, (*Server).website))},
	{get, "/live/websites/:id", socket(access.Manage, (*Server).websiteSocket)},
	{post, "/admin/websites/:id", staff(access.Manage, (*Server).updateWebsite)},
	{get, "/admin/websites/:id/widget", withForms(staff(access.Manage, (*Server).widgetPage))},
	{get, "/admin/websites/:id/mail", staff(access.Manage, (*Server).mailPreview)},
	{post, "/admin/websites/:id/widget/:part", staff(access.Manage, (*Server).setWidget)},
	{post, "/admin/websites/:id/identity", staff(access.Manage, (*Server).renewIdentityKey)},
	{get, "/admin/ratings", staff(access.Manage, (*Server).ratings)},
	{post, "/admin/websites/:id/domains", staff(access.Manage, (*Server).addDomain)},
	{post, "/admin/websites/:id/domains/:domain/remove", staff(access.Manage, (*Server).removeDomain)},
	{post, "/admin/customers/:id/share", whole(access.Manage, (*Server).setShare)},
	{get, "/admin/groups", withForms(whole(access.Manage, (*Server).groups))},
	{post, "/admin/groups", whole(access.Manage, (*Server).addGroup)},
	{post, "/admin/groups/rules", whole(access.Manage, (*Server).setRules)},
	{get, "/admin/groups/:id", withForms(whole(access.Manage, (*Server).group))},
	{post, "/admin/groups/:id", whole(access.Manage, (*Server).updateGroup)},
	{post, "/admin/groups/:id/remove", whole(access.Manage, (*Server).removeGroup)},
	{post, "/admin/groups/:id/members", whole(access.Manage, (*Server).setMembers)},
	{post, "/admin/websites/:id/subjects", staff(access.Manage, (*Server).setSubject)},
	{post, "/admin/websites/:id/subjects/:group/remove", staff(access.Manage, (*Server).removeSubject)},
	{get, "/admin/tags", withForms(whole(access.Manage, (*Server).tags))},
	{post, "/admin/tags", whole(access.Manage, (*Server).addTag)},
	{post, "/admin/tags/:id", whole(access.Manage, (*Server).renameTag)},
	{post, "/admin/tags/:id/remove", whole(access.Manage, (*Server).removeTag)},
	{get, "/admin/desk", withForms(whole(access.Manage, (*Server).deskRules))},
	{post, "/admin/desk", whole(access.Manage, (*Server).setDeskRules)},
	{post, "/admin/desk/model", whole(access.Manage, (*Server).setModel)},
	{post, "/admin/desk/model/remove", whole(access.Manage, (*Server).removeModel)},
	{get, "/admin/people/:id", withForms(staff(access.Manage, (*Server).person))},
	{post, "/admin/people/:id/aliases", staff(access.Manage, (*Server).setAliases)},
	{get, "/admin/people", withForms(staff(access.Manage, (*Server).people))},
	{post, "/admin/people/invite", staff(access.Manage, (*Server).invite)},
	{post, "/admin/people/invitations/:id/remove", staff(access.Manage, (*Server).uninvite)},
	{post, "/admin/people/:id/role", staff(access.Manage, (*Server).changeRole)},
	{post, "/admin/people/:id/customers", staff(access.Manage, (*Server).setCustomers)},
	{post, "/admin/people/:id/disable", staff(access.Manage, (*Server).disable)},
	{post, "/admin/people/:id/enable", staff(access.Manage, (*Server).enable)},
	{post, "/admin/people/:id/reset", staff(access.Manage, (*Server).resetColleague)},
	{get, "/admin/organization", withForms(staff(access.Appoint, (*Server).organization))},
	{post, "/admin/organization", staff(access.Appoint, (*Server).renameOrganization)},

	// For everyone who is logged in; who may see what is the table's policy.
	{get, "/files/:id/:name", person((*Server).file)},

	// For reviewers, supervisors and managers.
	{get, "/review", staff(access.Review, (*Server).past)},
	{get, "/review/:id", staff(access.Review, (*Server).transcript)},
	{get, "/review/:id/export/:format", staff(access.Review, (*Server).export)},

	// For the customers' pages.
	{get, "/widget.js", open((*Server).widgetFile)},
	{get, "/widget.css", open((*Server).widgetFile)},
	{get, "/widget/:file", open((*Server).widgetPart)},
	{get, "/widget/v1/site", open((*Server).widgetSite)},
	{get, "/widget/v1/socket", panel((*Server).widgetSocket)},
	{post, "/widget/v1/frames", panel((*Server).widgetFrames)},
	{post, "/widget/v1/return", panel((*Server).widgetReturn)},
	{http.MethodOptions, uploadPath, open((*Server).letAsk)},
	{post, uploadPath, panel((*Server).widgetUpload)},
	{get, "/widget/v1/files/:link/:name", open((*Server).linkedFile)},

	// Only with demo data.
	{get, "/demo/shop", page((*Server).demoShop)},
}
