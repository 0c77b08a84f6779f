package web

import (
	"net/http"

	"parley/app/domain/faq"
	"parley/app/domain/files"
	"parley/app/platform/access"
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
	maxAnonymousBody = 64 << 10
	maxAnonymousForm = 16 << 10 // of a page's form
	defaultBodyLimit = 64 << 10 // of a route that does not say otherwise
	maxForm          = 1 << 20  // larger bodies are never held in memory: their handlers stream them
)

// bodyLimits is what routes take that take more than usualBody.
var bodyLimits = map[string]int64{
	"POST /faq/new":                         maxForm, // forty languages
	"POST /faq/:id":                         maxForm,
	"POST /faq/state":                       256 << 10, // an id for each entry of a page
	"POST /desk/conversations/:id/keep":     256 << 10,
	"POST /admin/groups/:id/members":        maxForm,   // some fields for each team member
	"POST /admin/people/invite":             256 << 10, // an id for each customer
	"POST /admin/people/:id/customers":      256 << 10,
	"POST /admin/websites/:id/widget/:part": maxForm,            // texts of all languages
	"POST /desk/conversations/:id/files":    files.MaxFileBytes, // cut again by who reads them
	"POST /snippets":                        files.MaxFileBytes + maxForm,
	"POST /snippets/:id":                    files.MaxFileBytes + maxForm,
	"POST /admin/people/:id/aliases":        32 << 20, // a picture for each customer
	"POST " + importPath:                    faq.MaxImportBytes + maxForm,
	"POST " + uploadPath:                    files.MaxFileBytes,
}

// BodyLimit is how many bytes of a request's body are read at most.
func (r Route) BodyLimit() int64 {
	if most, there := bodyLimits[r.Method+" "+r.Path]; there {
		return most
	}
	return defaultBodyLimit
}

