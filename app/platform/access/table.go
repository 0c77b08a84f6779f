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
	ownConversations = "own conversations, and those in which the agent is a participant"
	seenByAgent      = "own and offered conversations, queues of the agent's groups, earlier conversations of the same visitors"
	ifAllowed        = "if allowed in the desk settings"
	ownSnippets      = "own snippets"
)

const wholeOrganization = true

// Table is the one list of what each role may do, in the order in which people read it. The program itself may do
// everything; what a visitor may do is decided where the conversation is.
var Table = []Rule{
	{OrganizationRead, "See the organization page", owner, nil, "", wholeOrganization},
	{OrganizationRename, "Rename the organization", owner, nil, "", wholeOrganization},
	{RightsRead, "See roles and rights", managers, nil, "", false},
	{AuditRead, "See the audit log", managers, nil, "", false},
	{AuditExport, "Export the audit log", managers, nil, "", false},
	{StorageRead, "See file storage", managers, nil, "", false},

	{CustomerRead, "See customers", managers, nil, "", false},
	{CustomerCreate, "Add customers", managers, nil, "", wholeOrganization},
	{CustomerRename, "Rename customers", managers, nil, "", false},
	{CustomerSetCapacity, "Set a customer's capacity share", managers, nil, "", wholeOrganization},

	{WebsiteRead, "See websites and their settings", managers, nil, "", false},
	{WebsiteCreate, "Add websites", managers, nil, "", false},
	{WebsiteUpdate, "Change websites and their widgets", managers, nil, "", false},
	{WebsiteRotateKey, "Replace the key for signed-in visitors", managers, nil, "", false},
	{WebsiteSetGroups, "Choose the groups that answer a website", managers, nil, "", false},

	{DomainAdd, "Add domains", managers, nil, "", false},
	{DomainRemove, "Remove domains", managers, nil, "", false},

	{SettingsRead, "See settings and where they are inherited from", managers, nil, "", false},
	{SettingsUpdateOrganization, "Change widget settings for all websites", managers, nil, "", wholeOrganization},
	{SettingsUpdateCustomer, "Change widget settings for a customer", managers, nil, "", false},

	{GroupRead, "See groups and their settings", managers, nil, "", wholeOrganization},
	{GroupCreate, "Add groups", managers, nil, "", wholeOrganization},
	{GroupUpdate, "Change groups", managers, nil, "", wholeOrganization},
	{GroupDelete, "Delete groups", managers, nil, "", wholeOrganization},
	{GroupSetMembers, "Change members and their limits", managers, nil, "", wholeOrganization},

	{RoutingRead, "See assignment rules", managers, nil, "", wholeOrganization},
	{RoutingUpdate, "Change assignment rules", managers, nil, "", wholeOrganization},

	{TeamMemberRead, "See the team and its invitations", managers, nil, "", false},
	{TeamMemberInvite, "Invite team members", managers, nil, "", false},
	{TeamMemberRevokeInvitation, "Revoke invitations", managers, nil, "", false},
	{TeamMemberChangeRole, "Change roles", managers, nil, "", false},
	{TeamMemberSetCustomers, "Limit team members to customers", managers, nil, "", false},
	{TeamMemberSetAliases, "Change names and pictures for visitors", managers, nil, "", false},
	{TeamMemberResetPassword, "Reset passwords", managers, nil, "", false},
	{TeamMemberDisable, "Disable team members", managers, nil, "", false},
	{TeamMemberEnable, "Enable team members", managers, nil, "", false},
	{TeamMemberManageOwner, "Invite, change and disable owners", owner, nil, "", wholeOrganization},
	{TeamMemberTakeOffline, "Take team members offline", managers, nil, "", false},

	{DeskOpen, "Open the desk", agents, nil, "", false},
	{PresenceSet, "Set own presence", agents, nil, "", false},
	{PreferencesRead, "See own preferences", agents, nil, "", false},
	{PreferencesUpdate, "Change own preferences", agents, nil, "", false},
	{PushSubscribe, "Get push notifications", agents, nil, "", false},

	{QueueRead, "See the queues", supervisors, agentOnly, "queues of the agent's groups", false},

	{ConversationRead, "Read open conversations", supervisors, agentOnly, seenByAgent, false},
	{ConversationTake, "Take conversations from the queue", supervisors, agentOnly, "queues of the agent's groups", false},
	{ConversationReply, "Reply and write internal notes", supervisors, agentOnly, ownConversations, false},
	{ConversationEditReply, "Edit and delete own replies", agents, nil, "", false},
	{ConversationSendFile, "Send files", supervisors, agentOnly, ownConversations, false},
	{ConversationTag, "Tag conversations", supervisors, agentOnly, ownConversations, false},
	{ConversationTransfer, "Transfer conversations", supervisors, agentOnly, ownConversations, false},
	{ConversationDecline, "Decline offered conversations", agents, nil, "", false},
	{ConversationConsult, "Consult a team member", supervisors, agentOnly, ownConversations, false},
	{ConversationRemoveParticipant, "Remove participants", supervisors, agentOnly, "own participation", false},
	{ConversationClose, "Close conversations", supervisors, agentOnly, ownConversations, false},
	{ConversationWatch, "Watch conversations", supervisors, nil, "", false},
	{ConversationAssign, "Assign conversations to team members", supervisors, nil, "", false},
	{ConversationTakeOver, "Take over conversations", supervisors, nil, "", false},
	{ConversationReadAssignments, "See the assignment history", managers, nil, "", false},
	{ConversationDraft, "Draft answers with the language model", supervisors, agentOnly, ownConversations, false},
	{ConversationReword, "Rewrite texts with the language model", supervisors, agentOnly, ownConversations, false},

	{MonitorRead, "See the live monitor", supervisors, nil, "", false},
	{MonitorReadMembers, "See statistics of team members", managers, nil, "", wholeOrganization},

	{BlockRead, "See blocked visitors", supervisors, nil, "", false},
	{BlockCreate, "Block visitors", supervisors, nil, "", false},
	{BlockRemove, "Unblock visitors", supervisors, nil, "", false},

	{ArchiveRead, "Search and read closed conversations", readers, nil, "", false},
	{ArchiveExport, "Export closed conversations", readers, nil, "", false},
	{RatingRead, "See ratings", managers, nil, "", false},
	{FileRead, "Open files in conversations", everyone, nil, "", false},

	{FAQEntryRead, "Read FAQ entries", agents, nil, "", false},
	{FAQEntrySuggest, "Use and dismiss suggestions", agents, nil, "", false},
	{FAQEntryPropose, "Save an answer as an entry", agents, nil, "", false},
	{FAQEntryUpdate, "Add and change entries", managers, supervisorsAndAgent, ifAllowed, false},
	{
		FAQEntryPublish, "Publish entries", managers, supervisorsAndAgent,
		"if editing without review is allowed in the desk settings", false,
	},
	{FAQEntrySetState, "Change the state and scope of entries", managers, nil, "", false},
	{FAQEntryDelete, "Delete entries", managers, nil, "", false},
	{FAQEntryImport, "Import entries", managers, nil, "", false},
	{FAQEntryExport, "Export entries", managers, nil, "", false},

	{SnippetRead, "Use snippets", agents, nil, "", false},
	{SnippetSave, "Add and change snippets", managers, supervisorsAndAgent, ownSnippets, false},
	{SnippetDelete, "Delete snippets", managers, supervisorsAndAgent, ownSnippets, false},

	{TagRead, "See tags", agents, nil, "", false},
	{TagReadUsage, "See tag usage", managers, nil, "", wholeOrganization},
	{TagCreate, "Add tags", managers, nil, "", wholeOrganization},
	{TagRename, "Rename tags", managers, nil, "", wholeOrganization},
	{TagDelete, "Delete tags", managers, nil, "", wholeOrganization},

	{DeskRulesRead, "See desk settings", agents, nil, "", false},
	{DeskRulesUpdate, "Change desk settings", managers, nil, "", wholeOrganization},
	{ModelRead, "See the language model settings", managers, nil, "", wholeOrganization},
	{ModelUpdate, "Change the language model", managers, nil, "", wholeOrganization},
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
