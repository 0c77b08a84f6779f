package web

import (
	"net/http"
	"slices"

	"parley/app/domain/faq"
	"parley/app/domain/files"
	"parley/app/front/web/account"
	"parley/app/front/web/archive"
	"parley/app/front/web/body"
	"parley/app/front/web/desk"
	"parley/app/front/web/manage"
	"parley/app/front/web/upload"
	"parley/app/front/web/widget"
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

// importPath takes whole catalogs.
const importPath = "/faq/import"

// bodyLimits is how many bytes routes take that take more than body.DefaultLimit.
var bodyLimits = map[string]int64{
	"POST /faq/new":                            body.MaxForm, // forty languages
	"POST /faq/:id":                            body.MaxForm,
	"POST /faq/state":                          256 << 10, // an id for each entry of a page
	"POST /desk/conversations/:id/entry":       256 << 10,
	"POST /admin/groups/:id/members":           body.MaxForm, // some fields for each team member
	"POST /admin/team/invite":                  256 << 10,    // an id for each customer
	"POST /admin/team/:id/customers":           256 << 10,
	"POST /admin/settings/:part":               body.MaxForm, // texts of all languages
	"POST /admin/customers/:id/settings/:part": body.MaxForm,
	"POST /admin/websites/:id/widget/:part":    body.MaxForm,
	"POST /desk/conversations/:id/files":       files.MaxFileBytes, // cut again by who reads them
	"POST /snippets":                           files.MaxFileBytes + body.MaxForm,
	"POST /snippets/:id":                       files.MaxFileBytes + body.MaxForm,
	"POST /admin/team/:id/aliases":             32 << 20, // a picture for each customer
	"POST " + importPath:                       faq.MaxImportBytes + body.MaxForm,
	"POST " + widget.UploadPath:                files.MaxFileBytes,
}

// BodyLimit is how many bytes of a request's body are read at most.
func (r Route) BodyLimit() int64 {
	if most, there := bodyLimits[r.Method+" "+r.Path]; there {
		return most
	}
	return body.DefaultLimit
}

// handlers answers the routes.
type handlers struct {
	Service *service
	Account *account.Handlers
	Archive *archive.Handlers
	Desk    *desk.Handlers
	Manage  *manage.Handlers
	Widget  *widget.Handlers
	Upload  *upload.Service
}

// Routes is the site map of a server that answers nothing, for programs that go through all addresses.
var Routes = routes(handlers{})

// routes is the site map: every address of this server, and who gets through.
func routes(h handlers) []Route {
	return slices.Concat(
		machineRoutes(h),
		accountRoutes(h),
		deskRoutes(h),
		answerRoutes(h),
		monitorRoutes(h),
		customerRoutes(h),
		groupRoutes(h),
		deskRuleRoutes(h),
		teamRoutes(h),
		movedRoutes(),
		fileRoutes(h),
		archiveRoutes(h),
		widgetRoutes(h),
		demoRoutes(h),
	)
}

// machineRoutes are for machines: monitoring, and what browsers fetch by themselves.
func machineRoutes(h handlers) []Route {
	return []Route{
		{get, "/healthz", anyone(h.Service.healthz)},
		{get, "/readyz", anyone(h.Service.readyz)},
		{get, "/static/:hash/:name", anyone(h.Service.staticFile)},

		{get, "/manifest.webmanifest", anyone(h.Desk.Manifest)},
		{get, "/worker.js", anyone(h.Desk.ServiceWorker)},
	}
}

// accountRoutes are for everyone: the way into an account.
func accountRoutes(h handlers) []Route {
	return []Route{
		{get, "/", publicPage(h.Account.Home)},
		{get, "/login", publicPage(h.Account.LogInForm)},
		{post, "/login", publicPage(h.Account.LogIn)},
		{post, "/login/organization", publicPage(h.Account.ChooseOrganization)},
		{post, "/logout", publicPage(h.Account.LogOut)},
		{get, "/signup", publicPage(h.Account.SignUpForm)},
		{post, "/signup", publicPage(h.Account.SignUp)},
		{get, "/signup/:secret", publicPage(h.Account.FinishSignUpForm)},
		{post, "/signup/:secret", publicPage(h.Account.FinishSignUp)},
		{get, "/join/:secret", publicPage(h.Account.InvitationForm)},
		{post, "/join/:secret", publicPage(h.Account.AcceptInvitation)},
		{get, "/forgot", publicPage(h.Account.ForgotForm)},
		{post, "/forgot", publicPage(h.Account.Forgot)},
		{get, "/reset/:secret", publicPage(h.Account.ResetForm)},
		{post, "/reset/:secret", publicPage(h.Account.Reset)},
	}
}

// deskRoutes are for agents at their desk.
func deskRoutes(h handlers) []Route {
	return []Route{
		{get, "/desk", staff(access.DeskOpen, h.Desk.Show)},
		{get, "/live/desk", socket(access.DeskOpen, h.Desk.Socket)},
		{get, "/desk/session", publicPage(h.Account.SessionStatus)},
		{post, "/desk/login", publicPage(h.Account.LogInAgain)},
		{post, "/desk/take", staff(access.ConversationTake, h.Desk.TakeNext)},
		{post, "/desk/conversations/:id/take", staff(access.ConversationTake, h.Desk.Pick)},
		{post, "/desk/conversations/:id/messages", staff(access.ConversationReply, h.Desk.Send)},
		{post, "/desk/conversations/:id/files", staff(access.ConversationSendFile, h.Desk.Upload)},
		{post, "/desk/conversations/:id/close", staff(access.ConversationClose, h.Desk.Close)},
		{post, "/desk/status", staff(access.PresenceSet, h.Desk.SetPresence)},
		{post, "/desk/conversations/:id/decline", staff(access.ConversationDecline, h.Desk.Decline)},
		{get, "/desk/conversations/:id/transfer", staff(access.ConversationTransfer, h.Desk.TransferForm)},
		{post, "/desk/conversations/:id/transfer", staff(access.ConversationTransfer, h.Desk.Transfer)},
		{post, "/desk/conversations/:id/consult", staff(access.ConversationConsult, h.Desk.Consult)},
		{post, "/desk/conversations/:id/participants/:user/remove", staff(access.ConversationRemoveParticipant, h.Desk.RemoveParticipant)},

		{get, "/desk/conversations/:id/pane", staff(access.ConversationRead, h.Desk.Pane)},
		{get, "/desk/conversations/:id/messages", staff(access.ConversationRead, h.Desk.OlderMessages)},
		{get, "/desk/conversations/:id/messages/:seq", staff(access.ConversationRead, h.Desk.MessageText)},
		{get, "/desk/conversations/:id/aside", staff(access.ConversationRead, h.Desk.Aside)},
		{get, "/desk/conversations/:id/earlier/:other", staff(access.ConversationRead, h.Desk.EarlierConversation)},
		{post, "/desk/conversations/:id/tags", staff(access.ConversationTag, h.Desk.AddTag)},
		{post, "/desk/conversations/:id/tags/:tag/remove", staff(access.ConversationTag, h.Desk.RemoveTag)},
		{get, "/desk/conversations/:id/faq", staff(access.FAQEntryRead, h.Desk.SearchFAQ)},
		{get, "/desk/conversations/:id/faq/:entry", staff(access.FAQEntrySuggest, h.Desk.EntryText)},
		{post, "/desk/conversations/:id/faq/:entry/dismiss", staff(access.FAQEntrySuggest, h.Desk.DismissSuggestion)},
		{get, "/desk/conversations/:id/entry", staff(access.FAQEntryPropose, h.Desk.AnswerEntryForm)},
		{post, "/desk/conversations/:id/entry", staff(access.FAQEntryPropose, h.Desk.SaveAnswerEntry)},
		{post, "/desk/conversations/:id/snippets/:snippet", staff(access.SnippetRead, h.Desk.UseSnippet)},
		{post, "/desk/conversations/:id/drafts", staff(access.ConversationDraft, h.Desk.Draft)},
		{get, "/desk/conversations/:id/drafts/sent", staff(access.ConversationDraft, h.Desk.PreviewModelInput)},
		{post, "/desk/conversations/:id/reword", staff(access.ConversationReword, h.Desk.Reword)},
		{post, "/desk/push", staff(access.PushSubscribe, h.Desk.SubscribePush)},
		{get, "/preferences", withForms(staff(access.PreferencesRead, h.Account.Preferences))},
		{post, "/preferences", staff(access.PreferencesUpdate, h.Account.SetPreferences)},
	}
}

// answerRoutes are for agents: what they answer with.
func answerRoutes(h handlers) []Route {
	return []Route{
		{get, "/snippets", withForms(staff(access.SnippetRead, h.Manage.Snippets))},
		{post, "/snippets", staff(access.SnippetSave, h.Manage.AddSnippet)},
		{post, "/snippets/:id", staff(access.SnippetSave, h.Manage.UpdateSnippet)},
		{post, "/snippets/:id/remove", staff(access.SnippetDelete, h.Manage.RemoveSnippet)},
		{get, "/faq", withForms(staff(access.FAQEntryRead, h.Manage.FAQ))},
		{get, "/faq/new", withForms(staff(access.FAQEntryUpdate, h.Manage.NewEntryForm))},
		{post, "/faq/new", staff(access.FAQEntryUpdate, h.Manage.SaveEntry)},
		{get, "/faq/:id", withForms(staff(access.FAQEntryRead, h.Manage.EntryForm))},
		{post, "/faq/:id", staff(access.FAQEntryUpdate, h.Manage.SaveEntry)},
		{post, "/faq/:id/remove", staff(access.FAQEntryDelete, h.Manage.RemoveEntry)},
		{post, "/faq/state", staff(access.FAQEntrySetState, h.Manage.SetEntryStates)},
		{get, "/faq/export", staff(access.FAQEntryExport, h.Manage.ExportFAQ)},
		{get, importPath, staff(access.FAQEntryImport, h.Manage.ImportForm)},
		{post, importPath, staff(access.FAQEntryImport, h.Manage.ImportFAQ)},
	}
}

// monitorRoutes are for supervisors.
func monitorRoutes(h handlers) []Route {
	return []Route{
		{get, "/monitor", staff(access.MonitorRead, h.Desk.Monitor)},
		{get, "/live/monitor", socket(access.MonitorRead, h.Desk.MonitorSocket)},
		{post, "/monitor/conversations/:id/watch", staff(access.ConversationWatch, h.Desk.Join)},
		{post, "/monitor/conversations/:id/take", staff(access.ConversationTakeOver, h.Desk.TakeOver)},
		{get, "/monitor/conversations/:id/assign", staff(access.ConversationAssign, h.Desk.AssignForm)},
		{post, "/monitor/conversations/:id/assign", staff(access.ConversationAssign, h.Desk.Assign)},
		{get, "/monitor/conversations/:id", staff(access.ConversationReadAssignments, h.Desk.AssignmentHistory)},

		{get, "/admin/blocked", withForms(staff(access.BlockRead, h.Manage.Blocks))},
		{post, "/admin/blocked", staff(access.BlockCreate, h.Manage.AddBlock)},
		{post, "/admin/blocked/:id/remove", staff(access.BlockRemove, h.Manage.RemoveBlock)},
		{post, "/desk/conversations/:id/block", staff(access.BlockCreate, h.Desk.BlockVisitor)},
	}
}

// customerRoutes are for managers: customers and their websites.
func customerRoutes(h handlers) []Route {
	return []Route{
		{get, "/admin", withForms(staff(access.CustomerRead, h.Manage.Customers))},
		{post, "/admin/customers", staff(access.CustomerCreate, h.Manage.AddCustomer)},
		{get, "/admin/customers/:id", withForms(staff(access.CustomerRead, h.Manage.Customer))},
		{post, "/admin/customers/:id", staff(access.CustomerRename, h.Manage.RenameCustomer)},
		{post, "/admin/customers/:id/websites", staff(access.WebsiteCreate, h.Manage.AddWebsite)},
		{get, "/admin/websites/:id", withForms(staff(access.WebsiteRead, h.Manage.Website))},
		{get, "/live/websites/:id", socket(access.WebsiteRead, h.Manage.WebsiteSocket)},
		{post, "/admin/websites/:id", staff(access.WebsiteUpdate, h.Manage.UpdateWebsite)},
		{get, "/admin/websites/:id/widget", withForms(staff(access.WebsiteRead, h.Manage.Widget))},
		{get, "/admin/websites/:id/mail", staff(access.WebsiteRead, h.Manage.MailPreview)},
		{post, "/admin/websites/:id/widget/:part", staff(access.WebsiteUpdate, h.Manage.SetWidgetSection)},
		{get, "/admin/customers/:id/settings", withForms(staff(access.SettingsUpdateCustomer, h.Manage.CustomerSettings))},
		{post, "/admin/customers/:id/settings/:part", staff(access.SettingsUpdateCustomer, h.Manage.SetCustomerSection)},
		{get, "/admin/settings", withForms(staff(access.SettingsUpdateOrganization, h.Manage.OrganizationSettings))},
		{post, "/admin/settings/:part", staff(access.SettingsUpdateOrganization, h.Manage.SetOrganizationSection)},
		{post, "/admin/websites/:id/identity", staff(access.WebsiteRotateKey, h.Manage.RenewIdentityKey)},
		{get, "/admin/ratings", staff(access.RatingRead, h.Manage.Ratings)},
		{post, "/admin/websites/:id/domains", staff(access.DomainAdd, h.Manage.AddDomain)},
		{post, "/admin/websites/:id/domains/:domain/remove", staff(access.DomainRemove, h.Manage.RemoveDomain)},
		{post, "/admin/customers/:id/share", staff(access.CustomerSetCapacity, h.Manage.SetCapacityShare)},
	}
}

// groupRoutes are for managers: groups, and which conversations they get.
func groupRoutes(h handlers) []Route {
	return []Route{
		{get, "/admin/groups", withForms(staff(access.GroupRead, h.Manage.Groups))},
		{post, "/admin/groups", staff(access.GroupCreate, h.Manage.AddGroup)},
		{post, "/admin/groups/rules", staff(access.RoutingUpdate, h.Manage.SetRoutingRules)},
		{get, "/admin/groups/:id", withForms(staff(access.GroupRead, h.Manage.Group))},
		{post, "/admin/groups/:id", staff(access.GroupUpdate, h.Manage.UpdateGroup)},
		{post, "/admin/groups/:id/remove", staff(access.GroupDelete, h.Manage.RemoveGroup)},
		{post, "/admin/groups/:id/members", staff(access.GroupSetMembers, h.Manage.SetMembers)},
		{post, "/admin/websites/:id/topics", staff(access.WebsiteSetGroups, h.Manage.SetTopic)},
		{post, "/admin/websites/:id/topics/:group/remove", staff(access.WebsiteSetGroups, h.Manage.RemoveTopic)},
	}
}

// deskRuleRoutes are for managers: tags, and the rules of the desk.
func deskRuleRoutes(h handlers) []Route {
	return []Route{
		{get, "/admin/tags", withForms(staff(access.TagReadUsage, h.Manage.Tags))},
		{post, "/admin/tags", staff(access.TagCreate, h.Manage.AddTag)},
		{post, "/admin/tags/:id", staff(access.TagRename, h.Manage.RenameTag)},
		{post, "/admin/tags/:id/remove", staff(access.TagDelete, h.Manage.RemoveTag)},
		{get, "/admin/desk", withForms(staff(access.DeskRulesUpdate, h.Manage.DeskRules))},
		{post, "/admin/desk", staff(access.DeskRulesUpdate, h.Manage.SetDeskRules)},
		{post, "/admin/desk/model", staff(access.ModelUpdate, h.Manage.SetModel)},
		{post, "/admin/desk/model/remove", staff(access.ModelRemove, h.Manage.RemoveModel)},
	}
}

// teamRoutes are for managers: team members, their rights, the audit log and the organization itself.
func teamRoutes(h handlers) []Route {
	return []Route{
		{get, "/admin/team/:id", withForms(staff(access.TeamMemberRead, h.Manage.Member))},
		{post, "/admin/team/:id/aliases", staff(access.TeamMemberSetAliases, h.Manage.SetAliases)},
		{get, "/admin/team", withForms(staff(access.TeamMemberRead, h.Manage.Team))},
		{post, "/admin/team/invite", staff(access.TeamMemberInvite, h.Manage.Invite)},
		{post, "/admin/team/invitations/:id/remove", staff(access.TeamMemberRevokeInvitation, h.Manage.RevokeInvitation)},
		{get, "/admin/rights", staff(access.RightsRead, h.Manage.Rights)},
		{post, "/admin/team/:id/role", staff(access.TeamMemberChangeRole, h.Manage.ChangeRole)},
		{post, "/admin/team/:id/customers", staff(access.TeamMemberSetCustomers, h.Manage.LimitToCustomers)},
		{post, "/admin/team/:id/disable", staff(access.TeamMemberDisable, h.Manage.DisableMember)},
		{post, "/admin/team/:id/enable", staff(access.TeamMemberEnable, h.Manage.EnableMember)},
		{post, "/admin/team/:id/reset", staff(access.TeamMemberResetPassword, h.Manage.ResetPassword)},
		{get, "/admin/audit", staff(access.AuditRead, h.Manage.Audit)},
		{get, "/admin/audit.csv", staff(access.AuditExport, h.Manage.ExportAudit)},
		{get, "/admin/organization", withForms(staff(access.OrganizationRead, h.Manage.Organization))},
		{post, "/admin/organization", staff(access.OrganizationRename, h.Manage.RenameOrganization)},
	}
}

// fileRoutes are for everyone who is logged in; who may see which file is the table's policy.
func fileRoutes(h handlers) []Route {
	return []Route{
		{get, "/files/:id/:name", loggedIn(access.FileRead, h.Upload.Download)},
	}
}

// archiveRoutes are for reviewers, supervisors and managers.
func archiveRoutes(h handlers) []Route {
	return []Route{
		{get, "/archive", staff(access.ArchiveRead, h.Archive.List)},
		{get, "/archive/:id", staff(access.ArchiveRead, h.Archive.Transcript)},
		{get, "/archive/:id/export/:format", staff(access.ArchiveExport, h.Archive.Export)},
	}
}

// widgetRoutes are for the customers' pages.
func widgetRoutes(h handlers) []Route {
	return []Route{
		{get, "/widget.js", anyone(h.Widget.File)},
		{get, "/widget.css", anyone(h.Widget.File)},
		{get, "/widget/:file", anyone(h.Widget.Part)},
		{get, "/widget/v1/site", anyone(h.Widget.Site)},
		{get, "/widget/v1/socket", fromWidget(h.Widget.Socket)},
		{post, "/widget/v1/frames", fromWidget(h.Widget.Poll)},
		{post, "/widget/v1/return", fromWidget(h.Widget.RedeemReturnLink)},
		{http.MethodOptions, widget.UploadPath, anyone(h.Widget.UploadPreflight)},
		{post, widget.UploadPath, fromWidget(h.Widget.Upload)},
		{get, "/widget/v1/files/:link/:name", anyone(h.Upload.DownloadLinked)},
	}
}

// demoRoutes answer only with demo data.
func demoRoutes(h handlers) []Route {
	return []Route{
		{get, "/demo/shop", publicPage(h.Service.demoShop)},
	}
}
