package presence

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/access"
)

// connections are the agents with a desk open in this process. The first desk of an agent and the end of the last one are
// stored; that the process lives is stored every few seconds, once for all of them.
type connections struct {
	service  *Service
	instance uuid.UUID // of this process
	grace    time.Duration
	lease    time.Duration

	mu          sync.Mutex
	agents      map[uuid.UUID]*connectedAgent // by user
	agentsByOrg map[uuid.UUID]int             // their number, by organization
	closed      bool                          // nothing is stored any more
	retry       *time.Timer                   // renews the lease out of turn

	renewing    sync.Mutex    // held by the one renewal under way
	leasedUntil time.Time     // under renewing
	changed     chan struct{} // of capacity 1: gets a value when a desk opens
}

// connectedAgent is an agent with a desk here, or with one that closed less than the grace period ago.
type connectedAgent struct {
	actor      access.Actor
	desks      int
	graceTimer *time.Timer // runs out when the last desk has been closed for the grace period; nil while one is open
	storing    sync.Mutex  // held by the one write of its presence under way
}

func newConnections(s *Service, grace, lease time.Duration) *connections {
	return &connections{
		service:     s,
		instance:    uuid.New(),
		grace:       grace,
		lease:       lease,
		agents:      map[uuid.UUID]*connectedAgent{},
		agentsByOrg: map[uuid.UUID]int{},
		changed:     make(chan struct{}, 1),
	}
}

// stopGracePeriod ends the wait for a new desk; the connections are locked.
func (a *connectedAgent) stopGracePeriod() {
	if a.graceTimer != nil {
		a.graceTimer.Stop()
	}
}

// desksOf returns how many desks of a user are open here.
func (c *connections) desksOf(user uuid.UUID) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.agents[user]; a != nil {
		return a.desks
	}
	return 0
}

// Orgs returns the organizations with a desk open in this process, in no order.
func (s *Service) Orgs() []uuid.UUID {
	c := s.connections
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Keys(c.agentsByOrg))
}

// Connect counts a desk of the actor that has opened in this process. It returns at once; the actor comes online soon, unless
// offline by choice.
func (s *Service) Connect(actor access.Actor) {
	c := s.connections
	c.mu.Lock()
	defer c.mu.Unlock()
	agent := c.agents[actor.ID()]
	if agent == nil {
		agent = &connectedAgent{actor: actor}
		c.agents[actor.ID()] = agent
		c.agentsByOrg[actor.Org()]++
	}
	agent.desks++
	agent.stopGracePeriod()
	agent.graceTimer = nil
	select {
	case c.changed <- struct{}{}:
	default:
	}
	go s.storeConnected(actor, agent)
}

// Disconnect counts a desk of the actor that has closed in this process. After the last one the actor has the grace period to
// open another.
func (s *Service) Disconnect(actor access.Actor) {
	c := s.connections
	c.mu.Lock()
	defer c.mu.Unlock()
	agent := c.agents[actor.ID()]
	if agent == nil {
		return
	}
	if agent.desks--; agent.desks > 0 || c.closed {
		return
	}
	s.startGracePeriod(actor, agent, c.grace)
}

// startGracePeriod stores that an agent is disconnected unless a desk opens within a time; the connections are locked.
func (s *Service) startGracePeriod(actor access.Actor, agent *connectedAgent, within time.Duration) {
	c := s.connections
	var timer *time.Timer
	timer = time.AfterFunc(within, func() {
		agent.storing.Lock()
		defer agent.storing.Unlock()
		c.mu.Lock()
		stays := agent.graceTimer != timer
		c.mu.Unlock()
		if stays {
			return
		}
		stored := s.storeDisconnected(actor.Org(), actor.ID(), c.instance)
		c.mu.Lock()
		defer c.mu.Unlock()
		switch {
		case agent.graceTimer != timer: // connected again meanwhile
		case stored:
			agent.graceTimer = nil
			c.remove(actor)
		case !c.closed:
			s.startGracePeriod(actor, agent, disconnectRetry)
		}
	})
	agent.graceTimer = timer
}

// disconnectRetry is how long after a failure it is stored again that an agent is disconnected.
const disconnectRetry = 10 * time.Second

// remove forgets an agent; the connections are locked.
func (c *connections) remove(actor access.Actor) {
	delete(c.agents, actor.ID())
	if c.agentsByOrg[actor.Org()]--; c.agentsByOrg[actor.Org()] == 0 {
		delete(c.agentsByOrg, actor.Org())
	}
}
