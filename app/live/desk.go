package live

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/chat"
	"parley/app/fail"
	"parley/app/live/wire"
	view "parley/templates/desk"
)

// desk is one agent's screen: one socket of one tab.
type desk struct {
	hub    *Hub
	actor  access.Actor
	login  string // the log-in session
	still  func() bool
	socket *wire.Socket

	drawing sync.Mutex // one refresh after another, so that an older state never follows a newer
	counted bool       // against the limits; written before and read after it is open
	greeted bool       // read and written by the socket's reading goroutine only
	due     *time.Timer

	mu        sync.Mutex
	ready     bool                 // the screen has been brought up to date; changed under the floor's lock too
	waiting   [][]byte             // what came before that
	pending   map[uuid.UUID]change // how conversations have changed before that: newer than what is being read, or known by then
	revisited map[uuid.UUID]bool   // conversations whose participants have changed before that
	following map[uuid.UUID]struct{}
	visiting  map[uuid.UUID]bool // of them, those of others in which it is a guest; true: it may write to the visitor
	lines     chat.Lines         // that it sees
	typedAt   time.Time

	listed   map[uuid.UUID]struct{} // conversations whose entries the screen shows
	head     queueHead              // of them, those of its queues
	saidMore int                    // how many more the screen says there are
	light    map[uuid.UUID]bool     // panes that were light when the screen was last brought up to date
	awaited  map[uuid.UUID]struct{} // conversations that it has offered, to hear what becomes of them
}

// ServeDesk upgrades a request of somebody who may answer, and returns when the socket closes. login is the key of the
// log-in session; still says whether that log-in is good at the time of asking.
func (h *Hub) ServeDesk(w http.ResponseWriter, r *http.Request, actor access.Actor, login string, still func() bool) error {
	if h.isDraining() {
		return ErrDraining
	}
	if !actor.May(access.Answer) {
		return fail.New(fail.Forbidden, "Your role does not allow sitting at the desk.")
	}
	return h.desks.Serve(w, r, &desk{hub: h, actor: actor, login: login, still: still,
		pending: map[uuid.UUID]change{}, revisited: map[uuid.UUID]bool{}, following: map[uuid.UUID]struct{}{}, visiting: map[uuid.UUID]bool{},
		listed: map[uuid.UUID]struct{}{}, head: queueHead{most: chat.LineShown}, light: map[uuid.UUID]bool{}, awaited: map[uuid.UUID]struct{}{}})
}

func (d *desk) who() access.Actor  { return d.actor }
func (d *desk) line() *wire.Socket { return d.socket }
func (d *desk) session() string    { return d.login }
func (d *desk) end()               { d.socket.Close(wire.Gone, "logged out") }

func (d *desk) allowed() bool { return d.still() }

func (d *desk) Opened(s *wire.Socket) {
	d.socket = s
	if d.counted = d.hub.enterStaff(d.actor, s); !d.counted {
		return
	}
	d.due = time.AfterFunc(greetingDue, func() { s.Close(wire.TryAgain, "no hello") })
	add(&d.hub.mu, d.hub.staff, d.actor.ID(), staffScreen(d))
	d.hub.bus.Join(d.actor.Org())
	d.hub.joinFloor(d)
	d.hub.queue.Enter(d.actor)
	if d.hub.DeskOpened != nil {
		d.hub.DeskOpened(d.actor.Org())
	}
	if !d.still() { // ended between the look and now
		d.end()
	}
}

func (d *desk) Closed() {
	if !d.counted {
		return
	}
	d.hub.gauges.leaveStaff(d.actor, d.socket)
	d.due.Stop()
	remove(&d.hub.mu, d.hub.staff, d.actor.ID(), staffScreen(d))
	d.hub.leaveFloor(d)
	d.hub.queue.Exit(d.actor)
	d.hub.bus.Leave(d.actor.Org())
	d.mu.Lock()
	followed := slices.Collect(maps.Keys(d.following))
	d.mu.Unlock()
	for _, id := range followed {
		d.hub.leave(d, id)
	}
}

