package queue

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/bus"
	"parley/app/chat"
	"parley/app/pg"
	"parley/app/queue/internal/queuedb"
)

// Room is the place of groups, agents' availability and routing.
type Room struct {
	db   *pg.DB
	bus  *bus.Bus
	chat *chat.Room
	here *here

	mu      sync.Mutex
	stopped bool
	orgs    map[uuid.UUID]*attention
	typing  map[uuid.UUID]typing // by conversation
	config  map[uuid.UUID]config // by organization
	changes int                  // of configs
	looking map[uuid.UUID]bool   // organizations whose config is being read
	rounds  sync.WaitGroup

	openings openings

	// OnRound, if set before the first round, is told of every one.
	OnRound func(Round)
}

// Round is one round of decisions, for whoever measures.
type Round struct {
	Org      uuid.UUID
	Took     time.Duration
	Assigned int
	Err      error
}

// typing is who wrote in a conversation last, and when.
type typing struct {
	user uuid.UUID
	at   time.Time
}

// attention is what this process knows of an organization's routing.
type attention struct {
	running bool
	again   bool // somebody asked for another round meanwhile
	line    bool // somebody waits, as far as is known here
	slow    bool // the timer runs for long: to when something opens or ends
	came    bool // such a timer has run out
	timer   *time.Timer
	due     time.Time
}

// New returns the room. It hears what happens and decides from now on.
func New(db *pg.DB, b *bus.Bus, chats *chat.Room) *Room {
	r := &Room{db: db, bus: b, chat: chats, orgs: map[uuid.UUID]*attention{}, typing: map[uuid.UUID]typing{},
		config: map[uuid.UUID]config{}, looking: map[uuid.UUID]bool{}}
	r.here = newHere(r)
	chats.Beside = learnBeside
	b.Subscribe(r)
	return r
}

// learnBeside adds to the transaction of messages what is learned from them.
func learnBeside(ctx context.Context, t *pg.Tenant, begun []uuid.UUID, replied []chat.Reply) (read []func() error) {
	q := queuedb.New(t)
	result := func(results interface {
		Query(func(int, []uuid.UUID, error))
	}) {
		read = append(read, func() (failed error) {
			results.Query(func(_ int, _ []uuid.UUID, err error) { failed = err })
			return failed
		})
	}
	if len(begun) > 0 {
		result(q.Arrive(ctx, [][]uuid.UUID{begun}))
	}
	if len(replied) > 0 {
		var p queuedb.LearnParams
		for _, m := range replied {
			p.ConversationIds, p.MessageIds = append(p.ConversationIds, m.Conversation), append(p.MessageIds, m.Message)
		}
		result(q.Learn(ctx, []queuedb.LearnParams{p}))
	}
	return read
}

// Heard decides anew where something happened that a decision could depend on. What happened in another process was decided
// on there; here it is only looked after, if an agent sits here.
func (r *Room) Heard(events []bus.Event) {
	for _, e := range events {
		switch e.Kind {
		case bus.Groups:
			r.forget(e.Org)
			r.openings.forget(e.Org)
			r.Trigger(e.Org)
		case bus.Agent, bus.Line: // another process that decided on it may be gone by now
			if r.here.sits(e.Org) {
				r.wake(e.Org, every)
			}
		case bus.Typing:
			if e.User != uuid.Nil {
				r.types(e.Conversation, e.User)
			}
		case bus.Said:
			if s, ours := e.Local.(chat.Said); ours {
				r.said(e.Org, s)
			} else if r.here.sits(e.Org) {
				if e.User == uuid.Nil {
					r.note(e.Org, true)
					r.wake(e.Org, every)
				} else {
					r.wake(e.Org, takeAfter*time.Second)
				}
			}
		}
	}
}

// Gap looks after every organization that an agent sits here for.
func (r *Room) Gap(only uuid.UUID) {
	if only == uuid.Nil {
		r.mu.Lock()
		clear(r.config)
		r.changes++
		r.mu.Unlock()
		r.openings.forget(uuid.Nil)
	}
	for _, org := range r.here.orgs() {
		if only == uuid.Nil || org == only {
			r.Trigger(org)
		}
	}
}

