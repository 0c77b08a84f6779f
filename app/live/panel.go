package live

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"
	"unique"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/fail"
	"parley/app/live/wire"
	"parley/app/org"
	"parley/app/outside"
)

// panel is one open chat panel: one socket of one visitor. Its wire format is widget/PROTOCOL.md. There are very many, so
// what most of them share is kept once, and what few need is made when it is needed.
type panel struct {
	hub     *Hub
	site    *org.Site
	address string                // where it comes from
	origin  unique.Handle[string] // of the page, as the browser says
	agent   unique.Handle[string] // the browser's User-Agent
	country unique.Handle[string] // that its address is in, if the server knows
	socket  *wire.Socket
	due     *time.Timer // ends the socket if it says no hello
	turned  error       // why there is no room for it; nil: there is
	sibling *panel      // the same visitor's next one; the hub's to read and write

	mu           sync.Mutex
	visitor      access.Actor // valid after hello
	welcomed     bool         // welcome is written: frames may follow
	missed       bool         // a bell rang before that
	over         bool         // the socket is closed
	acknowledged bool         // the acknowledgement of sending went out already
	polled       bool         // it is one request, not a socket
	unknown      bool         // and its visitor has just been made: who does not get the answer is another one next time
	waits        bool         // its conversation is in line
	standing     string       // what it was told last of its place there
	conversation uuid.UUID    // the one it follows
	sending      uuid.UUID    // message that is being kept for this panel right now
	page         place
	early        map[uuid.UUID]struct{} // acknowledged before the thread came to them
	typedAt      time.Duration          // since the process started
	toldAt       time.Duration          // likewise: what it told of itself last
	readIn       uuid.UUID              // conversation in which it has told how far it has read,
	readTo       int                    // and that
	seenIn       uuid.UUID              // conversation of which it was told how far the agent has read it,
	seenTo       int                    // and that
	postponed    *postponed             // message that was told to come again; nil: none
}

// place is where a panel is. Pages, browsers and languages are few: each is kept once.
type place struct{ url, title, referrer, language unique.Handle[string] }

const typingGap = 300 * time.Millisecond

func (h *Hub) newPanel(r *http.Request, site *org.Site, address string) *panel {
	return &panel{hub: h, site: site, address: outside.Network(address), origin: unique.Make(r.Header.Get("Origin")), agent: unique.Make(clip(r.UserAgent(), 400)), country: unique.Make(h.countryOf(address))}
}

// ServePanel upgrades a request of a panel whose website and origin the front has checked, and returns at once.
func (h *Hub) ServePanel(w http.ResponseWriter, r *http.Request, site *org.Site, address string) error {
	if h.isDraining() {
		return ErrDraining
	}
	p := h.newPanel(r, site, address)
	if p.turned = h.gauges.enter(p.address, site.ID); p.turned != nil {
		// Said on an open socket, because a refused handshake has no words; but not to more than some at once.
		if h.turnedAway.Add(1) > turnedMost {
			h.turnedAway.Add(-1)
			return p.turned
		}
	}
	err := h.visitors.Serve(w, r, p)
	if err != nil {
		p.leaveGauges()
	}
	return err
}

// turnedMost is how many sockets may be open only to say that there is no room.
const turnedMost = 100

func (p *panel) leaveGauges() {
	if p.turned != nil {
		p.hub.turnedAway.Add(-1)
	} else {
		p.hub.gauges.leave(p.address, p.site.ID)
	}
}

func (p *panel) Opened(s *wire.Socket) {
	p.socket = s
	p.hub.bus.Join(p.site.Org)
	if p.polled = s.Polled(); p.polled {
		return
	}
	if p.turned != nil {
		p.over = true
		p.refuse(uuid.Nil, p.turned, "")
		s.Close(wire.TryAgain, "full")
		return
	}
	p.due = time.AfterFunc(greetingDue, func() { s.Close(wire.TryAgain, "no hello") })
}

func (p *panel) Closed() {
	p.mu.Lock()
	visitor, conversation, due := p.visitor, p.conversation, p.due
	p.over, p.conversation, p.due = true, uuid.Nil, nil
	p.mu.Unlock()
	if due != nil {
		due.Stop()
	}
	if !p.polled {
		p.leaveGauges()
	}
	if visitor.Valid() {
		p.hub.removePanel(visitor.ID(), p)
	}
	if conversation != uuid.Nil {
		p.hub.leave(p, conversation)
	}
	p.hub.bus.Leave(p.site.Org)
}

func (p *panel) write(frame any) {
	p.socket.Send(marshal(frame))
}