// follow shows a conversation's messages on this desk from a cursor on; the caller has checked the right to.
func (d *desk) follow(conversation uuid.UUID, cursor int) {
	d.mu.Lock()
	d.following[conversation] = struct{}{}
	d.mu.Unlock()
	d.hub.follow(d, conversation, cursor)
}

func (d *desk) follows(conversation uuid.UUID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, there := d.following[conversation]
	return there
}

func (d *desk) leave(conversation uuid.UUID) {
	d.mu.Lock()
	delete(d.following, conversation)
	delete(d.light, conversation)
	d.mu.Unlock()
	d.hub.leave(d, conversation)
}

// sees says how a conversation shows on this desk.
func (d *desk) sees(c chat.Conversation, now time.Time) view.Seen {
	d.mu.Lock()
	defer d.mu.Unlock()
	offer := c.OfferedNow(now)
	_, guest := d.visiting[c.ID]
	switch {
	case !chat.Sees(d.actor, c, chat.Part{Participant: guest, Queue: d.lines.Has(c.Group)}, offer):
		return view.Seen{}
	case c.Agent == d.actor.ID():
		return view.Seen{Mine: true}
	}
	return view.Seen{Guest: guest, Offered: offer == d.actor.ID(), Line: c.State == chat.Waiting && (offer == d.actor.ID() || offer == uuid.Nil)}
}

// list sends an entry's new state to the screen that shows it, or is to show it from now on; draw is called if it is. A screen that does
// not is told nothing. It reports whether the list of the queues is cut.
func (d *desk) list(c chat.Conversation, seen view.Seen, draw func() []byte) (cut bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, was := d.listed[c.ID]
	shown := (seen.Mine || seen.Guest) && c.State != chat.Closed || seen.Line
	dropped := uuid.Nil
	if seen.Line && !seen.Offered && !seen.Guest {
		shown, dropped = d.head.put(placeOf(c))
	} else {
		d.head.remove(c.ID)
	}
	switch {
	case shown:
		d.listed[c.ID] = struct{}{}
		d.sendLocked(draw())
	case was && seen.Line: // it has moved behind the cut, perhaps from this agent
		delete(d.listed, c.ID)
		d.sendLocked(html(view.Entry(c, view.Seen{}, time.Time{})))
	case was:
		delete(d.listed, c.ID)
		d.sendLocked(draw())
	}
	d.dropLocked(dropped)
	if d.saidMore == 0 { // how many they are is read; that they are, is said at once
		d.sayMoreLocked()
	}
	return d.head.more > 0
}

// await notes whether the screen waits to hear what becomes of a conversation that its agent has offered.
func (d *desk) await(conversation uuid.UUID, waits bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if waits {
		d.awaited[conversation] = struct{}{}
	} else {
		delete(d.awaited, conversation)
	}
}

func (d *desk) awaits(conversation uuid.UUID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, waits := d.awaited[conversation]
	return waits
}

// visits notes whether the agent is a guest in a conversation, and what it may; it reports whether it became or ceased to be one.
func (d *desk) visits(conversation uuid.UUID, guest, mayWrite bool) (changed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, was := d.visiting[conversation]
	if guest {
		d.visiting[conversation] = mayWrite
	} else {
		delete(d.visiting, conversation)
	}
	return was != guest
}

// deskFrame is every frame a desk may send: "hello" with the cursors of the threads on the page, after every opening of the
// socket, "typing", "seen" (up to a message), and "alive", a sign of life. Everything durable comes by HTTP.
type deskFrame struct {
	Type         string            `json:"type"`
	Threads      map[uuid.UUID]int `json:"threads"`
	Light        map[uuid.UUID]int `json:"light"` // likewise, of the panes that are not loaded
	Conversation uuid.UUID         `json:"conversation"`
	Seq          int               `json:"seq"`
}

func (d *desk) Received(raw []byte) {
	if !d.counted { // it is being told that there is no room
		return
	}
	var in deskFrame
	if err := json.Unmarshal(raw, &in); err != nil {
		d.say(view.Trouble("This page sent something unreadable. Please reload it."))
		return
	}
	handle, known := deskFrames[in.Type]
	if !known {
		d.say(view.Trouble("This page is from another version. Please reload it."))
		return
	}
	handle(d, in)
}

