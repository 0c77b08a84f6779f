package presence

import (
	"context"
	"log/slog"
	"time"

	"parley/app/platform/pg"
)

// renewal says when a lease is renewed.
type renewal int

const (
	onlyIfDue renewal = iota // unless most of it is still to come
	always
)

// run renews the lease while a desk is open here, and once at the start, to find the agents of processes that have died.
func (c *connections) run(ctx context.Context) {
	c.checkLeases(ctx)
	tick := time.NewTicker(c.lease / 3)
	defer tick.Stop()
	for {
		c.mu.Lock()
		empty := len(c.agents) == 0
		c.mu.Unlock()
		if empty { // costs nothing until a desk opens
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
		if err := c.renew(ctx, always); err != nil && ctx.Err() == nil {
			slog.Warn("renew the lease of this process", "error", err)
		}
	}
}

// renew renews the lease of this process, and brings offline the agents of processes whose lease has run out.
func (c *connections) renew(ctx context.Context, when renewal) error {
	c.renewing.Lock()
	defer c.renewing.Unlock()
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	if closed || when == onlyIfDue && time.Until(c.leasedUntil) > c.lease/3 {
		return nil
	}
	lost, next, err := c.service.db.Unscoped().RenewLease(ctx, c.instance, c.lease)
	if err != nil {
		return err
	}
	now := time.Now().Round(0) // wall clock: the monotonic one stands still while a machine sleeps
	late := !c.leasedUntil.IsZero() && now.After(c.leasedUntil)
	c.leasedUntil = now.Add(c.lease)
	if late { // other processes have taken this one for dead, and those that look dead to it may have been as late
		c.storeAllConnected()
		next = c.lease / 2
	} else {
		c.storeLost(lost)
	}
	if next > 0 {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.retry != nil {
			c.retry.Stop()
		}
		c.checkLeasesAfter(next + 100*time.Millisecond)
	}
	return nil
}

// storeAllConnected stores every agent of this process anew.
func (c *connections) storeAllConnected() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, agent := range c.agents {
		go c.service.storeConnected(agent.actor, agent)
	}
}

func (c *connections) storeLost(lost []pg.LostDesk) {
	for _, desk := range lost {
		go c.service.storeDisconnected(desk.Org, desk.User, desk.Instance)
	}
}

// checkLeases renews the lease out of turn, and again five seconds after a failure.
func (c *connections) checkLeases(ctx context.Context) {
	err := c.renew(ctx, always)
	if err == nil {
		return
	}
	slog.Warn("look for agents of processes that have died", "error", err)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.checkLeasesAfter(5 * time.Second)
}

// checkLeasesAfter checks the leases once after a time; the connections are locked.
func (c *connections) checkLeasesAfter(d time.Duration) {
	if c.closed {
		return
	}
	c.retry = time.AfterFunc(d, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		c.checkLeases(ctx)
	})
}

// close stops storing, and has the lease end after the grace period: the agents of this process have that long to open their
// desks in another one.
func (c *connections) close() {
	c.mu.Lock()
	c.closed = true
	connected := len(c.agents) > 0
	for _, agent := range c.agents {
		agent.stopGracePeriod()
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
		slog.Warn("end the lease of this process", "error", err)
	}
}
