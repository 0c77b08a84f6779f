// Package desk draws the agent's screen. Every fragment is one component with one id, whether it is loaded with the page,
// answered, pushed or recovered.
package desk

import (
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/routing"
	"parley/templates/ui"
)

// Page is what the desk shows when it is loaded.
type Page struct {
	User          uuid.UUID
	UserName      string
	Email         string // of the log-in
	OrgName       string
	CanManage     bool // has a way to the management
	CanReview     bool
	CanMonitor    bool
	Availability  routing.Availability
	Today         routing.DayTotals
	Queue         []conversation.Conversation
	More          int // wait behind Line
	Own           []conversation.Conversation
	Participating []conversation.Conversation // in which the agent is a guest
	Participants  map[uuid.UUID][]conversation.Participant
	Threads       map[uuid.UUID][]conversation.Message
	Suggestions   map[uuid.UUID]Suggestions
	Preferences   string // the user's preferences, as JSON for the script
	Commands      string // what the keyboard does, as JSON for the script
	Snippets      string // names, keys and texts, as JSON for the script
	Automatic     bool   // drafts come by themselves where no entry is sure
	PushKey       string // public key of the installation's Web Push; empty: none
}

// MaxWholePanes is how many open conversations come with their threads; with more of them, those that are not on the screen at once come light.
// PanesAtOnce is how many fit the widest screen.
const (
	MaxWholePanes   = 20
	MaxVisiblePanes = 6
)

// WholePanes returns those of the open conversations, in their order on the page, that come with their threads.
func WholePanes(open []conversation.Conversation) []conversation.Conversation {
	if len(open) <= MaxWholePanes {
		return open
	}
	return open[:MaxVisiblePanes]
}

func (p Page) paneViews() (list []PaneView) {
	open := append(slices.Clone(p.Own), p.Participating...)
	whole := len(WholePanes(open))
	for i, c := range open {
		visibility := Visibility{Mine: i < len(p.Own), Participant: i >= len(p.Own)}
		list = append(list, PaneView{Conversation: c, Viewer: p.User, Visibility: visibility, Participants: p.Participants[c.ID], Messages: p.Threads[c.ID], Suggestions: p.Suggestions[c.ID], Light: i >= whole})
	}
	return list
}

// VisibilityFor says how a conversation's pane shows to somebody who is not told of it, but looks: with those who take part in it.
func VisibilityFor(agent uuid.UUID, c conversation.Conversation, participants []conversation.Participant) Visibility {
	return Visibility{Mine: c.Agent == agent, Participant: findParticipant(agent, participants).ID == agent}
}

// awayReasons are those an agent may choose from, with its present one.
func awayReasons(a routing.Availability) []string {
	if a.Status == routing.Away && a.AwayReason != "" && !slices.Contains(a.AwayReasons, a.AwayReason) {
		return append(slices.Clone(a.AwayReasons), a.AwayReason)
	}
	return a.AwayReasons
}

// Visibility says how a conversation shows on a desk.
type Visibility struct {
	Mine        bool
	Participant bool // somebody else's, with this agent as a guest
	Queued      bool // in the line that this desk sees
	Offered     bool // to this agent
	Known       bool // it has waited before, behind what is listed: no news
}

// ConversationIDs are the conversations' of several lists.
func ConversationIDs(lists ...[]conversation.Conversation) (ids []uuid.UUID) {
	for _, list := range lists {
		for _, c := range list {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// TransferView is what the form for handing a conversation over offers.
type TransferView struct {
	Conversation uuid.UUID
	TeamMembers  []routing.Teammate
	Groups       []routing.GroupRef
	Error        string // why it was refused
	Comment      string
	To           string
}

func teamMemberLabel(c routing.Teammate) string {
	switch {
	case c.Status != routing.Online:
		return c.Name + " (" + string(c.Status) + ")"
	case c.AtCapacity:
		return c.Name + " (has all conversations allowed)"
	}
	return c.Name
}

// CanReply reports whether one of the guests is somebody who may write to the visitor.
func CanReply(me uuid.UUID, participants []conversation.Participant) bool {
	return findParticipant(me, participants).CanReply
}

// findParticipant is one of the guests; the zero Guest if it is none of them.
func findParticipant(me uuid.UUID, participants []conversation.Participant) conversation.Participant {
	for _, g := range participants {
		if g.ID == me {
			return g
		}
	}
	return conversation.Participant{}
}

// Title names a conversation by its visitor.
func Title(c conversation.Conversation) string { return ui.VisitorName(c.VisitorName, c.Visitor) }

// pageLabel is the page the visitor is on, short.
func pageLabel(c conversation.Conversation) string {
	u, err := url.Parse(c.PageURL)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Host + strings.TrimSuffix(u.Path, "/") + scriptRoute(u)
}

// scriptRoute is a fragment that names a page of a script's (#/tea, #!/tea); another says only where in the page one is.
func scriptRoute(u *url.URL) string {
	if path, _, _ := strings.Cut(u.Fragment, "?"); strings.HasPrefix(path, "/") || strings.HasPrefix(path, "!") {
		return "#" + path
	}
	return ""
}

// pageLink is the visitor's page, if it is a web address.
func pageLink(c conversation.Conversation) string {
	u, err := url.Parse(c.PageURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.String()
}

// sortKey orders the agent's own list: what is another's sinks.
func sortKey(c conversation.Conversation, visibility Visibility) string {
	if visibility.Participant {
		return ""
	}
	return ui.Millis(c.WaitingSince)
}

func ownerLabel(c conversation.Conversation) string {
	if c.AgentName == "" {
		return "in the line"
	}
	return "with " + c.AgentName
}

// goneText says why a conversation is not the agent's any more.
func goneText(c conversation.Conversation) string {
	switch c.StateReason {
	case conversation.ReasonTransfer:
		if c.OfferedTo != uuid.Nil {
			return "This conversation is offered to a colleague."
		}
		return "This conversation is handed over."
	case conversation.ReasonOfferExpired:
		return "Your colleague did not take it: this conversation is in the line."
	case conversation.ReasonNoReply:
		return "This conversation was taken back: somebody else can answer it sooner."
	case conversation.ReasonAway:
		return "You were away for too long: this conversation is back in the line."
	case conversation.ReasonConnectionLost:
		return "Your connection was lost for too long: this conversation is back in the line."
	}
	return "This conversation is back in the line."
}

// isMonitoring reports whether somebody watches of its own accord: then it may take the conversation over.
func isMonitoring(me uuid.UUID, participants []conversation.Participant) bool {
	return findParticipant(me, participants).Watching
}

// sourceLabel is where a conversation comes from: its website and, where there are several, its group.
func sourceLabel(c conversation.Conversation) string {
	if c.GroupName == "" {
		return c.WebsiteName
	}
	return c.WebsiteName + " · " + c.GroupName
}
