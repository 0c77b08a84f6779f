package live

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
	"unique"

	"github.com/google/uuid"

	"parley/app/domain/org"
	"parley/app/front/live/frames"
	"parley/app/front/live/wire"
	"parley/app/platform/access"
	"parley/app/platform/clientnet"
	"parley/app/platform/fail"
	"parley/app/platform/validate"
)

// panel is one open chat panel: one socket of one visitor. Its wire format is widget/PROTOCOL.md. There are very many, so
// what most of them share is kept once, and what few need is made when it is needed.
type panel struct {
	hub        *Hub
	site       *org.WidgetWebsite
	address    string                // where it comes from
	origin     unique.Handle[string] // of the page, as the browser says
	agent      unique.Handle[string] // the browser's User-Agent
	country    unique.Handle[string] // that its address is in, if the server knows
	socket     *wire.Socket
	helloTimer *time.Timer // ends the socket if it says no hello
	rejection  error       // why there is no room for it; nil: there is
	nextPanel  *panel      // the same visitor's next one; the hub's to read and write

	mu                    sync.Mutex
	visitor               access.Actor // valid after hello
	welcomed              bool         // welcome is written: frames may follow
	missedEvent           bool         // a bell rang before that
	closed                bool         // the socket is closed
	acknowledged          bool         // the acknowledgement of sending went out already
	isPoll                bool         // it is one request, not a socket
	unconfirmed           bool         // and its visitor has just been made: who does not get the answer is another one next time
	isWaiting             bool         // its conversation is in line
	sentPosition          string       // what it was told last of its place there
	conversation          uuid.UUID    // the one it follows
	sending               uuid.UUID    // message that is being kept for this panel right now
	page                  visitorPage
	ackedEarly            map[uuid.UUID]struct{} // acknowledged before the thread came to them
	lastTypingAt          time.Duration          // since the process started
	lastContextAt         time.Duration          // likewise: what it told of itself last
	readConversation      uuid.UUID              // conversation in which it has told how far it has read,
	readSeq               int                    // and that
	agentReadConversation uuid.UUID              // conversation of which it was told how far the agent has read it,
	agentReadSeq          int                    // and that
	postponed             *postponed             // message that was told to come again; nil: none
}

// visitorPage is where a panel is. Pages, browsers and languages are few: each is kept once.
type visitorPage struct{ url, title, referrer, language unique.Handle[string] }

func (h *Hub) newPanel(r *http.Request, site *org.WidgetWebsite, address string, s *wire.Socket, rejection error) *panel {
	return &panel{hub: h, site: site, address: clientnet.Of(address), socket: s, isPoll: s.IsPoll(), rejection: rejection, origin: unique.Make(r.Header.Get("Origin")), agent: unique.Make(frames.Clip(r.UserAgent(), 400)), country: unique.Make(h.country(address))}
}

// ServePanel upgrades a request of a panel whose website and origin the front has checked, and returns at once.
func (h *Hub) ServePanel(w http.ResponseWriter, r *http.Request, site *org.WidgetWebsite, address string) error {
	if h.isDraining() {
		return ErrDraining
	}
	network := clientnet.Of(address)
	rejection := h.limiter.AcquireSocket(network, site.ID)
	if rejection != nil {
		// It is said on an open socket, because a script cannot read why a handshake was refused; but not to more than some at once.
		if h.rejectedSockets.Add(1) > maxRejectedSockets {
			h.rejectedSockets.Add(-1)
			return rejection
		}
	}
	err := h.visitorSockets.Serve(w, r, func(s *wire.Socket) wire.Screen { return h.newPanel(r, site, address, s, rejection) })
	if err != nil {
		h.releasePanelSocket(site, network, rejection)
	}
	return err
}

// maxRejectedSockets is how many sockets may be open only to say that there is no room.
const maxRejectedSockets = 100

// releasePanelSocket takes back what ServePanel has counted.
func (h *Hub) releasePanelSocket(site *org.WidgetWebsite, address string, rejection error) {
	if rejection != nil {
		h.rejectedSockets.Add(-1)
	} else {
		h.limiter.ReleaseSocket(address, site.ID)
	}
}

func (p *panel) Opened() {
	p.hub.bus.ScreenOpened(p.site.Org)
	if p.isPoll {
		return
	}
	if p.rejection != nil {
		p.closed = true
		p.refuse(uuid.Nil, p.rejection, "")
		p.socket.Close(wire.TryAgain, "full")
		return
	}
	p.helloTimer = time.AfterFunc(helloTimeout, func() { p.socket.Close(wire.TryAgain, "no hello") })
}

func (p *panel) Closed() {
	p.mu.Lock()
	visitor, conversation, due := p.visitor, p.conversation, p.helloTimer
	p.closed, p.conversation, p.helloTimer = true, uuid.Nil, nil
	p.mu.Unlock()
	if due != nil {
		due.Stop()
	}
	if !p.isPoll {
		p.hub.releasePanelSocket(p.site, p.address, p.rejection)
	}
	if visitor.Valid() {
		p.hub.removePanel(visitor.ID(), p)
	}
	if conversation != uuid.Nil {
		p.hub.relay.Unfollow(p, conversation)
	}
	p.hub.bus.ScreenClosed(p.site.Org)
}

