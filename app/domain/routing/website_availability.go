package routing

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/routing/internal/routingdb"
	"parley/app/platform/access"
)

// The states of WebsiteAvailability. The widget knows the values.
const (
	AgentsAvailable = "online"  // an agent has free capacity
	AgentsBusy      = "busy"    // agents are online, each at capacity
	AgentsAway      = "away"    // a group is open, but no agent is online
	GroupsClosed    = "offline" // all groups are closed
)

// WebsiteAvailability says whether a visitor of a website would be answered now.
type WebsiteAvailability struct {
	State   string    // one of the states above
	OpensAt time.Time // when a group opens, of GroupsClosed; zero: not known
}

// GetWebsiteAvailability returns the best availability of some groups for a website and its customer, at most
// availabilityTTL old: every page view may ask.
func (s *Service) GetWebsiteAvailability(
	ctx context.Context, org, customer, website uuid.UUID, groups []uuid.UUID,
) (WebsiteAvailability, error) {
	now := time.Now()
	known, version, found := s.websiteAvailability.get(website, now)
	if found {
		return known, nil
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
		a := l.availabilityOf(w, i, l.customerIndex(customer), now)
		if rank[a.State] > rank[best.State] || a.State == best.State && best.OpensAt.IsZero() {
			best = a
		}
	}
	s.websiteAvailability.put(website, version, cachedAvailability{best, org, now.Add(availabilityTTL)})
	return best, nil
}

// availabilityOf returns the availability of one group for a customer.
func (l *snapshot) availabilityOf(w *planner, group, customer int, now time.Time) WebsiteAvailability {
	load := l.queueLoad(w, group, customer)
	switch {
	case load.unstaffed && !l.hours[group].Open(now):
		return WebsiteAvailability{GroupsClosed, load.opensAt}
	case load.unstaffed:
		return WebsiteAvailability{State: AgentsAway}
	}
	for _, g := range []int{group, l.Groups[group].Overflow} {
		if g < 0 {
			continue
		}
		for _, c := range w.groups[g].online {
			if a := &l.Agents[c.agent]; !a.Unresponsive && a.mayServe(customer) && w.agents[c.agent].open < a.MaxChats {
				return WebsiteAvailability{State: AgentsAvailable}
			}
		}
	}
	return WebsiteAvailability{State: AgentsBusy}
}

const (
	availabilityTTL       = 10 * time.Second
	maxCachedAvailability = 20_000 // websites
)

// availabilityCache holds the availability of websites. The zero value is empty.
type availabilityCache struct {
	mu        sync.Mutex
	byWebsite map[uuid.UUID]cachedAvailability
	version   int // counts the calls of forget
}

type cachedAvailability struct {
	WebsiteAvailability
	org     uuid.UUID
	expires time.Time
}

// get returns what is cached of a website, and the version to put with what is read now.
func (c *availabilityCache) get(website uuid.UUID, now time.Time) (known WebsiteAvailability, version int, found bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, cached := c.byWebsite[website]
	return a.WebsiteAvailability, c.version, cached && now.Before(a.expires)
}

// put caches what was read, unless something was forgotten since the version: then it may be from before the change.
func (c *availabilityCache) put(website uuid.UUID, version int, a cachedAvailability) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byWebsite == nil || len(c.byWebsite) > maxCachedAvailability {
		c.byWebsite = map[uuid.UUID]cachedAvailability{}
	}
	if c.version == version {
		c.byWebsite[website] = a
	}
}

// forget removes the websites of an organization, of all for the zero id.
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
