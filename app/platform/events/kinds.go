package events

import "slices"

// Kind names what happened, as subject.verb. Stored and sent to webhooks: a kind is never renamed.
type Kind string

// Kinds of events. The table below describes them.
const (
	OrganizationCreated Kind = "organization.created"
	OrganizationRenamed Kind = "organization.renamed"

	MemberInvited     Kind = "member.invited"
	InvitationRevoked Kind = "invitation.revoked"
	MemberJoined      Kind = "member.joined"
	RoleChanged       Kind = "member.role_changed"
	CustomersChanged  Kind = "member.customers_changed"
	AliasesChanged    Kind = "member.aliases_changed"
	MemberDisabled    Kind = "member.disabled"
	MemberEnabled     Kind = "member.enabled"

	PasswordLinkCreated Kind = "password.link_created"
	PasswordChanged     Kind = "password.changed" // recorded by app.door_reset_password
	LoggedIn            Kind = "session.started"
	LogInRefused        Kind = "session.refused"
	LoggedOut           Kind = "session.ended"

	CustomerCreated      Kind = "customer.created"
	CustomerRenamed      Kind = "customer.renamed"
	CapacityShareChanged Kind = "customer.capacity_changed"

	WebsiteCreated      Kind = "website.created"
	WebsiteChanged      Kind = "website.changed"
	DomainAdded         Kind = "domain.added"
	DomainRemoved       Kind = "domain.removed"
	WidgetChanged       Kind = "widget.changed"
	SettingsChanged     Kind = "settings.changed"
	IdentityKeyRotated  Kind = "identity_key.rotated"
	WebsiteGroupSet     Kind = "website.group_set"
	WebsiteGroupRemoved Kind = "website.group_removed"

	GroupCreated        Kind = "group.created"
	GroupChanged        Kind = "group.changed"
	GroupMembersChanged Kind = "group.members_changed"
	GroupDeleted        Kind = "group.deleted"
	RoutingChanged      Kind = "routing.changed"

	FAQCreated       Kind = "faq.created"
	FAQChanged       Kind = "faq.changed"
	FAQPublished     Kind = "faq.published"
	FAQStateChanged  Kind = "faq.state_changed"
	FAQDeleted       Kind = "faq.deleted"
	FAQImported      Kind = "faq.imported"
	FAQExported      Kind = "faq.exported"
	DeskRulesChanged Kind = "desk_rules.changed"

	SnippetCreated Kind = "snippet.created"
	SnippetChanged Kind = "snippet.changed"
	SnippetDeleted Kind = "snippet.deleted"
	TagCreated     Kind = "tag.created"
	TagRenamed     Kind = "tag.renamed"
	TagDeleted     Kind = "tag.deleted"

	ModelChanged Kind = "language_model.changed"
	ModelRemoved Kind = "language_model.removed"

	BlockAdded   Kind = "block.added"
	BlockRemoved Kind = "block.removed"

	ConversationExported Kind = "conversation.exported"
	AuditExported        Kind = "audit.exported"
)

// KindInfo describes a kind.
type KindInfo struct {
	Kind        Kind
	Area        string  // under which it is listed where people choose
	Description string  // what happened
	Payload     Payload // zero value of what Before and After are of
}

