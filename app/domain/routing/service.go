package routing

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/routing/internal/routingdb"
	"parley/app/platform/bus"
	"parley/app/platform/pg"
)

// Service is the place of groups, agents' availability and routing.
type Service struct {
	db            *pg.DB
	bus           *bus.Bus
	conversations *conversation.Service
	connections   *connections

	mu           sync.Mutex
	stopped      bool
	schedules    map[uuid.UUID]*schedule
	typing       map[uuid.UUID]lastTyping // by conversation
	names        map[uuid.UUID]nameCache  // by organization
	namesVersion int                      // of configs
	loadingNames map[uuid.UUID]bool       // organizations whose config is being read
	rounds       sync.WaitGroup

	websiteAvailability availabilityCache

	// OnRound, if set before the first round, is told of every one.
	OnRound func(Round)
}

// Round is one round of decisions, for whoever measures.
type Round struct {
	Org      uuid.UUID
	Duration time.Duration
	Assigned int
	Err      error
}

// lastTyping is who wrote in a conversation last, and when.
type lastTyping struct {
	user uuid.UUID
	at   time.Time
}

// schedule is what this process knows of an organization's routing.
type schedule struct {
	running      bool
	again        bool // somebody asked for another round meanwhile
	waiting      bool // somebody waits, as far as is known here
	longWait     bool // the timer runs for long: to when something opens or ends
	longWaitOver bool // such a timer has run out
	timer        *time.Timer
	due          time.Time
}

// New returns the room. It hears what happens and decides from now on.
func New(db *pg.DB, b *bus.Bus, conversations *conversation.Service) *Service {
	s := &Service{db: db, bus: b, conversations: conversations, schedules: map[uuid.UUID]*schedule{}, typing: map[uuid.UUID]lastTyping{},
		names: map[uuid.UUID]nameCache{}, loadingNames: map[uuid.UUID]bool{}}
	s.connections = newConnections(s)
	b.Subscribe(s)
	return s
}

// LearnAlongside queues what routing learns from messages, in the transaction that stores them: arrivals, and how long agents take to reply. It
// is given to conversation.New.
func LearnAlongside(ctx context.Context, t *pg.Tenant, started []uuid.UUID, replies []conversation.Reply) (read []func() error) {
	q := routingdb.New(t)
	result := func(results interface {
		Query(func(int, []uuid.UUID, error))
	}) {
		read = append(read, func() (failed error) {
			results.Query(func(_ int, _ []uuid.UUID, err error) { failed = err })
			return failed
		})
	}
	if len(started) > 0 {
		result(q.CountArrivals(ctx, [][]uuid.UUID{started}))
	}
	if len(replies) > 0 {
		var p routingdb.LearnReplyTimesParams
		for _, m := range replies {
			p.ConversationIds, p.MessageIds = append(p.ConversationIds, m.Conversation), append(p.MessageIds, m.Message)
		}
		result(q.LearnReplyTimes(ctx, []routingdb.LearnReplyTimesParams{p}))
	}
	return read
}

// HandleEvents decides anew where something happened that a decision could depend on. What happened in another process was decided
// on there; here it is only looked after, if an agent sits here.
func (r *Service) HandleEvents(events []bus.Event) {
	for _, e := range events {
		switch e.Kind {
		case bus.Groups:
			r.forgetNames(e.Org)
			r.websiteAvailability.forget(e.Org)
			r.Trigger(e.Org)
		case bus.Availability, bus.Queue: // another process that decided on it may be gone by now
			if r.connections.hasAgents(e.Org) {
				r.runWithin(e.Org, retryInterval)
			}
		case bus.Typing:
			if e.User != uuid.Nil {
				r.recordTyping(e.Conversation, e.User)
			}
		case bus.Conversation:
			if s, ours := e.Local.(conversation.MessageEvent); ours {
				r.conversationChanged(e.Org, s)
			} else if r.connections.hasAgents(e.Org) {
				if e.User == uuid.Nil {
					r.setWaiting(e.Org, true)
					r.runWithin(e.Org, retryInterval)
				} else {
					r.runWithin(e.Org, requeueAfter*time.Second)
				}
			}
		}
	}
}

// Resync looks after every organization that an agent sits here for.
func (s *Service) Resync(only uuid.UUID) {
	if only == uuid.Nil {
		s.mu.Lock()
		clear(s.names)
		s.namesVersion++
		s.mu.Unlock()
		s.websiteAvailability.forget(uuid.Nil)
	}
	for _, org := range s.connections.orgs() {
		if only == uuid.Nil || org == only {
			s.Trigger(org)
		}
	}
}

