// Package desk renders the agent's screen. A fragment is one component with one id, whether it is loaded with the page, is the answer to a
// request, is pushed, or is recovered after a gap.
package desk

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/presence"
	"parley/app/domain/routing"
	"parley/app/front/desk"
	"parley/templates/ui"
)

// Page is the desk when it is loaded.
type Page struct {
	desk.Page
	User     uuid.UUID
	UserName string
	Email    string // of the log-in
	OrgName  string
	PushKey  string // public key of the installation's Web Push; empty: none

	CanManage, CanReview, CanMonitor bool // which other parts the menu leads to
}

// scriptJSON returns a value as JSON for the desk's script.
func scriptJSON(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// awayReasons returns the reasons that an agent may choose from, with its present one.
func awayReasons(a presence.Availability) []string {
	if a.Status == presence.Away && a.AwayReason != "" && !slices.Contains(a.AwayReasons, a.AwayReason) {
		return append(slices.Clone(a.AwayReasons), a.AwayReason)
	}
	return a.AwayReasons
}

// TransferView is what the form shows that transfers a conversation or asks for help, at first or after it was refused.
type TransferView struct {
	desk.TransferTargets
	Error   string // why it was refused; empty: it was not
	Comment string // what was typed
	To      string // what was chosen: "group:" or "person:" and an id
}

// teamMemberLabel names a team member, and says why it may not be available.
func teamMemberLabel(c routing.Teammate) string {
	switch {
	case c.Status != presence.Online:
		return c.Name + " (" + string(c.Status) + ")"
	case c.AtCapacity:
		return c.Name + " (at limit)"
	}
	return c.Name
}

// Title returns a conversation's name, which is its visitor's.
func Title(c conversation.Conversation) string { return ui.VisitorName(c.VisitorName, c.Visitor) }

// pageLabel returns the address of the page that the visitor is on, shortened.
func pageLabel(c conversation.Conversation) string {
	u, err := url.Parse(c.PageURL)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Host + strings.TrimSuffix(u.Path, "/") + scriptRoute(u)
}

// scriptRoute returns the fragment of an address if it names a page that a script shows (#/tea, #!/tea); "" if it only names a
// place in the page.
func scriptRoute(u *url.URL) string {
	if path, _, _ := strings.Cut(u.Fragment, "?"); strings.HasPrefix(path, "/") || strings.HasPrefix(path, "!") {
		return "#" + path
	}
	return ""
}

// pageLink returns the address of the page that the visitor is on; "" if that is no web address.
func pageLink(c conversation.Conversation) string {
	u, err := url.Parse(c.PageURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.String()
}

// sortKey returns what orders the agent's own list: conversations of others are last.
func sortKey(row desk.Row) string {
	if row.Visibility.Participant {
		return ""
	}
	return ui.Millis(row.WaitingSince)
}

// ownerLabel says to whom a conversation is assigned in which the agent is a participant.
func ownerLabel(c conversation.Conversation) string {
	if c.AgentName == "" {
		return "In the queue"
	}
	return "Assigned to " + c.AgentName
}

// goneText says why a waiting conversation is no longer assigned to the agent.
func goneText(c conversation.Conversation) string {
	switch c.StateReason {
	case conversation.ReasonTransfer:
		if c.OfferedTo != uuid.Nil {
			return "This conversation was offered to a team member."
		}
		return "This conversation was transferred."
	case conversation.ReasonOfferExpired:
		return "The team member didn’t accept. This conversation is back in the queue."
	case conversation.ReasonNoReply:
		return "This conversation is back in the queue: another agent can reply sooner."
	case conversation.ReasonAway:
		return "You were away too long. This conversation is back in the queue."
	case conversation.ReasonConnectionLost:
		return "You were disconnected too long. This conversation is back in the queue."
	}
	return "This conversation is back in the queue."
}

// sourceLabel names a conversation's website and, where there are several, its group.
func sourceLabel(c conversation.Conversation) string {
	if c.GroupName == "" {
		return c.WebsiteName
	}
	return c.WebsiteName + " · " + c.GroupName
}