// Routes is the site map: every address of this server, and who gets through.
var Routes = []Route{
	// For machines.
	{get, "/healthz", anyone((*Server).healthz)},
	{get, "/readyz", anyone((*Server).readyz)},
	{get, "/static/:hash/:name", anyone((*Server).staticFile)},

	{get, "/manifest.webmanifest", anyone((*Server).manifest)},
	{get, "/worker.js", anyone((*Server).serviceWorker)},

	// For everyone.
	{get, "/", publicPage((*Server).home)},
	{get, "/login", publicPage((*Server).logInForm)},
	{post, "/login", publicPage((*Server).logIn)},
	{post, "/login/organization", publicPage((*Server).chooseOrganization)},
	{post, "/logout", publicPage((*Server).logOut)},
	{get, "/signup", publicPage((*Server).signUpForm)},
	{post, "/signup", publicPage((*Server).signUp)},
	{get, "/signup/:secret", publicPage((*Server).finishSignUpForm)},
	{post, "/signup/:secret", publicPage((*Server).finishSignUp)},
	{get, "/join/:secret", publicPage((*Server).acceptInvitationForm)},
	{post, "/join/:secret", publicPage((*Server).acceptInvitation)},
	{get, "/forgot", publicPage((*Server).forgotForm)},
	{post, "/forgot", publicPage((*Server).forgot)},
	{get, "/reset/:secret", publicPage((*Server).resetPasswordForm)},
	{post, "/reset/:secret", publicPage((*Server).resetPassword)},

	// For agents.
	{get, "/desk", staff(access.Answer, (*Server).desk)},
	{get, "/live/desk", socket(access.Answer, (*Server).deskSocket)},
	{get, "/desk/session", publicPage((*Server).sessionStatus)},
	{post, "/desk/login", publicPage((*Server).logInAgain)},
	{post, "/desk/take", staff(access.Answer, (*Server).takeNext)},
	{post, "/desk/conversations/:id/take", staff(access.Answer, (*Server).pick)},
	{post, "/desk/conversations/:id/messages", staff(access.Answer, (*Server).sendMessage)},
	{post, "/desk/conversations/:id/files", staff(access.Answer, (*Server).deskUpload)},
	{post, "/desk/conversations/:id/close", staff(access.Answer, (*Server).closeConversation)},
	{post, "/desk/status", staff(access.Answer, (*Server).setPresence)},
	{post, "/desk/conversations/:id/decline", staff(access.Answer, (*Server).decline)},
	{get, "/desk/conversations/:id/hand", staff(access.Answer, (*Server).transferForm)},
	{post, "/desk/conversations/:id/transfer", staff(access.Answer, (*Server).transfer)},
	{post, "/desk/conversations/:id/consult", staff(access.Answer, (*Server).consult)},
	{post, "/desk/conversations/:id/guests/:user/leave", staff(access.Answer, (*Server).removeParticipant)},

	{get, "/desk/conversations/:id/pane", staff(access.Answer, (*Server).pane)},
	{get, "/desk/conversations/:id/messages", staff(access.Answer, (*Server).olderMessages)},
	{get, "/desk/conversations/:id/messages/:seq", staff(access.Answer, (*Server).messageText)},
	{get, "/desk/conversations/:id/aside", staff(access.Answer, (*Server).aside)},
	{get, "/desk/conversations/:id/earlier/:other", staff(access.Answer, (*Server).earlierConversation)},
	{post, "/desk/conversations/:id/tags", staff(access.Answer, (*Server).addConversationTag)},
	{post, "/desk/conversations/:id/tags/:tag/remove", staff(access.Answer, (*Server).removeConversationTag)},
	{get, "/desk/conversations/:id/faq", staff(access.Answer, (*Server).searchFAQ)},
	{get, "/desk/conversations/:id/faq/:entry", staff(access.Answer, (*Server).entryText)},
	{post, "/desk/conversations/:id/faq/:entry/dismiss", staff(access.Answer, (*Server).dismissSuggestion)},
	{get, "/desk/conversations/:id/keep", staff(access.Answer, (*Server).answerEntryForm)},
	{post, "/desk/conversations/:id/keep", staff(access.Answer, (*Server).saveAnswerEntry)},
	{post, "/desk/conversations/:id/snippets/:snippet", staff(access.Answer, (*Server).useSnippet)},
	{post, "/desk/conversations/:id/drafts", staff(access.Answer, (*Server).draftReplies)},
	{get, "/desk/conversations/:id/drafts/sent", staff(access.Answer, (*Server).previewModelInput)},
	{post, "/desk/conversations/:id/reword", staff(access.Answer, (*Server).reword)},
	{post, "/desk/push", staff(access.Answer, (*Server).subscribePush)},
	{get, "/preferences", withForms(staff(access.Answer, (*Server).preferences))},
	{post, "/preferences", staff(access.Answer, (*Server).setPreferences)},
	{get, "/snippets", withForms(staff(access.Answer, (*Server).snippets))},
	{post, "/snippets", staff(access.Answer, (*Server).addSnippet)},
	{post, "/snippets/:id", staff(access.Answer, (*Server).updateSnippet)},
	{post, "/snippets/:id/remove", staff(access.Answer, (*Server).removeSnippet)},
	{get, "/faq", withForms(staff(access.Answer, (*Server).faqList))},
	{get, "/faq/new", withForms(staff(access.Answer, (*Server).newEntryForm))},
	{post, "/faq/new", staff(access.Answer, (*Server).saveEntry)},
	{get, "/faq/:id", withForms(staff(access.Answer, (*Server).editEntryForm))},
	{post, "/faq/:id", staff(access.Answer, (*Server).saveEntry)},
	{post, "/faq/:id/remove", staff(access.Manage, (*Server).removeEntry)},
	{post, "/faq/state", staff(access.Manage, (*Server).setEntryStates)},
	{get, "/faq/export", staff(access.Manage, (*Server).exportFAQ)},
	{get, importPath, staff(access.Manage, (*Server).importForm)},
	{post, importPath, staff(access.Manage, (*Server).importFAQ)},

	// For supervisors.
	{get, "/board", staff(access.Monitor, (*Server).monitor)},
	{get, "/live/board", socket(access.Monitor, (*Server).monitorSocket)},
	{post, "/board/conversations/:id/watch", staff(access.Monitor, (*Server).joinConversation)},
	{post, "/board/conversations/:id/take", staff(access.Monitor, (*Server).takeOver)},
	{post, "/board/conversations/:id/give", staff(access.Monitor, (*Server).assign)},
	{get, "/board/conversations/:id", staff(access.Manage, (*Server).assignmentHistory)},

	{get, "/admin/blocked", withForms(staff(access.Monitor, (*Server).blocks))},
	{post, "/admin/blocked", staff(access.Monitor, (*Server).addBlock)},
	{post, "/admin/blocked/:id/remove", staff(access.Monitor, (*Server).removeBlock)},
	{post, "/desk/conversations/:id/block", staff(access.Monitor, (*Server).blockVisitor)},

	// For managers.
	{get, "/admin", withForms(staff(access.Manage, (*Server).customers))},
	{post, "/admin/customers", orgWide(access.Manage, (*Server).addCustomer)},
	{get, "/admin/customers/:id", withForms(staff(access.Manage, (*Server).customer))},
	{post, "/admin/customers/:id", staff(access.Manage, (*Server).renameCustomer)},
	{post, "/admin/customers/:id/websites", staff(access.Manage, (*Server).addWebsite)},
	{get, "/admin/websites/:id", withForms(staff(access.Manage, (*Server).website))},
	{get, "/live/websites/:id", socket(access.Manage, (*Server).websiteSocket)},
	{post, "/admin/websites/:id", staff(access.Manage, (*Server).updateWebsite)},
	{get, "/admin/websites/:id/widget", withForms(staff(access.Manage, (*Server).widgetPage))},
	{get, "/admin/websites/:id/mail", staff(access.Manage, (*Server).mailPreview)},
	{post, "/admin/websites/:id/widget/:part", staff(access.Manage, (*Server).setWidgetSection)},
	{post, "/admin/websites/:id/identity", staff(access.Manage, (*Server).renewIdentityKey)},
	{get, "/admin/ratings", staff(access.Manage, (*Server).ratings)},
	{post, "/admin/websites/:id/domains", staff(access.Manage, (*Server).addDomain)},
	{post, "/admin/websites/:id/domains/:domain/remove", staff(access.Manage, (*Server).removeDomain)},
	{post, "/admin/customers/:id/share", orgWide(access.Manage, (*Server).setCapacityShare)},
	{get, "/admin/groups", withForms(orgWide(access.Manage, (*Server).groups))},
	{post, "/admin/groups", orgWide(access.Manage, (*Server).addGroup)},
	{post, "/admin/groups/rules", orgWide(access.Manage, (*Server).setRoutingRules)},
	{get, "/admin/groups/:id", withForms(orgWide(access.Manage, (*Server).group))},
	{post, "/admin/groups/:id", orgWide(access.Manage, (*Server).updateGroup)},
	{post, "/admin/groups/:id/remove", orgWide(access.Manage, (*Server).removeGroup)},
	{post, "/admin/groups/:id/members", orgWide(access.Manage, (*Server).setMembers)},
	{post, "/admin/websites/:id/subjects", staff(access.Manage, (*Server).setSubject)},
	{post, "/admin/websites/:id/subjects/:group/remove", staff(access.Manage, (*Server).removeSubject)},
	{get, "/admin/tags", withForms(orgWide(access.Manage, (*Server).tags))},
	{post, "/admin/tags", orgWide(access.Manage, (*Server).addTag)},
	{post, "/admin/tags/:id", orgWide(access.Manage, (*Server).renameTag)},
	{post, "/admin/tags/:id/remove", orgWide(access.Manage, (*Server).removeTag)},
	{get, "/admin/desk", withForms(orgWide(access.Manage, (*Server).deskRules))},
	{post, "/admin/desk", orgWide(access.Manage, (*Server).setDeskRules)},
	{post, "/admin/desk/model", orgWide(access.Manage, (*Server).setModel)},
	{post, "/admin/desk/model/remove", orgWide(access.Manage, (*Server).removeModel)},
	{get, "/admin/people/:id", withForms(staff(access.Manage, (*Server).teamMember))},
	{post, "/admin/people/:id/aliases", staff(access.Manage, (*Server).setAliases)},
	{get, "/admin/people", withForms(staff(access.Manage, (*Server).team))},
	{post, "/admin/people/invite", staff(access.Manage, (*Server).invite)},
	{post, "/admin/people/invitations/:id/remove", staff(access.Manage, (*Server).revokeInvitation)},
	{post, "/admin/people/:id/role", staff(access.Manage, (*Server).changeRole)},
	{post, "/admin/people/:id/customers", staff(access.Manage, (*Server).limitToCustomers)},
	{post, "/admin/people/:id/disable", staff(access.Manage, (*Server).disableTeamMember)},
	{post, "/admin/people/:id/enable", staff(access.Manage, (*Server).enableTeamMember)},
	{post, "/admin/people/:id/reset", staff(access.Manage, (*Server).resetTeamMemberPassword)},
	{get, "/admin/organization", withForms(staff(access.Own, (*Server).organization))},
	{post, "/admin/organization", staff(access.Own, (*Server).renameOrganization)},

	// For everyone who is logged in; who may see what is the table's policy.
	{get, "/files/:id/:name", loggedIn((*Server).downloadFile)},

	// For reviewers, supervisors and managers.
	{get, "/review", staff(access.Review, (*Server).archiveList)},
	{get, "/review/:id", staff(access.Review, (*Server).transcript)},
	{get, "/review/:id/export/:format", staff(access.Review, (*Server).exportConversation)},

	// For the customers' pages.
	{get, "/widget.js", anyone((*Server).widgetFile)},
	{get, "/widget.css", anyone((*Server).widgetFile)},
	{get, "/widget/:file", anyone((*Server).widgetPart)},
	{get, "/widget/v1/site", anyone((*Server).widgetSite)},
	{get, "/widget/v1/socket", fromWidget((*Server).widgetSocket)},
	{post, "/widget/v1/frames", fromWidget((*Server).widgetPoll)},
	{post, "/widget/v1/return", fromWidget((*Server).redeemReturnLink)},
	{http.MethodOptions, uploadPath, anyone((*Server).uploadPreflight)},
	{post, uploadPath, fromWidget((*Server).widgetUpload)},
	{get, "/widget/v1/files/:link/:name", anyone((*Server).downloadLinkedFile)},

	// Only with demo data.
	{get, "/demo/shop", publicPage((*Server).demoShop)},
}
