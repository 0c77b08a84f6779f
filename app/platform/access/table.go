package access

import "strings"

// Rule says who may do an action.
type Rule struct {
	Action Action
	Label  string // what is done, as a person reads it

	Roles []Role // that may do it to everything that they see

	RestrictedRoles []Role // that may do it under the Restriction only
	Restriction     string // how far, as a person reads it

	WholeOrganization bool // refused to team members that are limited to customers
}

// Sets of roles, each with those above it.
var (
	owner       = []Role{Owner}
	managers    = []Role{Owner, Manager}
	supervisors = []Role{Owner, Manager, Supervisor}
	agents      = []Role{Owner, Manager, Supervisor, Agent}
	readers     = []Role{Owner, Manager, Supervisor, Reviewer}
	everyone    = []Role{Owner, Manager, Supervisor, Agent, Reviewer}
)

// Sets of roles that are restricted in what the others do.
var (
	agentOnly           = []Role{Agent}
	supervisorsAndAgent = []Role{Supervisor, Agent}
)

// Restrictions that several rules share. The package that owns the object enforces them.
const (
	ownConversations = "the agent's own, and those in which the agent takes part"
	seenByAgent      = "the agent's own and offered ones, the queues of the agent's groups, earlier ones of a visitor"
	ifAllowed        = "if the organization allows it (Desk and drafts)"
	ownSnippets      = "their own"
)

const wholeOrganization = true

// Table is the one list of what each role may do, in the order in which people read it. The program itself may do
// everything; what a visitor may do is decided where the conversation is.
var Table = []Rule{
	{OrganizationRead, "See the organization's page", owner, nil, "", wholeOrganization},
	{OrganizationRename, "Rename the organization", owner, nil, "", wholeOrganization},
	{RightsRead, "See what each role may do", managers, nil, "", false},
	{AuditRead, "See who changed what", managers, nil, "", false},
	{AuditExport, "Export the audit log", managers, nil, "", false},
	{StorageRead, "See how much files take up", managers, nil, "", false},

	{CustomerRead, "See customers", managers, nil, "", false},
	{CustomerCreate, "Add customers", managers, nil, "", wholeOrganization},
	{CustomerRename, "Rename customers", managers, nil, "", false},
	{CustomerSetCapacity, "Set a customer's capacity share", managers, nil, "", wholeOrganization},

	{WebsiteRead, "See websites and how they are set", managers, nil, "", false},
	{WebsiteCreate, "Add websites", managers, nil, "", false},
	{WebsiteUpdate, "Change websites and their widgets", managers, nil, "", false},
	{WebsiteRotateKey, "Make a new key for known visitors", managers, nil, "", false},
	{WebsiteSetGroups, "Choose the groups that answer a website's visitors", managers, nil, "", false},

	{DomainAdd, "Add domains", managers, nil, "", false},
	{DomainRemove, "Remove domains", managers, nil, "", false},

	{SettingsRead, "See settings, and where they come from", managers, nil, "", false},
	{SettingsUpdateOrganization, "Change what all websites inherit", managers, nil, "", wholeOrganization},
	{SettingsUpdateCustomer, "Change what the websites of a customer inherit", managers, nil, "", false},

	{GroupRead, "See groups and how they are set", managers, nil, "", wholeOrganization},
	{GroupCreate, "Add groups", managers, nil, "", wholeOrganization},
	{GroupUpdate, "Change groups", managers, nil, "", wholeOrganization},
	{GroupDelete, "Delete groups", managers, nil, "", wholeOrganization},
	{GroupSetMembers, "Choose members and their limits", managers, nil, "", wholeOrganization},

	{RoutingRead, "See the rules of assignment", managers, nil, "", wholeOrganization},
	{RoutingUpdate, "Change the rules of assignment", managers, nil, "", wholeOrganization},

	{TeamMemberRead, "See the team and its invitations", managers, nil, "", false},
	{TeamMemberInvite, "Invite team members", managers, nil, "", false},
	{TeamMemberRevokeInvitation, "Revoke invitations", managers, nil, "", false},
	{TeamMemberChangeRole, "Change roles", managers, nil, "", false},
	{TeamMemberSetCustomers, "Limit team members to customers", managers, nil, "", false},
	{TeamMemberSetAliases, "Set names and pictures that visitors see", managers, nil, "", false},
	{TeamMemberResetPassword, "Reset passwords", managers, nil, "", false},
	{TeamMemberDisable, "Disable team members", managers, nil, "", false},
	{TeamMemberEnable, "Enable team members", managers, nil, "", false},
	{TeamMemberManageOwner, "Make, change and disable owners", owner, nil, "", wholeOrganization},
	{TeamMemberTakeOffline, "Take team members offline", managers, nil, "", false},

	{DeskOpen, "Open the desk", agents, nil, "", false},
	{PresenceSet, "Go online, away and offline", agents, nil, "", false},
	{PreferencesRead, "See their own preferences", agents, nil, "", false},
	{PreferencesUpdate, "Change their own preferences", agents, nil, "", false},
	{PushSubscribe, "Get notifications while no desk is open", agents, nil, "", false},

	{QueueRead, "See the queues", supervisors, agentOnly, "the queues of the agent's groups", false},

	{ConversationRead, "Read running conversations", supervisors, agentOnly, seenByAgent, false},
	{ConversationTake, "Take conversations from the queue", supervisors, agentOnly, "the queues of the agent's groups", false},
	{ConversationReply, "Reply and write internal notes", supervisors, agentOnly, ownConversations, false},
	{ConversationEditReply, "Correct and delete their replies", agents, nil, "", false},
	{ConversationSendFile, "Send files", supervisors, agentOnly, ownConversations, false},
	{ConversationTag, "Tag conversations", supervisors, agentOnly, ownConversations, false},
	{ConversationTransfer, "Transfer conversations", supervisors, agentOnly, ownConversations, false},
	{ConversationDecline, "Decline offered conversations", agents, nil, "", false},
	{ConversationConsult, "Bring a team member in", supervisors, agentOnly, ownConversations, false},
	{ConversationRemoveParticipant, "Remove participants", supervisors, agentOnly, "themselves", false},
	{ConversationClose, "Close conversations", supervisors, agentOnly, ownConversations, false},
	{ConversationWatch, "Look into a conversation unseen", supervisors, nil, "", false},
	{ConversationAssign, "Assign conversations to team members", supervisors, nil, "", false},
	{ConversationTakeOver, "Take conversations over", supervisors, nil, "", false},
	{ConversationReadAssignments, "See why a conversation was assigned", managers, nil, "", false},
	{ConversationDraft, "Have answers drafted by the language model", supervisors, agentOnly, ownConversations, false},
	{ConversationReword, "Have texts reworded by the language model", supervisors, agentOnly, ownConversations, false},

	{MonitorRead, "See the live monitor", supervisors, nil, "", false},
	{MonitorReadMembers, "See figures of team members", managers, nil, "", wholeOrganization},

	{BlockRead, "See blocked visitors", supervisors, nil, "", false},
	{BlockCreate, "Block visitors", supervisors, nil, "", false},
	{BlockRemove, "Unblock visitors", supervisors, nil, "", false},

	{ArchiveRead, "Search and read closed conversations", readers, nil, "", false},
	{ArchiveExport, "Export closed conversations", readers, nil, "", false},
	{RatingRead, "See ratings", managers, nil, "", false},
	{FileRead, "Open files of what they may read", everyone, nil, "", false},

	{FAQEntryRead, "Read FAQ entries", agents, nil, "", false},
	{FAQEntrySuggest, "Use and dismiss suggestions", agents, nil, "", false},
	{FAQEntryPropose, "Save an answer as an entry", agents, nil, "", false},
	{FAQEntryUpdate, "Add and change entries", managers, supervisorsAndAgent, ifAllowed, false},
	{
		FAQEntryPublish, "Publish entries", managers, supervisorsAndAgent,
		"if the organization allows editing without review (Desk and drafts)", false,
	},
	{FAQEntrySetState, "Change the state and scope of entries", managers, nil, "", false},
	{FAQEntryDelete, "Delete entries", managers, nil, "", false},
	{FAQEntryImport, "Import entries", managers, nil, "", false},
	{FAQEntryExport, "Export entries", managers, nil, "", false},

	{SnippetRead, "Use snippets", agents, nil, "", false},
	{SnippetSave, "Add and change snippets", managers, supervisorsAndAgent, ownSnippets, false},
	{SnippetDelete, "Delete snippets", managers, supervisorsAndAgent, ownSnippets, false},

	{TagRead, "See tags", agents, nil, "", false},
	{TagReadUsage, "See how often tags are used", managers, nil, "", wholeOrganization},
	{TagCreate, "Add tags", managers, nil, "", wholeOrganization},
	{TagRename, "Rename tags", managers, nil, "", wholeOrganization},
	{TagDelete, "Delete tags", managers, nil, "", wholeOrganization},

	{DeskRulesRead, "See the rules of the desk", agents, nil, "", false},
	{DeskRulesUpdate, "Change the rules of the desk", managers, nil, "", wholeOrganization},
	{ModelRead, "See how the language model is set", managers, nil, "", wholeOrganization},
	{ModelUpdate, "Set the language model", managers, nil, "", wholeOrganization},
	{ModelRemove, "Remove the language model", managers, nil, "", wholeOrganization},
}

