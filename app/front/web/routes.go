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
	{get, "/desk", staff(access.DeskOpen, (*Server).desk)},
	{get, "/live/desk", socket(access.DeskOpen, (*Server).deskSocket)},
	{get, "/desk/session", publicPage((*Server).sessionStatus)},
	{post, "/desk/login", publicPage((*Server).logInAgain)},
	{post, "/desk/take", staff(access.ConversationTake, (*Server).takeNext)},
	{post, "/desk/conversations/:id/take", staff(access.ConversationTake, (*Server).pick)},
	{post, "/desk/conversations/:id/messages", staff(access.ConversationReply, (*Server).sendMessage)},
	{post, "/desk/conversations/:id/files", staff(access.ConversationSendFile, (*Server).deskUpload)},
	{post, "/desk/conversations/:id/close", staff(access.ConversationClose, (*Server).closeConversation)},
	{post, "/desk/status", staff(access.PresenceSet, (*Server).setPresence)},
	{post, "/desk/conversations/:id/decline", staff(access.ConversationDecline, (*Server).decline)},
	{get, "/desk/conversations/:id/hand", staff(access.ConversationTransfer, (*Server).transferForm)},
	{post, "/desk/conversations/:id/transfer", staff(access.ConversationTransfer, (*Server).transfer)},
	{post, "/desk/conversations/:id/consult", staff(access.ConversationConsult, (*Server).consult)},
	{post, "/desk/conversations/:id/guests/:user/leave", staff(access.ConversationRemoveParticipant, (*Server).removeParticipant)},

	{get, "/desk/conversations/:id/pane", staff(access.ConversationRead, (*Server).pane)},
	{get, "/desk/conversations/:id/messages", staff(access.ConversationRead, (*Server).olderMessages)},
	{get, "/desk/conversations/:id/messages/:seq", staff(access.ConversationRead, (*Server).messageText)},
	{get, "/desk/conversations/:id/aside", staff(access.ConversationRead, (*Server).aside)},
	{get, "/desk/conversations/:id/earlier/:other", staff(access.ConversationRead, (*Server).earlierConversation)},
	{post, "/desk/conversations/:id/tags", staff(access.ConversationTag, (*Server).addConversationTag)},
	{post, "/desk/conversations/:id/tags/:tag/remove", staff(access.ConversationTag, (*Server).removeConversationTag)},
	{get, "/desk/conversations/:id/faq", staff(access.FAQEntryRead, (*Server).searchFAQ)},
	{get, "/desk/conversations/:id/faq/:entry", staff(access.FAQEntrySuggest, (*Server).entryText)},
	{post, "/desk/conversations/:id/faq/:entry/dismiss", staff(access.FAQEntrySuggest, (*Server).dismissSuggestion)},
	{get, "/desk/conversations/:id/keep", staff(access.FAQEntryPropose, (*Server).answerEntryForm)},
	{post, "/desk/conversations/:id/keep", staff(access.FAQEntryPropose, (*Server).saveAnswerEntry)},
	{post, "/desk/conversations/:id/snippets/:snippet", staff(access.SnippetRead, (*Server).useSnippet)},
	{post, "/desk/conversations/:id/drafts", staff(access.ConversationDraft, (*Server).draftReplies)},
	{get, "/desk/conversations/:id/drafts/sent", staff(access.ConversationDraft, (*Server).previewModelInput)},
	{post, "/desk/conversations/:id/reword", staff(access.ConversationReword, (*Server).reword)},
	{post, "/desk/push", staff(access.PushSubscribe, (*Server).subscribePush)},
	{get, "/preferences", withForms(staff(access.PreferencesRead, (*Server).preferences))},
	{post, "/preferences", staff(access.PreferencesUpdate, (*Server).setPreferences)},
	{get, "/snippets", withForms(staff(access.SnippetRead, (*Server).snippets))},
	{post, "/snippets", staff(access.SnippetSave, (*Server).addSnippet)},
	{post, "/snippets/:id", staff(access.SnippetSave, (*Server).updateSnippet)},
	{post, "/snippets/:id/remove", staff(access.SnippetDelete, (*Server).removeSnippet)},
	{get, "/faq", withForms(staff(access.FAQEntryRead, (*Server).faqList))},
	{get, "/faq/new", withForms(staff(access.FAQEntryUpdate, (*Server).newEntryForm))},
	{post, "/faq/new", staff(access.FAQEntryUpdate, (*Server).saveEntry)},
	{get, "/faq/:id", withForms(staff(access.FAQEntryRead, (*Server).editEntryForm))},
	{post, "/faq/:id", staff(access.FAQEntryUpdate, (*Server).saveEntry)},
	{post, "/faq/:id/remove", staff(access.FAQEntryDelete, (*Server).removeEntry)},
	{post, "/faq/state", staff(access.FAQEntrySetState, (*Server).setEntryStates)},
	{get, "/faq/export", staff(access.FAQEntryExport, (*Server).exportFAQ)},
	{get, importPath, staff(access.FAQEntryImport, (*Server).importForm)},
	{post, importPath, staff(access.FAQEntryImport, (*Server).importFAQ)},

	// For supervisors.
	{get, "/board", staff(access.MonitorRead, (*Server).monitor)},
	{get, "/live/board", socket(access.MonitorRead, (*Server).monitorSocket)},
	{post, "/board/conversations/:id/watch", staff(access.ConversationWatch, (*Server).joinConversation)},
	{post, "/board/conversations/:id/take", staff(access.ConversationTakeOver, (*Server).takeOver)},
	{post, "/board/conversations/:id/give", staff(access.ConversationAssign, (*Server).assign)},
	{get, "/board/conversations/:id", staff(access.ConversationReadAssignments, (*Server).assignmentHistory)},

	{get, "/admin/blocked", withForms(staff(access.BlockRead, (*Server).blocks))},
	{post, "/admin/blocked", staff(access.BlockCreate, (*Server).addBlock)},
	{post, "/admin/blocked/:id/remove", staff(access.BlockRemove, (*Server).removeBlock)},
	{post, "/desk/conversations/:id/block", staff(access.BlockCreate, (*Server).blockVisitor)},

	// For managers.
	{get, "/admin", withForms(staff(access.CustomerRead, (*Server).customers))},
	{post, "/admin/customers", staff(access.CustomerCreate, (*Server).addCustomer)},
	{get, "/admin/customers/:id", withForms(staff(access.CustomerRead, (*Server).customer))},
	{post, "/admin/customers/:id", staff(access.CustomerRename, (*Server).renameCustomer)},
	{post, "/admin/customers/:id/websites", staff(access.WebsiteCreate, (*Server).addWebsite)},
	{get, "/admin/websites/:id", withForms(staff(access.WebsiteRead, (*Server).website))},
	{get, "/live/websites/:id", socket(access.WebsiteRead, (*Server).websiteSocket)},
	{post, "/admin/websites/:id", staff(access.WebsiteUpdate, (*Server).updateWebsite)},
	{get, "/admin/websites/:id/widget", withForms(staff(access.WebsiteRead, (*Server).widgetPage))},
	{get, "/admin/websites/:id/mail", staff(access.WebsiteRead, (*Server).mailPreview)},
	{post, "/admin/websites/:id/widget/:part", staff(access.WebsiteUpdate, (*Server).setWidgetSection)},
	{post, "/admin/websites/:id/identity", staff(access.WebsiteRotateKey, (*Server).renewIdentityKey)},
	{get, "/admin/ratings", staff(access.RatingRead, (*Server).ratings)},
	{post, "/admin/websites/:id/domains", staff(access.DomainAdd, (*Server).addDomain)},
	{post, "/admin/websites/:id/domains/:domain/remove", staff(access.DomainRemove, (*Server).removeDomain)},
	{post, "/admin/customers/:id/share", staff(access.CustomerSetCapacity, (*Server).setCapacityShare)},
	{get, "/admin/groups", withForms(staff(access.GroupRead, (*Server).groupsPage))},
	{post, "/admin/groups", staff(access.GroupCreate, (*Server).addGroup)},
	{post, "/admin/groups/rules", staff(access.RoutingUpdate, (*Server).setRoutingRules)},
	{get, "/admin/groups/:id", withForms(staff(access.GroupRead, (*Server).group))},
	{post, "/admin/groups/:id", staff(access.GroupUpdate, (*Server).updateGroup)},
	{post, "/admin/groups/:id/remove", staff(access.GroupDelete, (*Server).removeGroup)},
	{post, "/admin/groups/:id/members", staff(access.GroupSetMembers, (*Server).setMembers)},
	{post, "/admin/websites/:id/subjects", staff(access.WebsiteSetGroups, (*Server).setSubject)},
	{post, "/admin/websites/:id/subjects/:group/remove", staff(access.WebsiteSetGroups, (*Server).removeSubject)},
	{get, "/admin/tags", withForms(staff(access.TagReadUsage, (*Server).tags))},
	{post, "/admin/tags", staff(access.TagCreate, (*Server).addTag)},
	{post, "/admin/tags/:id", staff(access.TagRename, (*Server).renameTag)},
	{post, "/admin/tags/:id/remove", staff(access.TagDelete, (*Server).removeTag)},
	{get, "/admin/desk", withForms(staff(access.DeskRulesUpdate, (*Server).deskRules))},
	{post, "/admin/desk", staff(access.DeskRulesUpdate, (*Server).setDeskRules)},
	{post, "/admin/desk/model", staff(access.ModelUpdate, (*Server).setModel)},
	{post, "/admin/desk/model/remove", staff(access.ModelRemove, (*Server).removeModel)},
	{get, "/admin/people/:id", withForms(staff(access.TeamMemberRead, (*Server).teamMember))},
	{post, "/admin/people/:id/aliases", staff(access.TeamMemberSetAliases, (*Server).setAliases)},
	{get, "/admin/people", withForms(staff(access.TeamMemberRead, (*Server).team))},
	{post, "/admin/people/invite", staff(access.TeamMemberInvite, (*Server).invite)},
	{post, "/admin/people/invitations/:id/remove", staff(access.TeamMemberRevokeInvitation, (*Server).revokeInvitation)},
	{get, "/admin/rights", staff(access.RightsRead, (*Server).rights)},
	{post, "/admin/people/:id/role", staff(access.TeamMemberChangeRole, (*Server).changeRole)},
	{post, "/admin/people/:id/customers", staff(access.TeamMemberSetCustomers, (*Server).limitToCustomers)},
	{post, "/admin/people/:id/disable", staff(access.TeamMemberDisable, (*Server).disableTeamMember)},
	{post, "/admin/people/:id/enable", staff(access.TeamMemberEnable, (*Server).enableTeamMember)},
	{post, "/admin/people/:id/reset", staff(access.TeamMemberResetPassword, (*Server).resetTeamMemberPassword)},
	{get, "/admin/audit", staff(access.AuditRead, (*Server).auditLog)},
	{get, "/admin/audit.csv", staff(access.AuditExport, (*Server).exportAuditLog)},
	{get, "/admin/organization", withForms(staff(access.OrganizationRead, (*Server).organization))},
	{post, "/admin/organization", staff(access.OrganizationRename, (*Server).renameOrganization)},

	// For everyone who is logged in; who may see what is the table's policy.
	{get, "/files/:id/:name", loggedIn(access.FileRead, (*Server).downloadFile)},

	// For reviewers, supervisors and managers.
	{get, "/review", staff(access.ArchiveRead, (*Server).archiveList)},
	{get, "/review/:id", staff(access.ArchiveRead, (*Server).transcript)},
	{get, "/review/:id/export/:format", staff(access.ArchiveExport, (*Server).exportConversation)},

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
