package events

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// Payload is what holds before or after a change: one of the types below, by the table of kinds.
type Payload interface{ payload() }

// OrganizationState is an organization.
type OrganizationState struct {
	Name string `json:"name,omitempty"`
}

// MemberState is a team member.
type MemberState struct {
	Email     string      `json:"email,omitempty"`
	Role      string      `json:"role,omitempty"`
	Customer  *uuid.UUID  `json:"customer,omitempty"` // a reviewer's
	Limited   bool        `json:"limited"`            // to Customers
	Customers []uuid.UUID `json:"customers,omitempty"`
	Disabled  bool        `json:"disabled"`
}

// AliasesState is how visitors of some customers see a team member.
type AliasesState struct {
	Aliases []Alias `json:"aliases"`
}

// Alias is a team member's name and picture for the visitors of a customer.
type Alias struct {
	Customer     uuid.UUID  `json:"customer"`
	CustomerName string     `json:"customer_name"`
	Name         string     `json:"name,omitempty"`    // empty: its own
	Picture      *uuid.UUID `json:"picture,omitempty"` // the file; nil: none
}

// InvitationState is an invitation to the team.
type InvitationState struct {
	Email     string      `json:"email,omitempty"`
	Role      string      `json:"role,omitempty"`
	Customer  *uuid.UUID  `json:"customer,omitempty"`  // a reviewer's
	Customers []uuid.UUID `json:"customers,omitempty"` // to which the team member will be limited; none: it will not be
}

// PasswordLinkState is a link that sets a password.
type PasswordLinkState struct {
	Email  string `json:"email"`
	Mailed bool   `json:"mailed"` // it goes to the address; else whoever asked for it has seen it
}

// LogInState is an attempt to log in.
type LogInState struct {
	Email  string `json:"email,omitempty"`
	Reason string `json:"reason,omitempty"` // why it was refused
}

// CustomerState is a customer.
type CustomerState struct {
	Name          string `json:"name,omitempty"`
	CapacityShare int    `json:"capacity_share"` // conversations at once; 0: no limit
}

// WebsiteState is a website.
type WebsiteState struct {
	Name          string `json:"name,omitempty"`
	Domain        string `json:"domain,omitempty"` // the first one of a new website
	Greeting      string `json:"greeting,omitempty"`
	TypingPreview bool   `json:"typing_preview"`
}

// DomainState is a host name that shows a website's widget.
type DomainState struct {
	Domain string `json:"domain"`
}

// WidgetState is how widgets look and behave, of a website or of all that inherit it: one JSON value for each section of the settings.
type WidgetState struct {
	TimeZone      string          `json:"time_zone,omitempty"`
	Language      string          `json:"language,omitempty"`
	TypingPreview bool            `json:"typing_preview"`
	Appearance    json.RawMessage `json:"appearance,omitempty"`
	Greeting      string          `json:"greeting,omitempty"`
	Greetings     json.RawMessage `json:"greetings,omitempty"`
	Holidays      []string        `json:"holidays,omitempty"`
	Invitation    json.RawMessage `json:"proactive_invitation,omitempty"`
	Questions     json.RawMessage `json:"pre_chat_questions,omitempty"`
	Privacy       string          `json:"privacy_text,omitempty"`
	Files         json.RawMessage `json:"files,omitempty"`
	Rating        json.RawMessage `json:"rating,omitempty"`
	Mail          json.RawMessage `json:"mail,omitempty"`
	MailOff       bool            `json:"mail_off"`
	WarnAfter     int             `json:"idle_warning_minutes"` // 0: never
	EndAfter      int             `json:"idle_end_minutes"`     // after the warning; 0: never
	ProofOfWork   bool            `json:"proof_of_work"`
	Texts         json.RawMessage `json:"texts,omitempty"`
}

// WebsiteGroupState is a group that answers for a website.
type WebsiteGroupState struct {
	Group    string            `json:"group,omitempty"` // its name
	GroupID  uuid.UUID         `json:"group_id"`
	Priority int               `json:"priority"`
	Position int               `json:"position"`
	Labels   map[string]string `json:"labels,omitempty"` // what visitors read, by language
}

// GroupState is a group.
type GroupState struct {
	Name            string            `json:"name,omitempty"`
	Everyone        bool              `json:"all_agents"`
	Automatic       bool              `json:"automatic_assignment"`
	Picking         bool              `json:"picking"`
	Priority        int               `json:"priority"`
	Overflow        *uuid.UUID        `json:"overflow_group,omitempty"`
	OverflowSeconds int               `json:"overflow_after_seconds"`
	TimeZone        string            `json:"time_zone,omitempty"`
	Hours           map[string]string `json:"hours,omitempty"` // by weekday ("monday"): "9:00-12:30, 14:00-18:00"; none: always open
	Holidays        []string          `json:"holidays,omitempty"`
}

