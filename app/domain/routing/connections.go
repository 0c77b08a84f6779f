package routing

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/routing/internal/routingdb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/pg"
)

// connections is who sits at a desk in this process. Desks and devices of one agent count once; where it sits is written when it comes
// and goes, and that this process lives every few seconds, for all of them together.
type connections struct {
	service  *Service
	instance uuid.UUID
	grace    time.Duration
	lease    time.Duration

	mu          sync.Mutex
	agents      map[uuid.UUID]*connectedAgent // by user
	agentsByOrg map[uuid.UUID]int             // seats by organization
	closed      bool

	renewing    sync.Mutex // one at a time
	leasedUntil time.Time  // of the lease
	retry       *time.Timer
	changed     chan struct{}
}

type connectedAgent struct {
	actor      access.Actor
	desks      int
	graceTimer *time.Timer // runs out when its last desk has been gone for the grace
	storing    sync.Mutex  // one write of its presence after another
}

const (
	// GracePeriod is how long an agent whose connection is lost keeps its conversations.
	GracePeriod = 30 * time.Second
	// defaultLease is how long a process counts as alive without a sign.
	defaultLease = 30 * time.Second
)

func newConnections(r *Service) *connections {
	return &connections{service: r, instance: uuid.New(), grace: GracePeriod, lease: defaultLease, agents: map[uuid.UUID]*connectedAgent{}, agentsByOrg: map[uuid.UUID]int{}, changed: make(chan struct{}, 1)}
}

// SetTimeouts changes how long a lost connection and a silent process are waited for. To be called before the first desk opens.
func (s *Service) SetTimeouts(grace, lease time.Duration) {
	s.connections.grace, s.connections.lease = grace, lease
}

func (c *connections) hasAgents(org uuid.UUID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.agentsByOrg[org] > 0
}

// desksOf is how many desks of a user are open here.
func (c *connections) desksOf(user uuid.UUID) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.agents[user]; s != nil {
		return s.desks
	}
	return 0
}

func (c *connections) orgs() []uuid.UUID {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Keys(c.agentsByOrg))
}

// Connect says that a desk of the actor's has opened here. It brings the actor online, soon, unless it has chosen otherwise.
func (s *Service) Connect(who access.Actor) {
	conns := s.connections
	conns.mu.Lock()
	defer conns.mu.Unlock()
	agent := conns.agents[who.ID()]
	if agent == nil {
		agent = &connectedAgent{actor: who}
		conns.agents[who.ID()] = agent
		conns.agentsByOrg[who.Org()]++
	}
	agent.desks++
	if agent.graceTimer != nil {
		agent.graceTimer.Stop()
		agent.graceTimer = nil
	}
	select {
	case conns.changed <- struct{}{}:
	default:
	}
	go s.storeConnected(who, agent)
}

// storeConnected notes that an agent sits here, as long as it does.
func (s *Service) storeConnected(who access.Actor, agent *connectedAgent) {
	agent.storing.Lock()
	defer agent.storing.Unlock()
	for try := 1; ; try++ {
		s.connections.mu.Lock()
		gone := agent.desks == 0 && agent.graceTimer == nil || s.connections.closed
		s.connections.mu.Unlock()
		if gone {
			return
		}
		err := s.tryStoreConnected(who)
		if err == nil {
			return
		}
		slog.Warn("an agent comes online", "user", who.ID(), "error", err)
		time.Sleep(time.Duration(min(try, 10)) * 300 * time.Millisecond)
	}
}

func (s *Service) tryStoreConnected(who access.Actor) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.connections.renew(ctx, false); err != nil {
		return err
	}
	t, err := s.db.Authorize(who, access.Answer)
	if err != nil {
		return err
	}
	var now routingdb.SetAgentOnlineRow
	var added int64
	err = t.Tx(ctx, func(tx *pg.Tenant) (err error) {
		q := routingdb.New(tx)
		if added, err = q.AddPresence(ctx, routingdb.AddPresenceParams{UserID: who.ID(), Instance: s.connections.instance}); err != nil {
			return err
		}
		now, err = q.SetAgentOnline(ctx, who.ID())
		return err
	})
	switch {
	case err != nil:
	case now.Changed:
		s.publishAvailability(who.Org(), who.ID())
	case added > 0: // what another process knew of its organization may be gone with it
		s.Trigger(who.Org())
	}
	return err
}

// Disconnect says that a desk of the actor's has closed here. When it was the last one, the actor is waited for during the grace.
func (s *Service) Disconnect(who access.Actor) {
	conns := s.connections
	conns.mu.Lock()
	defer conns.mu.Unlock()
	agent := conns.agents[who.ID()]
	if agent == nil {
		return
	}
	if agent.desks--; agent.desks > 0 || conns.closed {
		return
	}
	s.startGracePeriod(who, agent, conns.grace)
}

// startGracePeriod notes that an agent has gone unless it is back after a time; under the lock.
func (s *Service) startGracePeriod(who access.Actor, agent *connectedAgent, within time.Duration) {
	conns := s.connections
	var timer *time.Timer
	timer = time.AfterFunc(within, func() {
		agent.storing.Lock()
		defer agent.storing.Unlock()
		conns.mu.Lock()
		stays := agent.graceTimer != timer
		conns.mu.Unlock()
		if stays {
			return
		}
		gone := s.storeDisconnected(who.Org(), who.ID(), conns.instance)
		conns.mu.Lock()
		defer conns.mu.Unlock()
		switch {
		case agent.graceTimer != timer: // back meanwhile
		case gone:
			agent.graceTimer = nil
			delete(conns.agents, who.ID())
			if conns.agentsByOrg[who.Org()]--; conns.agentsByOrg[who.Org()] == 0 {
				delete(conns.agentsByOrg, who.Org())
			}
		case !conns.closed: // not forgotten: tried again
			s.startGracePeriod(who, agent, 10*time.Second)
		}
	})
	agent.graceTimer = timer
}