// deskFrames is every frame that a desk may send.
var deskFrames = map[string]func(*desk, deskFrame){
	"hello":  (*desk).hello,
	"typing": (*desk).types,
	"alive":  (*desk).alive,
	"seen":   (*desk).seen,
}

// threadsShown is how many conversations one page may ask about.
const threadsShown = 1200

// Frames names every frame that the panels' and the desks' sockets take.
func Frames() (panels, desks []string) {
	return slices.Sorted(maps.Keys(panelFrames)), slices.Sorted(maps.Keys(deskFrames))
}

func (d *desk) hello(in deskFrame) {
	if d.greeted {
		d.say(view.Trouble("This page sent something unexpected. Please reload it."))
		return
	}
	d.greeted = true
	d.due.Stop()
	shown := &shownPanes{in.Threads, in.Light}
	if shown.whole == nil || len(in.Threads)+len(in.Light) > threadsShown { // more than a page says: as if it showed nothing
		shown.whole, shown.light = map[uuid.UUID]int{}, map[uuid.UUID]int{}
	}
	for _, cursors := range []map[uuid.UUID]int{shown.whole, shown.light} {
		for id, after := range cursors {
			cursors[id] = max(0, after)
		}
	}
	d.refresh(shown)
}

// say sends a fragment, after the screen has first been brought up to date.
func (d *desk) say(c templ.Component) { d.sendRaw(html(c)) }

func (d *desk) sendRaw(frame []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sendLocked(frame)
}

func (d *desk) sendLocked(frame []byte) {
	switch {
	case d.ready:
		d.socket.Send(frame)
	case len(d.waiting) < 1000:
		d.waiting = append(d.waiting, frame)
	default:
		d.socket.GiveUp() // never skip silently: the screen comes back and catches up
	}
}

// now sends a fragment at once.
func (d *desk) now(c templ.Component) { d.socket.Send(html(c)) }

func (d *desk) show(conversation uuid.UUID, messages []chat.Message) {
	d.say(view.Messages(conversation, messages))
}

func (d *desk) visitorTypes(conversation uuid.UUID, text string) {
	d.say(view.Typing(conversation, text))
}

func (d *desk) types(in deskFrame) {
	d.mu.Lock()
	now := time.Now()
	quick := now.Sub(d.typedAt) < typingGap
	if !quick {
		d.typedAt = now
	}
	d.mu.Unlock()
	if quick || !d.mayWriteIn(in.Conversation) {
		return
	}
	d.hub.bus.Publish(bus.Event{Kind: bus.Typing, Org: d.actor.Org(), Conversation: in.Conversation, User: d.actor.ID()})
}

// seen notes how far the agent has read one of its conversations.
func (d *desk) seen(in deskFrame) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := d.hub.chat.Seen(ctx, d.actor, in.Conversation, in.Seq); err != nil {
		slog.Warn("note what an agent has read", "error", err)
	}
}

// alive takes the agent's sign of life.
func (d *desk) alive(deskFrame) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := d.hub.queue.Alive(ctx, d.actor); err != nil {
		slog.Warn("an agent's sign of life", "error", err)
	}
	d.status()
}

// status shows the agent's own availability as it is now. One is read and shown after another, so that the last one shown is the newest.
func (d *desk) status() {
	d.drawing.Lock()
	defer d.drawing.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if a, err := d.hub.queue.Mine(ctx, d.actor); err == nil {
		d.say(view.StatusOf(a))
	}
}

// mayWriteIn reports whether the agent may write to the visitor of a conversation on this desk.
func (d *desk) mayWriteIn(conversation uuid.UUID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, shown := d.following[conversation]
	may, guest := d.visiting[conversation]
	return shown && (may || !guest)
}

func html(c templ.Component) []byte {
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		slog.Error("draw a fragment", "error", err)
	}
	return b.Bytes()
}