// GroupMembersState is the members of a group that a change is about.
type GroupMembersState struct {
	Members []GroupMember `json:"members"`
}

// GroupMember is a team member's place in a group.
type GroupMember struct {
	ID            uuid.UUID `json:"id"`
	Name          string    `json:"name"`
	Member        bool      `json:"member"`
	Helper        bool      `json:"helper"`
	MaxChats      int       `json:"concurrent_chat_limit"`
	GroupMaxChats int       `json:"limit_in_group"` // 0: none of its own
}

// RoutingState is the organization's settings of routing.
type RoutingState struct {
	AwaySeconds int `json:"requeue_when_away_seconds"`
	FormerHours int `json:"former_agent_hours"`
}

// FAQState is an entry of the FAQ.
type FAQState struct {
	Category string     `json:"category,omitempty"`
	State    string     `json:"state,omitempty"` // draft, in review, published
	Website  *uuid.UUID `json:"website,omitempty"`
	Customer *uuid.UUID `json:"customer,omitempty"`
	Group    *uuid.UUID `json:"group,omitempty"`

	Texts map[string]FAQText `json:"texts,omitempty"` // by language; of a change those that differ
}

// FAQText is an entry in one language.
type FAQText struct {
	Question string `json:"question"`
	Answer   string `json:"answer"`
}

// FAQStates is the state of several entries.
type FAQStates struct {
	State   string      `json:"state"`
	Entries int         `json:"entries"`       // how many
	IDs     []uuid.UUID `json:"ids,omitempty"` // of the first 100
}

// FAQFileState is a file of entries.
type FAQFileState struct {
	Format  string      `json:"format,omitempty"` // of an export
	Entries int         `json:"entries"`          // how many are in it, or were stored
	IDs     []uuid.UUID `json:"ids,omitempty"`    // of the first 100 that were stored
}

// DeskRulesState is how the organization wants its desk.
type DeskRulesState struct {
	AgentsEdit  bool     `json:"agents_edit_faq"`
	Review      bool     `json:"review_before_publishing"`
	AwayReasons []string `json:"away_reasons,omitempty"`
}

// SnippetState is a snippet that is not only its writer's own.
type SnippetState struct {
	Name     string     `json:"name,omitempty"`
	Keys     string     `json:"keys,omitempty"`
	Text     string     `json:"text,omitempty"`
	Group    *uuid.UUID `json:"group,omitempty"`
	Customer *uuid.UUID `json:"customer,omitempty"`
	File     *uuid.UUID `json:"file,omitempty"`
}

// TagState is a tag.
type TagState struct {
	Name string `json:"name"`
}

// ModelState is the settings of the language model, without its key.
type ModelState struct {
	Address   string `json:"address,omitempty"`
	Model     string `json:"model,omitempty"`
	Enabled   bool   `json:"enabled"`
	Automatic bool   `json:"automatic_drafts"`
	Mask      bool   `json:"mask_personal_data"`
	Budget    int    `json:"monthly_tokens"`
	NewKey    bool   `json:"new_key"` // after a change: the key was replaced
}

// BlockState is a block of a visitor or a network.
type BlockState struct {
	Visitor *uuid.UUID `json:"visitor,omitempty"`
	Network string     `json:"network,omitempty"`
	Reason  string     `json:"reason,omitempty"`
	Until   *time.Time `json:"until,omitempty"` // nil: for ever
}

// ExportState is what somebody took out.
type ExportState struct {
	Format string `json:"format"`
	Filter string `json:"filter,omitempty"` // as the page's address has it
}

func (OrganizationState) payload() {}
func (MemberState) payload()       {}
func (AliasesState) payload()      {}
func (InvitationState) payload()   {}
func (PasswordLinkState) payload() {}
func (LogInState) payload()        {}
func (CustomerState) payload()     {}
func (WebsiteState) payload()      {}
func (DomainState) payload()       {}
func (WidgetState) payload()       {}
func (WebsiteGroupState) payload() {}
func (GroupState) payload()        {}
func (GroupMembersState) payload() {}
func (RoutingState) payload()      {}
func (FAQState) payload()          {}
func (FAQStates) payload()         {}
func (FAQFileState) payload()      {}
func (DeskRulesState) payload()    {}
func (SnippetState) payload()      {}
func (TagState) payload()          {}
func (ModelState) payload()        {}
func (BlockState) payload()        {}
func (ExportState) payload()       {}
