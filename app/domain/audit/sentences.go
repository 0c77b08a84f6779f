package audit

import (
	"strings"

	"parley/app/platform/events"
)

// Sentence says what an actor did: text before the name of the subject, the name, and text after it.
type Sentence struct{ Before, Subject, After string }

// String is the sentence without the name of the actor: "added the customer Tea House".
func (s Sentence) String() string {
	return strings.Join(strings.Fields(s.Before+" "+s.Subject+" "+s.After), " ")
}

// sentences say what an actor did, with * for the subject's name.
var sentences = map[events.Kind]string{
	events.OrganizationCreated:  "created the organization *",
	events.OrganizationRenamed:  "renamed the organization to *",
	events.MemberInvited:        "invited * to the team",
	events.InvitationRevoked:    "revoked the invitation for *",
	events.MemberJoined:         "joined the team",
	events.RoleChanged:          "changed the role of *",
	events.CustomersChanged:     "changed which customers * has access to",
	events.AliasesChanged:       "changed the name and picture that visitors see of *",
	events.MemberDisabled:       "disabled the account of *",
	events.MemberEnabled:        "enabled the account of *",
	events.PasswordLinkCreated:  "created a password reset link for *",
	events.PasswordChanged:      "set a new password",
	events.LoggedIn:             "logged in",
	events.LogInRefused:         "rejected a login as *",
	events.LoggedOut:            "logged out",
	events.CustomerCreated:      "added the customer *",
	events.CustomerRenamed:      "renamed a customer to *",
	events.CapacityShareChanged: "changed the capacity share of *",
	events.WebsiteCreated:       "added the website *",
	events.WebsiteChanged:       "changed the website *",
	events.DomainAdded:          "added a domain to *",
	events.DomainRemoved:        "removed a domain from *",
	events.WidgetChanged:        "changed the widget of *",
	events.IdentityKeyRotated:   "replaced the identity key of *",
	events.WebsiteGroupSet:      "routed * to a group",
	events.WebsiteGroupRemoved:  "stopped routing * to a group",
	events.GroupCreated:         "created the group *",
	events.GroupChanged:         "changed the group *",
	events.GroupMembersChanged:  "changed the members of the group *",
	events.GroupDeleted:         "deleted the group *",
	events.RoutingChanged:       "changed the assignment rules",
	events.FAQCreated:           "created the FAQ entry *",
	events.FAQChanged:           "changed the FAQ entry *",
	events.FAQPublished:         "published FAQ entries *",
	events.FAQStateChanged:      "changed the state of FAQ entries *",
	events.FAQDeleted:           "deleted the FAQ entry *",
	events.FAQImported:          "imported FAQ entries",
	events.FAQExported:          "exported the FAQ",
	events.DeskRulesChanged:     "changed the desk settings",
	events.SnippetCreated:       "created the snippet *",
	events.SnippetChanged:       "changed the snippet *",
	events.SnippetDeleted:       "deleted the snippet *",
	events.TagCreated:           "created the tag *",
	events.TagRenamed:           "renamed a tag to *",
	events.TagDeleted:           "deleted the tag *",
	events.ModelChanged:         "changed the language model *",
	events.ModelRemoved:         "removed the language model *",
	events.BlockAdded:           "blocked *",
	events.BlockRemoved:         "unblocked *",
	events.ConversationExported: "exported the conversation with *",
	events.AuditExported:        "exported the audit log",
}

// nameless stands for a subject that has no name.
var nameless = map[events.SubjectType]string{events.Conversation: "a visitor", events.Block: "a visitor"}

// sentenceOf puts an event into words. An event of a kind that this version does not know reads as the name of its kind.
func sentenceOf(e events.Stored) Sentence {
	text, known := sentences[e.Kind]
	if !known {
		text = string(e.Kind) + " *"
	}
	before, after, has := strings.Cut(text, "*")
	s := Sentence{Before: strings.TrimSpace(before), After: strings.TrimSpace(after)}
	if has {
		if s.Subject = e.Subject.Name; s.Subject == "" {
			s.Before = strings.TrimSpace(s.Before + " " + nameless[e.Subject.Type])
		}
	}
	return s
}