func marshal(frame any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // it is not put into a page as it is, and "<" would be six bytes
	if err := enc.Encode(frame); err != nil {
		panic(err) // the frames of the protocol always marshal
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func (p *panel) refuse(id uuid.UUID, err error, doing string) {
	out := refused(err, doing)
	if id != uuid.Nil {
		out.ID = id.String()
	}
	p.write(out)
}

// received handles one frame. Frames of one socket come one after another.
func (p *panel) Received(raw []byte) {
	var in frameIn
	if err := json.Unmarshal(raw, &in); err != nil {
		p.refuse(messageID(raw), fail.New(fail.Invalid, "This frame is not a JSON object of the protocol."), "")
		return
	}
	handle, known := panelFrames[in.Type]
	p.mu.Lock()
	greeted, over, unknown := p.visitor.Valid(), p.over, p.unknown
	p.mu.Unlock()
	switch {
	case over: // turned away
	case !known:
		p.refuse(in.ID, fail.New(fail.Invalid, "There is no frame of this type."), "")
	case greeted && in.Type == "hello":
		p.refuse(uuid.Nil, fail.New(fail.Invalid, "This socket has said hello already."), "")
	case !greeted && in.Type != "hello":
		p.refuse(in.ID, fail.New(fail.Unauthenticated, "Say hello first."), "")
	case unknown: // if this answer is lost, what it said would be said by two visitors
		p.refuse(in.ID, fail.New(fail.Unauthenticated, "Say hello alone first, and then this with the token of its welcome."), "")
	default:
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		handle(p, ctx, in)
	}
}

// panelFrames is every frame that a panel may send.
var panelFrames = map[string]func(*panel, context.Context, frameIn){
	"hello":   (*panel).hello,
	"send":    (*panel).send,
	"typing":  (*panel).types,
	"contact": (*panel).contact,
	"about":   (*panel).about,
	"seen":    (*panel).seen,
	"end":     (*panel).end,
	"rate":    (*panel).rate,

	"transcript": (*panel).transcript,
}

// messageID finds the id of a frame that could not be read as a whole, so that its sender knows which one was refused.
func messageID(raw []byte) uuid.UUID {
	var only struct {
		ID uuid.UUID `json:"id"`
	}
	if json.Unmarshal(raw, &only) != nil {
		return uuid.Nil
	}
	return only.ID
}

// bell says that something was said in a conversation of the visitor's. It reports whether the panel begins to follow it.
func (p *panel) bell(conversation uuid.UUID) bool {
	return p.mayFollow() && p.turnTo(conversation)
}

// mayFollow reports whether the welcome is written. If not, it will look for what was missed.
func (p *panel) mayFollow() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.missed = p.missed || !p.welcomed
	return p.welcomed
}

// mayStay closes the panel if its website's settings or domains are no longer those it was opened with.
func (p *panel) mayStay() bool {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	site, err := p.hub.org.Site(ctx, p.site.Key, p.origin.Value())
	if fail.As(err) != nil || err == nil && (site.TypingPreview != p.site.TypingPreview || !slices.EqualFunc(site.Subjects, p.site.Subjects,
		func(a, b org.Subject) bool { return a.Group == b.Group })) { // refused, or changed; else not known now
		p.socket.Close(wire.Restart, "settings changed")
		return false
	}
	return true
}

// nameOf is clip for what somebody is called: without characters that nobody sees or that turn around the text beside them.
func nameOf(s string, max int) string {
	clean, err := fail.OptionalName("", s, 1<<20)
	if err != nil {
		return ""
	}
	return clip(clean, max)
}

// clip shortens what only describes a visit; being too long or strange is no reason to refuse a visitor.
func clip(s string, max int) string {
	clean, err := fail.OptionalLine("", s, 1<<20)
	if err != nil {
		return ""
	}
	if r := []rune(clean); len(r) > max {
		return string(r[:max])
	}
	return clean
}

// turnTo follows a conversation that has begun, here or in another tab, from its beginning, and reports whether it did not
// before.
func (p *panel) turnTo(conversation uuid.UUID) bool {
	p.mu.Lock()
	before := p.conversation
	// Ids are made when a conversation begins and rise with time (UUIDv7): an older one is never turned back to.
	if p.over || bytes.Compare(conversation[:], before[:]) <= 0 {
		p.mu.Unlock()
		return false
	}
	p.conversation = conversation
	p.mu.Unlock()
	if before != uuid.Nil { // its last words first
		p.hub.look(before)
		time.AfterFunc(5*time.Second, func() { p.hub.leave(p, before) })
	}
	p.hub.follow(p, conversation, 0)
	p.mu.Lock()
	gone := p.over // closed meanwhile
	p.mu.Unlock()
	if gone {
		p.hub.leave(p, conversation)
	}
	return !gone
}

// findConversation looks for a conversation that another process may have begun.
func (p *panel) findConversation() {
	if !p.mayFollow() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, found, err := p.hub.chat.OfVisitor(ctx, p.who())
	switch {
	case err != nil:
		p.socket.Close(wire.TryAgain, "try again")
	case found:
		p.turnTo(c.ID)
		p.hub.look(c.ID)
	}
}
