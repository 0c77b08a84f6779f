package routing

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/routing/internal/routingdb"
	"parley/app/platform/access"
)

// QueuePosition is a waiting conversation's place in line, as its visitor is told.
type QueuePosition struct {
	Position  int           // 1 is the next
	MinWait   time.Duration // the wait still to be expected is between
	MaxWait   time.Duration // these two, in four cases of five; Most 0: not known
	Unstaffed bool          // nobody is there who could answer, nor will be taken over from elsewhere
	OpensAt   time.Time     // when somebody will be; zero: not known
}

// ListQueuePositions returns the places of everybody in the organization's lines, by conversation.
func (r *Service) ListQueuePositions(ctx context.Context, org uuid.UUID) (map[uuid.UUID]QueuePosition, error) {
	q := routingdb.New(r.db.As(access.System(org, "tell visitors their place in line")))
	queue, err := q.ListQueue(ctx)
	if err != nil || len(queue) == 0 {
		return nil, err
	}
	l, err := loadSnapshot(ctx, q, routingdb.GetRoutingStateRow{Now: time.Now()})
	if err != nil {
		return nil, err
	}
	type key struct{ group, customer int }
	queues, before := map[key]*queueLoad{}, map[int]int{} // conversations counted so far, by group
	w := newPlanner(&l.State)
	anyLimited := slices.ContainsFunc(l.Agents, func(a Agent) bool { return a.Limited })
	positions := make(map[uuid.UUID]QueuePosition, len(queue))
	for _, c := range queue {
		at := key{indexOf(l.groupAt, &c.GroupID), -1}
		if at.group < 0 {
			continue
		}
		if anyLimited { // else everybody serves every customer
			at.customer = l.customerIndex(c.CustomerID)
		}
		g := queues[at]
		if g == nil {
			g = l.queueLoad(w, at.group, at.customer)
			queues[at] = g
		}
		s := QueuePosition{Position: 1}
		if !c.Offered {
			before[at.group]++
			s.Position = before[at.group]
		}
		if s.Unstaffed = g.unstaffed; s.Unstaffed {
			s.OpensAt = g.opensAt
		} else {
			s.MinWait, s.MaxWait = ExpectedWait(s.Position, g.free, g.open, g.duration)
		}
		positions[c.ID] = s
	}
	return positions, nil
}

// queueLoad is what a group's queue has before it, for one customer's conversations.
type queueLoad struct {
	free      int // that its agents could take now
	open      int // that they have
	duration  float64
	unstaffed bool
	opensAt   time.Time
}

func (l *snapshot) queueLoad(w *planner, group, customer int) *queueLoad {
	a := &queueLoad{duration: l.groupRows[group].ChatSeconds}
	now := time.Now()
	staffed := func(g int) bool {
		return l.hours[g].Open(now) && slices.ContainsFunc(w.groups[g].online, func(s candidate) bool { return l.Agents[s.agent].mayServe(customer) })
	}
	for _, s := range w.groups[group].online {
		if l.Agents[s.agent].Unresponsive || !l.Agents[s.agent].mayServe(customer) {
			continue
		}
		a.open += w.agents[s.agent].open
		if w.reasonAgainst(s, anyConversationOf(customer)) == "" && l.groupRows[group].Automatic {
			a.free += l.Agents[s.agent].MaxChats - w.agents[s.agent].open
		}
	}
	over := l.Groups[group].Overflow
	if a.unstaffed = !staffed(group) && (over < 0 || !staffed(over)); a.unstaffed && !l.hours[group].Open(now) {
		a.opensAt = l.hours[group].NextOpening(now)
	}
	return a
}

// ExpectedWait is the wait of the k-th in line, as a range that holds it in some four cases of five: of the talks
// that run, each ends after talk seconds on average, whatever it has lasted, so the k-th ends after a gamma-distributed time (Wilson and
// Hilferty's approximation of its quantiles). The range is a little wider than that, because neither figure is certain. Most
// is 0 when nothing runs that could end.
func ExpectedWait(k, free, open int, duration float64) (least, most time.Duration) {
	if k <= free {
		return 0, time.Minute
	}
	if open == 0 {
		return 0, 0
	}
	k -= free
	n := float64(k)
	mean := n * duration / float64(open)
	quantile := func(z float64) float64 {
		return mean * math.Pow(math.Max(0, 1-1/(9*n)+z/(3*math.Sqrt(n))), 3)
	}
	low, high := quantile(-1.5), quantile(1.5)
	return roundWait(low, math.Floor), max(time.Minute, roundWait(high, math.Ceil))
}

