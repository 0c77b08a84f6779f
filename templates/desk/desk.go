// Package desk draws the agent's screen. Every fragment is one component with one id, whether it is loaded with the page,
// answered, pushed or recovered.
package desk

import (
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"parley/app/chat"
	"parley/app/queue"
	"parley/templates/ui"
)

// Page is what the desk shows when it is loaded.
type Page struct {
	User      uuid.UUID
	UserName  string
	Email     string // of the log-in
	OrgName   string
	Manages   bool // has a way to the management
	Reviews   bool
	Watches   bool
	Status    queue.Availability
	Today     queue.Today
	Line      []chat.Conversation
	More      int // wait behind Line
	Own       []chat.Conversation
	Visits    []chat.Conversation // in which the agent is a guest
	Guests    map[uuid.UUID][]chat.Guest
	Threads   map[uuid.UUID][]chat.Message
	Offered   map[uuid.UUID]Offered
	Wishes    string // the user's preferences, as JSON for the script
	Commands  string // what the keyboard does, as JSON for the script
	Snippets  string // names, keys and texts, as JSON for the script
	Automatic bool   // drafts come by themselves where no entry is sure
	PushKey   string // public key of the installation's Web Push; empty: none
}

// PanesWhole is how many open conversations come with their threads; with more of them, those that are not on the screen at once come light.
// PanesAtOnce is how many fit the widest screen.
const (
	PanesWhole  = 20
	PanesAtOnce = 6
)

// Whole returns those of the open conversations, in their order on the page, that come with their threads.
func Whole(open []chat.Conversation) []chat.Conversation {
	if len(open) <= PanesWhole {
		return open
	}
	return open[:PanesAtOnce]
}

func (p Page) panes() (list []PaneView) {
	open := append(slices.Clone(p.Own), p.Visits...)
	whole := len(Whole(open))
	for i, c := range open {
		seen := Seen{Mine: i < len(p.Own), Guest: i >= len(p.Own)}
		list = append(list, PaneView{Conversation: c, Me: p.User, Seen: seen, Guests: p.Guests[c.ID], Messages: p.Threads[c.ID], Offered: p.Offered[c.ID], Light: i >= whole})
	}
	return list
}

// SeenBy says how a conversation's pane shows to somebody who is not told of it, but looks: with those who take part in it.
func SeenBy(me uuid.UUID, c chat.Conversation, guests []chat.Guest) Seen {
	return Seen{Mine: c.Agent == me, Guest: guest(me, guests).ID == me}
}

// reasons are those an agent may choose from, with its present one.
func reasons(a queue.Availability) []string {
	if a.Status == queue.Away && a.Reason != "" && !slices.Contains(a.Reasons, a.Reason) {
		return append(slices.Clone(a.Reasons), a.Reason)
	}
	return a.Reasons
}

// Seen says how a conversation shows on a desk.
type Seen struct {
	Mine    bool
	Guest   bool // somebody else's, with this agent as a guest
	Line    bool // in the line that this desk sees
	Offered bool // to this agent
	Known   bool // it has waited before, behind what is listed: no news
}

// IDs are the conversations' of several lists.
func IDs(lists ...[]chat.Conversation) (ids []uuid.UUID) {
	for _, list := range lists {
		for _, c := range list {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// HandPage is what the form for handing a conversation over offers.
type HandPage struct {
	Conversation uuid.UUID
	Colleagues   []queue.Colleague
	Groups       []queue.Name
	Message      string // why it was refused
	Comment      string
	To           string
}

func colleagueLabel(c queue.Colleague) string {
	switch {
	case c.Status != queue.Online:
		return c.Name + " (" + string(c.Status) + ")"
	case c.Full:
		return c.Name + " (has all conversations allowed)"
	}
	return c.Name
}

// MayWrite reports whether one of the guests is somebody who may write to the visitor.
func MayWrite(me uuid.UUID, guests []chat.Guest) bool { return guest(me, guests).MayWrite }

// guest is one of the guests; the zero Guest if it is none of them.
func guest(me uuid.UUID, guests []chat.Guest) chat.Guest {
	for _, g := range guests {
		if g.ID == me {
			return g
		}
	}
	return chat.Guest{}
}

// Title names a conversation by its visitor.
func Title(c chat.Conversation) string { return ui.Visitor(c.VisitorName, c.Visitor) }

// where is the page the visitor is on, short.
func where(c chat.Conversation) string {
	u, err := url.Parse(c.PageURL)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Host + strings.TrimSuffix(u.Path, "/") + route(u)
}

// route is a fragment that names a page of a script's (#/tea, #!/tea); another says only where in the page one is.
func route(u *url.URL) string {
	if path, _, _ := strings.Cut(u.Fragment, "?"); strings.HasPrefix(path, "/") || strings.HasPrefix(path, "!") {
		return "#" + path
	}
	return ""
}

// pageLink is the visitor's page, if it is a web address.
func pageLink(c chat.Conversation) string {
	u, err := url.Parse(c.PageURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.String()
}

// sinceOf orders the agent's own list: what is another's sinks.
func sinceOf(c chat.Conversation, seen Seen) string {
	if seen.Guest {
		return ""
	}
	return ui.Millis(c.WaitingSince)
}

func guestOf(c chat.Conversation) string {
	if c.AgentName == "" {
		return "in the line"
	}
	return "with " + c.AgentName
}

// gone says why a conversation is not the agent's any more.
func gone(c chat.Conversation) string {
	switch c.CameBy {
	case chat.ByTransfer:
		if c.OfferedTo != uuid.Nil {
			return "This conversation is offered to a colleague."
		}
		return "This conversation is handed over."
	case chat.ByLapse:
		return "Your colleague did not take it: this conversation is in the line."
	case chat.ByTakeBack:
		return "This conversation was taken back: somebody else can answer it sooner."
	case chat.ByAway:
		return "You were away for too long: this conversation is back in the line."
	case chat.ByLoss:
		return "Your connection was lost for too long: this conversation is back in the line."
	}
	return "This conversation is back in the line."
}

// watches reports whether somebody watches of its own accord: then it may take the conversation over.
func watches(me uuid.UUID, guests []chat.Guest) bool { return guest(me, guests).Watching }

// place is where a conversation comes from: its website and, where there are several, its group.
func place(c chat.Conversation) string {
	if c.GroupName == "" {
		return c.WebsiteName
	}
	return c.WebsiteName + " · " + c.GroupName
}
