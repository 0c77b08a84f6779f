package bus

import "github.com/google/uuid"

// Kind says what happened.
type Kind string

const (
	Conversation      Kind = "said"     // a message was added to a conversation (also: started, taken, closed)
	Typing            Kind = "typing"   // somebody is typing; never stored, may be lost
	User              Kind = "user"     // a user's role or state changed, or all its sessions ended
	Session           Kind = "session"  // one log-in session ended
	Website           Kind = "website"  // a website's settings or domains changed, or it was seen loading
	Settings          Kind = "settings" // settings changed that websites of an organization inherit
	Groups            Kind = "groups"   // an organization's groups or who belongs to them changed
	Availability      Kind = "agent"    // a user's availability changed
	Participants      Kind = "guests"   // somebody became a participant of a conversation, or left it
	Queue             Kind = "line"     // the queues of an organization changed, or the presence of its agents
	Read              Kind = "seen"     // one side has read a conversation up to a message
	VisitorContext    Kind = "about"    // a visitor is on another page, or its page says something else of it
	VisitorIdentified Kind = "visitor"  // a visitor turned out to be another one
	Blocks            Kind = "block"    // who may not write to an organization has changed
	FAQ               Kind = "faq"      // an FAQ entry was changed, or chosen

	Login        Kind = "login"        // what is stored in a log-in session changed; it is as good as before
	Organization Kind = "organization" // an organization's name changed, or the pictures of its team members
)

// Event says what happened, by ids.
type Event struct {
	Kind         Kind      `json:"k"`
	Org          uuid.UUID `json:"o"`
	Conversation uuid.UUID `json:"c,omitzero"`
	Visitor      uuid.UUID `json:"v,omitzero"`
	User         uuid.UUID `json:"u,omitzero"` // the agent concerned
	Website      uuid.UUID `json:"w,omitzero"`
	Seq          int       `json:"n,omitempty"` // number of the newest message
	Text         string    `json:"t,omitempty"` // Typing: the text where the website allows it; Session, Website, FAQ: which one

	// Local is what this process has just written, so that its own screens need not read it again. Nil in events of other processes.
	Local any `json:"-"`
}

// globalChannel is the channel that every process listens to.
const globalChannel = "parley"

// channelFor returns the channel of an event: the organization's for what only screens show, which processes with a screen of it listen to,
// else the one that every process listens to.
func channelFor(e Event) string {
	switch e.Kind {
	case Conversation, Typing, Read, VisitorContext, VisitorIdentified, Availability, Participants, Queue, FAQ:
		return orgChannel(e.Org)
	}
	return globalChannel
}

func orgChannel(org uuid.UUID) string { return globalChannel + "_" + org.String() }
