package live

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"reflect"
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

// panel is one open chat panel: one socket, or one poll, of one visitor. Its frames are in widget/PROTOCOL.md. There
// are very many panels, so what many of them have in common is stored once, and what few of them need is allocated when
// it is needed.
type panel struct {
	hub        *Hub
	site       *org.WidgetWebsite
	address    string                // the network it counts as
	origin     unique.Handle[string] // of the page, as the browser says
	agent      unique.Handle[string] // the browser's User-Agent
	country    unique.Handle[string] // of its address, if it is known
	socket     *wire.Socket
	helloTimer *time.Timer // closes the socket if no hello comes
	rejection  error       // why it may not stay open; nil: it may
	nextPanel  *panel      // of the same visitor; guarded by Hub.mu

	mu           sync.Mutex
	visitor      access.Actor // valid after hello
	welcomed     bool         // the welcome is sent: other frames may follow
	missedEvent  bool         // an event came before that
	closed       bool         // the socket is closed
	acknowledged bool         // the acknowledgement of sending is sent
	isPoll       bool         // it is one poll, not a socket
	// its visitor is new, and made by this poll: a client that does not get the answer will be another visitor
	unconfirmed           bool
	isWaiting             bool      // its conversation waits for an agent
	sentPosition          string    // the frame with the queue position that it was sent last
	conversation          uuid.UUID // that it follows; zero: none
	sending               uuid.UUID // message that is being stored for this panel; zero: none
	page                  visitorPage
	ackedEarly            map[uuid.UUID]struct{} // messages that were acknowledged before ShowMessages came to them
	lastTypingAt          time.Duration          // since the process started
	lastContextAt         time.Duration          // likewise: the last about frame
	readConversation      uuid.UUID              // conversation whose reading it has reported last,
	readSeq               int                    // and up to which message
	agentReadConversation uuid.UUID              // conversation of which it was told last how far the agent has read,
	agentReadSeq          int                    // and up to which message
	postponed             *postponed             // message that is to come again; nil: none
}

// visitorPage is the page that a panel is on. There are few different pages and languages: each text is stored once.
type visitorPage struct{ url, title, referrer, language unique.Handle[string] }

func (h *Hub) newPanel(r *http.Request, site *org.WidgetWebsite, address string, s *wire.Socket, rejection error) *panel {
	return &panel{
		hub:       h,
		site:      site,
		address:   clientnet.Of(address),
		socket:    s,
		isPoll:    s.IsPoll(),
		rejection: rejection,
		origin:    unique.Make(r.Header.Get("Origin")),
		agent:     unique.Make(frames.Clip(r.UserAgent(), 400)),
		country:   unique.Make(h.country(address)),
	}
}

// ServePanel upgrades a request of a panel and returns at once. The caller has checked the website and the origin.
// fail.Busy if it cannot be opened now.
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

// maxRejectedSockets is how many panels may be open at once only to be told why they are closed.
const maxRejectedSockets = 100

// releasePanelSocket no longer counts a socket that ServePanel has counted.
func (h *Hub) releasePanelSocket(site *org.WidgetWebsite, address string, rejection error) {
	if rejection != nil {
		h.rejectedSockets.Add(-1)
	} else {
		h.limiter.ReleaseSocket(address, site.ID)
	}
}

// Opened implements wire.Screen.
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

// Closed implements wire.Screen.
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

// refuse tells the panel why a frame (zero id: none) was refused. An error without words for people is logged with what was being done.
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
		id, err = uuid.Nil, fail.New(fail.Invalid, "This socket has already sent hello.")
	case isHello:
		id, err = uuid.Nil, hello.Check()
	case !helloReceived:
		err = fail.New(fail.Unauthenticated, "Send hello first.")
	case unconfirmed: // if the answer is lost, what it said would be said by two visitors
		err = fail.New(fail.Unauthenticated, "Send hello on its own first, then this frame with the token from the welcome frame.")
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

// readyToFollow reports whether the welcome is sent. If not, the panel looks after it for what it has missed.
func (p *panel) readyToFollow() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.readyToFollowLocked()
}

func (p *panel) readyToFollowLocked() bool {
	p.missedEvent = p.missedEvent || !p.welcomed
	return p.welcomed
}

// revalidate closes the panel if its website may no longer be used from its origin, or if settings have changed that it
// was opened with. It reports whether the panel stays open.
func (p *panel) revalidate() bool {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	site, err := p.hub.org.LookUpWebsite(ctx, p.site.Key, p.origin.Value())
	if fail.As(err) != nil || err == nil && (!reflect.DeepEqual(site.Settings, p.site.Settings) || !slices.EqualFunc(site.Groups, p.site.Groups,
		func(a, b org.WebsiteGroup) bool { return a.Group == b.Group })) { // refused, or changed; another error says nothing
		p.socket.Close(wire.Restart, "settings changed")
		return false
	}
	return true
}

// cleanName is frames.Clip for a name: it also removes characters that are invisible or change the direction of the text beside them.
func cleanName(s string, max int) string {
	clean, err := validate.OptionalName("", s, 1<<20)
	if err != nil {
		return ""
	}
	return frames.Clip(clean, max)
}

// switchTo has the panel follow a conversation that has begun, here or in another tab, from its first message. It
// reports whether it did not before. Before the welcome it follows nothing: the welcome says from where on.
func (p *panel) switchTo(conversation uuid.UUID) bool {
	p.mu.Lock()
	before := p.conversation
	// Ids rise with the time at which conversations begin (UUIDv7): the panel never goes back to an older one.
	if p.closed || !p.readyToFollowLocked() || bytes.Compare(conversation[:], before[:]) <= 0 {
		p.mu.Unlock()
		return false
	}
	p.conversation = conversation
	p.mu.Unlock()
	if before != uuid.Nil { // its last messages come first
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

// findConversation has the panel follow a conversation of its visitor that may have begun before the welcome.
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