// roundWait makes a wait one that a person would say.
func roundWait(s float64, to func(float64) float64) time.Duration {
	step := 60.
	switch {
	case s > 3600:
		step = 900
	case s > 900:
		step = 300
	}
	return time.Duration(to(s/step)*step) * time.Second
}

// Whether somebody is there to answer.
const (
	AgentsAvailable = "online"  // somebody has room
	AgentsBusy      = "busy"    // all who are there have as many as they may
	AgentsAway      = "away"    // it is open, but nobody is there
	GroupsClosed    = "offline" // it is closed
)

// WebsiteAvailability is whether somebody is there for a website, and, where it is closed, when it opens (zero: not known).
type WebsiteAvailability struct {
	State   string // one of the words above
	OpensAt time.Time
}

// availabilityTTL is how long an opening is remembered: every page view may ask.
const availabilityTTL = 10 * time.Second

// GetWebsiteAvailability says whether somebody of the groups is there who serves the website's customer; of several the best counts.
func (s *Service) GetWebsiteAvailability(ctx context.Context, org, customer, website uuid.UUID, groups []uuid.UUID) (WebsiteAvailability, error) {
	now := time.Now()
	s.websiteAvailability.mu.Lock()
	known, there := s.websiteAvailability.byWebsite[website]
	changes := s.websiteAvailability.version
	s.websiteAvailability.mu.Unlock()
	if there && now.Before(known.expires) {
		return known.WebsiteAvailability, nil
	}
	q := routingdb.New(s.db.As(access.System(org, "say whether somebody is there")))
	l, err := loadSnapshot(ctx, q, routingdb.GetRoutingStateRow{Now: now})
	if err != nil {
		return WebsiteAvailability{State: AgentsAway}, err
	}
	best := WebsiteAvailability{State: GroupsClosed}
	rank := map[string]int{GroupsClosed: 0, AgentsAway: 1, AgentsBusy: 2, AgentsAvailable: 3}
	w := newPlanner(&l.State)
	for i, g := range l.groupRows {
		if !slices.Contains(groups, g.ID) {
			continue
		}
		o := l.websiteAvailability(w, i, l.customerIndex(customer), now)
		if rank[o.State] > rank[best.State] || o.State == best.State && best.OpensAt.IsZero() {
			best = o
		}
	}
	s.websiteAvailability.mu.Lock()
	defer s.websiteAvailability.mu.Unlock()
	if s.websiteAvailability.byWebsite == nil || len(s.websiteAvailability.byWebsite) > 20_000 {
		s.websiteAvailability.byWebsite = map[uuid.UUID]cachedAvailability{}
	}
	if s.websiteAvailability.version == changes { // else it may have been read before the change
		s.websiteAvailability.byWebsite[website] = cachedAvailability{best, org, now.Add(availabilityTTL)}
	}
	return best, nil
}

type availabilityCache struct {
	mu        sync.Mutex
	byWebsite map[uuid.UUID]cachedAvailability // by website
	version   int
}

// forget has the openings of an organization (the zero id: all of them) read anew when they are next asked for.
func (c *availabilityCache) forget(org uuid.UUID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version++
	for website, known := range c.byWebsite {
		if org == uuid.Nil || known.org == org {
			delete(c.byWebsite, website)
		}
	}
}

type cachedAvailability struct {
	WebsiteAvailability
	org     uuid.UUID
	expires time.Time
}

func (l *snapshot) websiteAvailability(w *planner, group, customer int, now time.Time) WebsiteAvailability {
	a := l.queueLoad(w, group, customer)
	switch {
	case a.unstaffed && !l.hours[group].Open(now):
		return WebsiteAvailability{GroupsClosed, a.opensAt}
	case a.unstaffed:
		return WebsiteAvailability{State: AgentsAway}
	}
	for _, g := range []int{group, l.Groups[group].Overflow} {
		if g < 0 {
			continue
		}
		for _, s := range w.groups[g].online {
			if x := &l.Agents[s.agent]; !x.Unresponsive && x.mayServe(customer) && w.agents[s.agent].open < x.MaxChats {
				return WebsiteAvailability{State: AgentsAvailable}
			}
		}
	}
	return WebsiteAvailability{State: AgentsBusy}
}