// Kinds is every kind, in the order in which people choose from them.
var Kinds = []KindInfo{
	{OrganizationCreated, "Organization", "Organization created", OrganizationState{}},
	{OrganizationRenamed, "Organization", "Organization renamed", OrganizationState{}},

	{MemberInvited, "Team", "Person invited", InvitationState{}},
	{InvitationRevoked, "Team", "Invitation revoked", InvitationState{}},
	{MemberJoined, "Team", "Team member joined", MemberState{}},
	{RoleChanged, "Team", "Role changed", MemberState{}},
	{CustomersChanged, "Team", "Customers of a team member changed", MemberState{}},
	{AliasesChanged, "Team", "Names and pictures for visitors changed", AliasesState{}},
	{MemberDisabled, "Team", "Log-in disabled", MemberState{}},
	{MemberEnabled, "Team", "Log-in enabled", MemberState{}},

	{LoggedIn, "Log-ins", "Logged in", LogInState{}},
	{LogInRefused, "Log-ins", "Log-in refused", LogInState{}},
	{LoggedOut, "Log-ins", "Logged out", LogInState{}},
	{PasswordLinkCreated, "Log-ins", "Link for a new password created", PasswordLinkState{}},
	{PasswordChanged, "Log-ins", "Password changed", LogInState{}},

	{CustomerCreated, "Customers and websites", "Customer added", CustomerState{}},
	{CustomerRenamed, "Customers and websites", "Customer renamed", CustomerState{}},
	{CapacityShareChanged, "Customers and websites", "Capacity share changed", CustomerState{}},
	{WebsiteCreated, "Customers and websites", "Website added", WebsiteState{}},
	{WebsiteChanged, "Customers and websites", "Website changed", WebsiteState{}},
	{DomainAdded, "Customers and websites", "Domain added", DomainState{}},
	{DomainRemoved, "Customers and websites", "Domain removed", DomainState{}},
	{WidgetChanged, "Customers and websites", "Widget or greetings changed", WidgetState{}},
	{SettingsChanged, "Customers and websites", "Settings that websites inherit changed", WidgetState{}},
	{IdentityKeyRotated, "Customers and websites", "Key for known visitors replaced", WebsiteState{}},
	{WebsiteGroupSet, "Customers and websites", "Group of a website set", WebsiteGroupState{}},
	{WebsiteGroupRemoved, "Customers and websites", "Group of a website removed", WebsiteGroupState{}},

	{GroupCreated, "Groups and routing", "Group created", GroupState{}},
	{GroupChanged, "Groups and routing", "Group or its hours changed", GroupState{}},
	{GroupMembersChanged, "Groups and routing", "Group members changed", GroupMembersState{}},
	{GroupDeleted, "Groups and routing", "Group deleted", GroupState{}},
	{RoutingChanged, "Groups and routing", "Routing changed", RoutingState{}},

	{FAQCreated, "FAQ", "FAQ entry created", FAQState{}},
	{FAQChanged, "FAQ", "FAQ entry changed", FAQState{}},
	{FAQPublished, "FAQ", "FAQ entries published", FAQStates{}},
	{FAQStateChanged, "FAQ", "State of FAQ entries changed", FAQStates{}},
	{FAQDeleted, "FAQ", "FAQ entry deleted", FAQState{}},
	{FAQImported, "FAQ", "FAQ entries imported", FAQFileState{}},
	{FAQExported, "FAQ", "FAQ exported", FAQFileState{}},

	{DeskRulesChanged, "Desk", "Desk rules changed", DeskRulesState{}},
	{SnippetCreated, "Desk", "Snippet created", SnippetState{}},
	{SnippetChanged, "Desk", "Snippet changed", SnippetState{}},
	{SnippetDeleted, "Desk", "Snippet deleted", SnippetState{}},
	{TagCreated, "Desk", "Tag created", TagState{}},
	{TagRenamed, "Desk", "Tag renamed", TagState{}},
	{TagDeleted, "Desk", "Tag deleted", TagState{}},
	{ModelChanged, "Desk", "Language model changed", ModelState{}},
	{ModelRemoved, "Desk", "Language model removed", ModelState{}},

	{BlockAdded, "Visitors", "Visitor or network blocked", BlockState{}},
	{BlockRemoved, "Visitors", "Block removed", BlockState{}},

	{ConversationExported, "Exports", "Conversation exported", ExportState{}},
	{AuditExported, "Exports", "Audit log exported", ExportState{}},
}

// Info returns the description of a kind, and whether there is such a kind.
func (k Kind) Info() (KindInfo, bool) {
	at := slices.IndexFunc(Kinds, func(i KindInfo) bool { return i.Kind == k })
	if at < 0 {
		return KindInfo{Kind: k}, false
	}
	return Kinds[at], true
}