// Grant is how far an actor may do an action.
type Grant int

const (
	Denied     Grant = iota
	Restricted       // under the rule's Restriction
	Granted          // to everything that the actor sees
)

// Object is the part of the action before the colon: what it is done to.
func (a Action) Object() string {
	object, _, _ := strings.Cut(string(a), ":")
	return object
}

// RuleOf returns the rule of an action; false if the Table has none.
func RuleOf(action Action) (Rule, bool) {
	entry, known := grants[action]
	if !known {
		return Rule{}, false
	}
	return *entry.rule, true
}

// Grant returns how far a role may do what the rule is about. It does not know whether a team member is limited to customers.
func (r *Rule) Grant(role Role) Grant {
	if entry, known := grants[r.Action]; known {
		return entry.byRole[role]
	}
	return Denied
}

// ruleGrants is a rule with what it says of each role.
type ruleGrants struct {
	rule   *Rule
	byRole map[Role]Grant
}

// grants is Table by action.
var grants = indexTable()

func indexTable() map[Action]ruleGrants {
	index := make(map[Action]ruleGrants, len(Table))
	for i := range Table {
		rule := &Table[i]
		entry := ruleGrants{rule, map[Role]Grant{system: Granted}}
		for _, role := range rule.RestrictedRoles {
			entry.byRole[role] = Restricted
		}
		for _, role := range rule.Roles {
			entry.byRole[role] = Granted
		}
		index[rule.Action] = entry
	}
	return index
}
