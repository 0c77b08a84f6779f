package access

// Action is one thing that an actor can do, named `object:action`. Table lists the roles that may do it.
type Action string

// What concerns the organization as a whole.
const (
	OrganizationRead   Action = "organization:read"
	OrganizationRename Action = "organization:rename"
	RightsRead         Action = "rights:read"
	AuditRead          Action = "audit:read"
	AuditExport        Action = "audit:export"
	StorageRead        Action = "storage:read"
)

// Customers, their websites and the domains of these.
const (
	CustomerRead        Action = "customer:read"
	CustomerCreate      Action = "customer:create"
	CustomerRename      Action = "customer:rename"
	CustomerSetCapacity Action = "customer:set_capacity"

	WebsiteRead      Action = "website:read"
	WebsiteCreate    Action = "website:create"
	WebsiteUpdate    Action = "website:update"
	WebsiteRotateKey Action = "website:rotate_key"
	WebsiteSetGroups Action = "website:set_groups"

	DomainAdd    Action = "domain:add"
	DomainRemove Action = "domain:remove"
)

// Settings that websites inherit.
const (
	SettingsRead               Action = "settings:read"
	SettingsUpdateOrganization Action = "settings:update_organization"
	SettingsUpdateCustomer     Action = "settings:update_customer"
)

// Groups and how conversations are assigned.
const (
	GroupRead       Action = "group:read"
	GroupCreate     Action = "group:create"
	GroupUpdate     Action = "group:update"
	GroupDelete     Action = "group:delete"
	GroupSetMembers Action = "group:set_members"

	RoutingRead   Action = "routing:read"
	RoutingUpdate Action = "routing:update"
)

// Team members.
const (
	TeamMemberRead             Action = "team_member:read"
	TeamMemberInvite           Action = "team_member:invite"
	TeamMemberRevokeInvitation Action = "team_member:revoke_invitation"
	TeamMemberChangeRole       Action = "team_member:change_role"
	TeamMemberSetCustomers     Action = "team_member:set_customers"
	TeamMemberSetAliases       Action = "team_member:set_aliases"
	TeamMemberResetPassword    Action = "team_member:reset_password"
	TeamMemberDisable          Action = "team_member:disable"
	TeamMemberEnable           Action = "team_member:enable"
	TeamMemberManageOwner      Action = "team_member:manage_owner"
	TeamMemberTakeOffline      Action = "team_member:take_offline"
)

// The actor's own desk.
const (
	DeskOpen          Action = "desk:open"
	PresenceSet       Action = "presence:set"
	PreferencesRead   Action = "preferences:read"
	PreferencesUpdate Action = "preferences:update"
	PushSubscribe     Action = "notification:subscribe"
)

// Running conversations.
const (
	QueueRead                     Action = "queue:read"
	ConversationRead              Action = "conversation:read"
	ConversationTake              Action = "conversation:take"
	ConversationReply             Action = "conversation:reply"
	ConversationEditReply         Action = "conversation:edit_reply"
	ConversationSendFile          Action = "conversation:send_file"
	ConversationTag               Action = "conversation:tag"
	ConversationTransfer          Action = "conversation:transfer"
	ConversationDecline           Action = "conversation:decline"
	ConversationConsult           Action = "conversation:consult"
	ConversationRemoveParticipant Action = "conversation:remove_participant"
	ConversationClose             Action = "conversation:close"
	ConversationWatch             Action = "conversation:watch"
	ConversationAssign            Action = "conversation:assign"
	ConversationTakeOver          Action = "conversation:take_over"
	ConversationReadAssignments   Action = "conversation:read_assignments"
	ConversationDraft             Action = "conversation:draft"
	ConversationReword            Action = "conversation:reword"

	MonitorRead        Action = "monitor:read"
	MonitorReadMembers Action = "monitor:read_members"

	BlockRead   Action = "block:read"
	BlockCreate Action = "block:create"
	BlockRemove Action = "block:remove"
)

// Closed conversations.
const (
	ArchiveRead   Action = "archive:read"
	ArchiveExport Action = "archive:export"
	RatingRead    Action = "rating:read"
	FileRead      Action = "file:read"
)

// Texts for answers.
const (
	FAQEntryRead     Action = "faq_entry:read"
	FAQEntrySuggest  Action = "faq_entry:suggest"
	FAQEntryPropose  Action = "faq_entry:propose"
	FAQEntryUpdate   Action = "faq_entry:update"
	FAQEntryPublish  Action = "faq_entry:publish"
	FAQEntrySetState Action = "faq_entry:set_state"
	FAQEntryDelete   Action = "faq_entry:delete"
	FAQEntryImport   Action = "faq_entry:import"
	FAQEntryExport   Action = "faq_entry:export"

	SnippetRead   Action = "snippet:read"
	SnippetSave   Action = "snippet:save"
	SnippetDelete Action = "snippet:delete"

	TagRead      Action = "tag:read"
	TagReadUsage Action = "tag:read_usage"
	TagCreate    Action = "tag:create"
	TagRename    Action = "tag:rename"
	TagDelete    Action = "tag:delete"
)

// Settings of the whole organization.
const (
	DeskRulesRead   Action = "desk_rules:read"
	DeskRulesUpdate Action = "desk_rules:update"
	ModelRead       Action = "language_model:read"
	ModelUpdate     Action = "language_model:update"
	ModelRemove     Action = "language_model:remove"
)