func (r *Room) said(org uuid.UUID, s chat.Said) {
	text := s.Spoken()
	switch {
	case s.In.State == chat.Waiting && (!text || s.Seq == 1):
		r.note(org, true)
		r.Trigger(org)
		r.moved(org)
	case s.In.State == chat.Waiting:
	case s.In.State == chat.Open && s.Kind == chat.System:
		r.moved(org)
	case s.In.State == chat.Closed, text && s.Author == chat.ByAgent:
		if r.lineKnown(org) {
			r.Trigger(org)
		}
		if s.In.State == chat.Closed {
			r.moved(org)
		}
	case text:
		r.wake(org, takeAfter*time.Second)
	}
}

// moved tells every process that the lines of an organization are other than they were.
func (r *Room) moved(org uuid.UUID) { r.bus.Publish(bus.Event{Kind: bus.Line, Org: org}) }

func (r *Room) types(conversation, user uuid.UUID) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.typing) > 1000 {
		for c, last := range r.typing {
			if now.Sub(last.at) > typingLasts {
				delete(r.typing, c)
			}
		}
	}
	r.typing[conversation] = typing{user, now}
}

// typingLasts is how long an agent counts as writing after a key.
const typingLasts = 10 * time.Second

func (r *Room) attend(org uuid.UUID) *attention {
	a := r.orgs[org]
	if a == nil {
		a = &attention{}
		r.orgs[org] = a
	}
	return a
}

func (r *Room) note(org uuid.UUID, line bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.attend(org).line = line
}

func (r *Room) lineKnown(org uuid.UUID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.orgs[org]
	return a == nil || a.line // what is not known may be
}

// attentionKept is how many organizations are remembered, beyond those that need it.
const attentionKept = 10000

// every is how often a line that nobody could take from is looked at again.
const every = 3 * time.Second

// wake sees to it that an organization is looked after within a time.
func (r *Room) wake(org uuid.UUID, within time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return
	}
	a, due := r.attend(org), time.Now().Add(within)
	if a.timer != nil && !a.due.After(due) {
		return
	}
	if a.timer != nil {
		a.timer.Stop()
	}
	a.due, a.slow = due, within > 2*every
	a.timer = time.AfterFunc(within, func() { r.start(org, true) })
}

// Trigger has the organization's next decisions made, soon, beside. Asked while a round is under way, one more follows.
func (r *Room) Trigger(org uuid.UUID) { r.start(org, false) }

func (r *Room) start(org uuid.UUID, timed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return
	}
	a := r.attend(org)
	if a.timer != nil {
		a.timer.Stop()
		a.timer = nil
	}
	a.came = a.came || timed && a.slow
	a.slow = false
	if a.running {
		a.again = true
		return
	}
	a.running = true
	r.rounds.Add(1)
	go r.work(org, a, timed)
}

// work does rounds until nobody asks for another.
func (r *Room) work(org uuid.UUID, a *attention, timed bool) {
	defer r.rounds.Done()
	for failures := 0; ; {
		next, line, err := r.guarded(org, timed)
		r.mu.Lock()
		if err != nil && !r.stopped {
			failures++
			slog.Warn("routing", "organization", org, "error", err)
			next = min(time.Duration(failures)*time.Second, 10*time.Second)
		} else {
			a.line = line
		}
		if a.again && !r.stopped && err == nil {
			a.again = false
			r.mu.Unlock()
			timed = false
			continue
		}
		a.running, a.again = false, false
		if len(r.orgs) > attentionKept {
			for id, o := range r.orgs {
				if !o.running && o.timer == nil {
					delete(r.orgs, id)
				}
			}
		}
		came := a.came
		a.came = false
		r.mu.Unlock()
		if came && line { // a group may have opened by the clock
			r.moved(org)
		}
		if next > 0 {
			r.wake(org, next)
		}
		return
	}
}

// Run says of this process that it lives while desks are open here, until ctx ends; then no more decisions are made here.
func (r *Room) Run(ctx context.Context) error {
	r.here.run(ctx)
	r.mu.Lock()
	r.stopped = true
	for _, a := range r.orgs {
		if a.timer != nil {
			a.timer.Stop()
		}
	}
	r.mu.Unlock()
	r.rounds.Wait()
	r.here.leave()
	return nil
}