func (p *panel) write(f frames.Out) { p.socket.Send(frames.Marshal(f)) }

func (p *panel) refuse(id uuid.UUID, err error, doing string) {
	out := frames.NewRefused(err, doing)
	if id != uuid.Nil {
		out.ID = id.String()
	}
	p.write(out)
}

// Received handles one frame. Frames of one socket come one after another.
func (p *panel) Received(raw []byte) {
	f, id, err := frames.DecodePanel(raw)
	hello, isHello := f.(frames.Hello)
	p.mu.Lock()
	helloReceived, closed, unconfirmed := p.visitor.Valid(), p.closed, p.unconfirmed
	p.mu.Unlock()
	switch {
	case closed: // it is turned away
		return
	case err != nil:
	case isHello && helloReceived:
		id, err = uuid.Nil, fail.New(fail.Invalid, "This socket has said hello already.")
	case isHello:
		id, err = uuid.Nil, hello.Check()
	case !helloReceived:
		err = fail.New(fail.Unauthenticated, "Say hello first.")
	case unconfirmed: // if the answer is lost, what it said would be said by two visitors
		err = fail.New(fail.Unauthenticated, "Say hello alone first, and then this with the token of its welcome.")
	default:
		err = f.Check()
	}
	if err != nil {
		p.refuse(id, err, "")
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	p.handle(ctx, f)
}

// handle does what a frame asks for.
func (p *panel) handle(ctx context.Context, f frames.Panel) {
	switch f := f.(type) {
	case frames.Hello:
		p.handleHello(ctx, f)
	case frames.Send:
		p.handleSend(ctx, f)
	case frames.Typing:
		p.handleTyping(f)
	case frames.Contact:
		p.handleContact(ctx, f)
	case frames.About:
		p.handleAbout(ctx, f)
	case frames.Seen:
		p.handleSeen(ctx, f)
	case frames.End:
		p.handleEnd(ctx, f)
	case frames.Rate:
		p.handleRate(ctx, f)
	case frames.Transcript:
		p.handleTranscript(ctx, f)
	default:
		panic(fmt.Sprintf("live: no handler for %T", f))
	}
}

// followNew says that something was said in a conversation of the visitor's. It reports whether the panel begins to follow it.
func (p *panel) followNew(conversation uuid.UUID) bool {
	return p.readyToFollow() && p.switchTo(conversation)
}

// readyToFollow reports whether the welcome is written. If not, it will look for what was missed.
func (p *panel) readyToFollow() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.missedEvent = p.missedEvent || !p.welcomed
	return p.welcomed
}

// revalidate closes the panel if its website's settings or domains are no longer those it was opened with.
func (p *panel) revalidate() bool {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	site, err := p.hub.org.LookUpWebsite(ctx, p.site.Key, p.origin.Value())
	if fail.As(err) != nil || err == nil && (site.TypingPreview != p.site.TypingPreview || !slices.EqualFunc(site.Groups, p.site.Groups,
		func(a, b org.WebsiteGroup) bool { return a.Group == b.Group })) { // refused, or changed; else not known now
		p.socket.Close(wire.Restart, "settings changed")
		return false
	}
	return true
}

// cleanName is clip for what somebody is called: without characters that nobody sees or that turn around the text beside them.
func cleanName(s string, max int) string {
	clean, err := validate.OptionalName("", s, 1<<20)
	if err != nil {
		return ""
	}
	return frames.Clip(clean, max)
}

// switchTo follows a conversation that has begun, here or in another tab, from its beginning, and reports whether it did not
// before.
func (p *panel) switchTo(conversation uuid.UUID) bool {
	p.mu.Lock()
	before := p.conversation
	// Ids are made when a conversation begins and rise with time (UUIDv7): an older one is never turned back to.
	if p.closed || bytes.Compare(conversation[:], before[:]) <= 0 {
		p.mu.Unlock()
		return false
	}
	p.conversation = conversation
	p.mu.Unlock()
	if before != uuid.Nil { // its last words first
		p.hub.relay.CatchUp(before)
		time.AfterFunc(5*time.Second, func() { p.hub.relay.Unfollow(p, before) })
	}
	p.hub.relay.Follow(p, conversation, 0)
	p.mu.Lock()
	closed := p.closed // closed meanwhile
	p.mu.Unlock()
	if closed {
		p.hub.relay.Unfollow(p, conversation)
	}
	return !closed
}

// findConversation looks for a conversation that another process may have begun.
func (p *panel) findConversation() {
	if !p.readyToFollow() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, found, err := p.hub.conversations.CurrentOfVisitor(ctx, p.Viewer())
	switch {
	case err != nil:
		p.socket.Close(wire.TryAgain, "try again")
	case found:
		p.switchTo(c.ID)
		p.hub.relay.CatchUp(c.ID)
	}
}