// storeDisconnected notes that an agent's desks at a process are closed. Who has no other is offline, and its conversations are in line.
func (s *Service) storeDisconnected(org, user, instance uuid.UUID) (done bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	for try := range 5 {
		err := s.tryStoreDisconnected(ctx, org, user, instance)
		if err == nil {
			return true
		}
		slog.Warn("an agent's connection is lost", "user", user, "error", err)
		time.Sleep(time.Duration(try+1) * 500 * time.Millisecond)
	}
	return false
}

func (s *Service) tryStoreDisconnected(ctx context.Context, org, user, instance uuid.UUID) error {
	var list []conversation.MessageEvent
	lost, open := false, newLockedConversations(user)
	system := s.db.As(access.System(org, "an agent's connection is lost")).Tx
	err := open.retry(func() error {
		return system(ctx, func(tx *pg.Tenant) error {
			lost = false
			q := routingdb.New(tx)
			if err := q.RemovePresence(ctx, routingdb.RemovePresenceParams{UserID: user, Instance: instance}); err != nil {
				return err
			}
			if err := open.lock(ctx, q); err != nil {
				return err
			}
			a, err := q.LockAgent(ctx, user)
			if err != nil {
				return err
			}
			there, err := q.HasPresence(ctx, user)
			if err != nil || there || a.Status == string(Offline) && len(open.ids) == 0 && a.OpenChats == 0 {
				return err
			}
			if err := open.verify(ctx, q); err != nil {
				return err
			}
			lost = true
			if _, err := q.SetAgentStatus(ctx, routingdb.SetAgentStatusParams{UserID: user, Status: string(Offline)}); err != nil {
				return err
			}
			list, err = s.conversations.Requeue(ctx, tx, conversation.RequeueOptions{Agent: user, Reason: conversation.ReasonConnectionLost, WasAssigned: true})
			return err
		})
	})
	if err == nil && lost {
		s.conversations.PublishAll(ctx, org, list)
		s.publishAvailability(org, user)
	}
	return err
}

// publishAvailability tells everybody that an agent's availability has changed, and decides anew.
func (s *Service) publishAvailability(org, user uuid.UUID) {
	s.bus.Publish(bus.Event{Kind: bus.Availability, Org: org, User: user}, bus.Event{Kind: bus.Queue, Org: org})
	s.Trigger(org)
}

// run renews the lease while somebody sits here, and once at the start, to look after those who sat at a process that is gone.
func (c *connections) run(ctx context.Context) {
	c.checkLeases(ctx)
	tick := time.NewTicker(c.lease / 3)
	defer tick.Stop()
	for {
		c.mu.Lock()
		empty := len(c.agents) == 0
		c.mu.Unlock()
		if empty { // nothing to say until somebody comes
			select {
			case <-ctx.Done():
				return
			case <-c.changed:
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := c.renew(ctx, true); err != nil && ctx.Err() == nil {
			slog.Warn("say that this process lives", "error", err)
		}
	}
}

// renew says that this process lives, unless it has just been said, and looks after the desks of those that no longer do.
func (c *connections) renew(ctx context.Context, force bool) error {
	c.renewing.Lock()
	defer c.renewing.Unlock()
	c.mu.Lock()
	ended := c.closed
	c.mu.Unlock()
	if ended || !force && time.Until(c.leasedUntil) > c.lease/3 {
		return nil
	}
	gone, next, err := c.service.db.Unscoped().RenewLease(ctx, c.instance, c.lease)
	if err != nil {
		return err
	}
	now := time.Now().Round(0) // by the clock on the wall: the machine may have slept
	late := !c.leasedUntil.IsZero() && now.After(c.leasedUntil)
	c.leasedUntil = now.Add(c.lease)
	if late { // others have taken who sits here for gone; and they may have been as late
		c.mu.Lock()
		for _, s := range c.agents {
			go c.service.storeConnected(s.actor, s)
		}
		c.mu.Unlock()
		next = c.lease / 2
	} else {
		for _, g := range gone {
			go c.service.storeDisconnected(g.Org, g.User, g.Instance)
		}
	}
	if next > 0 {
		c.mu.Lock()
		if c.retry != nil {
			c.retry.Stop()
		}
		if !c.closed {
			c.retry = time.AfterFunc(next+100*time.Millisecond, func() {
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				defer cancel()
				c.checkLeases(ctx)
			})
		}
		c.mu.Unlock()
	}
	return nil
}

// checkLeases renews the lease outside its turn; what fails is tried again.
func (c *connections) checkLeases(ctx context.Context) {
	err := c.renew(ctx, true)
	if err == nil {
		return
	}
	slog.Warn("look for desks of processes that are gone", "error", err)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.retry = time.AfterFunc(5*time.Second, func() {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			c.checkLeases(ctx)
		})
	}
}

// close ends the lease after the grace: those who sat here have that long to come back elsewhere.
func (c *connections) close() {
	c.mu.Lock()
	c.closed = true
	connected := len(c.agents) > 0
	for _, s := range c.agents {
		if s.graceTimer != nil {
			s.graceTimer.Stop()
		}
	}
	if c.retry != nil {
		c.retry.Stop()
	}
	c.mu.Unlock()
	if !connected {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if _, _, err := c.service.db.Unscoped().RenewLease(ctx, c.instance, c.grace); err != nil {
		slog.Warn("say that this process ends", "error", err)
	}
}