func (s *Service) conversationChanged(org uuid.UUID, posted conversation.MessageEvent) {
	text := posted.IsContent()
	switch {
	case posted.Snapshot.State == conversation.Waiting && (!text || posted.Seq == 1):
		s.setWaiting(org, true)
		s.Trigger(org)
		s.publishQueueChanged(org)
	case posted.Snapshot.State == conversation.Waiting:
	case posted.Snapshot.State == conversation.Open && posted.Kind == conversation.System:
		s.publishQueueChanged(org)
	case posted.Snapshot.State == conversation.Closed, text && posted.Author == conversation.ByAgent:
		if s.mayHaveWaiting(org) {
			s.Trigger(org)
		}
		if posted.Snapshot.State == conversation.Closed {
			s.publishQueueChanged(org)
		}
	case text:
		s.runWithin(org, requeueAfter*time.Second)
	}
}

// publishQueueChanged tells every process that the lines of an organization are other than they were.
func (s *Service) publishQueueChanged(org uuid.UUID) {
	s.bus.Publish(bus.Event{Kind: bus.Queue, Org: org})
}

func (s *Service) recordTyping(conversationID, userID uuid.UUID) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.typing) > 1000 {
		for c, last := range s.typing {
			if now.Sub(last.at) > typingTimeout {
				delete(s.typing, c)
			}
		}
	}
	s.typing[conversationID] = lastTyping{userID, now}
}

// typingTimeout is how long an agent counts as writing after a key.
const typingTimeout = 10 * time.Second

func (s *Service) scheduleOf(org uuid.UUID) *schedule {
	a := s.schedules[org]
	if a == nil {
		a = &schedule{}
		s.schedules[org] = a
	}
	return a
}

func (s *Service) setWaiting(org uuid.UUID, waiting bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scheduleOf(org).waiting = waiting
}

func (s *Service) mayHaveWaiting(org uuid.UUID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.schedules[org]
	return a == nil || a.waiting // what is not known may be
}

// maxSchedules is how many organizations are remembered, beyond those that need it.
const maxSchedules = 10000

// retryInterval is how often a line that nobody could take from is looked at again.
const retryInterval = 3 * time.Second

// runWithin sees to it that an organization is looked after within a time.
func (s *Service) runWithin(org uuid.UUID, within time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	a, due := s.scheduleOf(org), time.Now().Add(within)
	if a.timer != nil && !a.due.After(due) {
		return
	}
	if a.timer != nil {
		a.timer.Stop()
	}
	a.due, a.longWait = due, within > 2*retryInterval
	a.timer = time.AfterFunc(within, func() { s.startRounds(org, true) })
}

// Trigger has the organization's next decisions made, soon, beside. Asked while a round is under way, one more follows.
func (s *Service) Trigger(org uuid.UUID) { s.startRounds(org, false) }

func (s *Service) startRounds(org uuid.UUID, timed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	a := s.scheduleOf(org)
	if a.timer != nil {
		a.timer.Stop()
		a.timer = nil
	}
	a.longWaitOver = a.longWaitOver || timed && a.longWait
	a.longWait = false
	if a.running {
		a.again = true
		return
	}
	a.running = true
	s.rounds.Add(1)
	go s.runRounds(org, a, timed)
}

// runRounds does rounds until nobody asks for another.
func (s *Service) runRounds(org uuid.UUID, a *schedule, timed bool) {
	defer s.rounds.Done()
	for failures := 0; ; {
		next, waiting, err := s.roundWithRetries(org, timed)
		s.mu.Lock()
		if err != nil && !s.stopped {
			failures++
			slog.Warn("routing", "organization", org, "error", err)
			next = min(time.Duration(failures)*time.Second, 10*time.Second)
		} else {
			a.waiting = waiting
		}
		if a.again && !s.stopped && err == nil {
			a.again = false
			s.mu.Unlock()
			timed = false
			continue
		}
		a.running, a.again = false, false
		if len(s.schedules) > maxSchedules {
			for id, o := range s.schedules {
				if !o.running && o.timer == nil {
					delete(s.schedules, id)
				}
			}
		}
		longWaitOver := a.longWaitOver
		a.longWaitOver = false
		s.mu.Unlock()
		if longWaitOver && waiting { // a group may have opened by the clock
			s.publishQueueChanged(org)
		}
		if next > 0 {
			s.runWithin(org, next)
		}
		return
	}
}

// Run says of this process that it lives while desks are open here, until ctx ends; then no more decisions are made here.
func (s *Service) Run(ctx context.Context) error {
	s.connections.run(ctx)
	s.mu.Lock()
	s.stopped = true
	for _, a := range s.schedules {
		if a.timer != nil {
			a.timer.Stop()
		}
	}
	s.mu.Unlock()
	s.rounds.Wait()
	s.connections.close()
	return nil
}
