package queue

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/chat"
	"parley/app/pg"
	"parley/app/queue/internal/queuedb"
)

// here is who sits at a desk in this process. Desks and devices of one agent count once; where it sits is written when it comes
// and goes, and that this process lives every few seconds, for all of them together.
type here struct {
	room     *Room
	instance uuid.UUID
	grace    time.Duration
	lease    time.Duration

	mu    sync.Mutex
	seats map[uuid.UUID]*sitting // by user
	sit   map[uuid.UUID]int      // seats by organization
	ended bool

	leasing sync.Mutex // one at a time
	until   time.Time  // of the lease
	missed  *time.Timer
	changed chan struct{}
}

type sitting struct {
	who    access.Actor
	desks  int
	going  *time.Timer // runs out when its last desk has been gone for the grace
	coming sync.Mutex  // one write of its presence after another
}

const (
	// Grace is how long an agent whose connection is lost keeps its conversations.
	Grace = 30 * time.Second
	// lease is how long a process counts as alive without a sign.
	lease = 30 * time.Second
)

func newHere(r *Room) *here {
	return &here{room: r, instance: uuid.New(), grace: Grace, lease: lease, seats: map[uuid.UUID]*sitting{}, sit: map[uuid.UUID]int{}, changed: make(chan struct{}, 1)}
}

// Patience changes how long a lost connection and a silent process are waited for. To be called before the first desk opens.
func (r *Room) Patience(grace, lease time.Duration) { r.here.grace, r.here.lease = grace, lease }

func (h *here) sits(org uuid.UUID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sit[org] > 0
}

// desks is how many desks of a user are open here.
func (h *here) desks(user uuid.UUID) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.seats[user]; s != nil {
		return s.desks
	}
	return 0
}

func (h *here) orgs() []uuid.UUID {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Keys(h.sit))
}

// Enter says that a desk of the actor's has opened here. It brings the actor online, soon, unless it has chosen otherwise.
func (r *Room) Enter(who access.Actor) {
	h := r.here
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.seats[who.ID()]
	if s == nil {
		s = &sitting{who: who}
		h.seats[who.ID()] = s
		h.sit[who.Org()]++
	}
	s.desks++
	if s.going != nil {
		s.going.Stop()
		s.going = nil
	}
	select {
	case h.changed <- struct{}{}:
	default:
	}
	go r.arrive(who, s)
}

// arrive notes that an agent sits here, as long as it does.
func (r *Room) arrive(who access.Actor, s *sitting) {
	s.coming.Lock()
	defer s.coming.Unlock()
	for try := 1; ; try++ {
		r.here.mu.Lock()
		gone := s.desks == 0 && s.going == nil || r.here.ended
		r.here.mu.Unlock()
		if gone {
			return
		}
		err := r.sitDown(who)
		if err == nil {
			return
		}
		slog.Warn("an agent comes online", "user", who.ID(), "error", err)
		time.Sleep(time.Duration(min(try, 10)) * 300 * time.Millisecond)
	}
}

func (r *Room) sitDown(who access.Actor) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := r.here.renew(ctx, false); err != nil {
		return err
	}
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return err
	}
	var now queuedb.ComeOnlineRow
	var arrived int64
	err = t.Tx(ctx, func(tx *pg.Tenant) (err error) {
		q := queuedb.New(tx)
		if arrived, err = q.Arrived(ctx, queuedb.ArrivedParams{UserID: who.ID(), Instance: r.here.instance}); err != nil {
			return err
		}
		now, err = q.ComeOnline(ctx, who.ID())
		return err
	})
	switch {
	case err != nil:
	case now.Changed:
		r.available(who.Org(), who.ID())
	case arrived > 0: // what another process knew of its organization may be gone with it
		r.Trigger(who.Org())
	}
	return err
}

// Exit says that a desk of the actor's has closed here. When it was the last one, the actor is waited for during the grace.
func (r *Room) Exit(who access.Actor) {
	h := r.here
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.seats[who.ID()]
	if s == nil {
		return
	}
	if s.desks--; s.desks > 0 || h.ended {
		return
	}
	r.awaitReturn(who, s, h.grace)
}

// awaitReturn notes that an agent has gone unless it is back after a time; under the lock.
func (r *Room) awaitReturn(who access.Actor, s *sitting, within time.Duration) {
	h := r.here
	var timer *time.Timer
	timer = time.AfterFunc(within, func() {
		s.coming.Lock()
		defer s.coming.Unlock()
		h.mu.Lock()
		stays := s.going != timer
		h.mu.Unlock()
		if stays {
			return
		}
		gone := r.depart(who.Org(), who.ID(), h.instance)
		h.mu.Lock()
		defer h.mu.Unlock()
		switch {
		case s.going != timer: // back meanwhile
		case gone:
			s.going = nil
			delete(h.seats, who.ID())
			if h.sit[who.Org()]--; h.sit[who.Org()] == 0 {
				delete(h.sit, who.Org())
			}
		case !h.ended: // not forgotten: tried again
			r.awaitReturn(who, s, 10*time.Second)
		}
	})
	s.going = timer
}

// depart notes that an agent's desks at a process are closed. Who has no other is offline, and its conversations are in line.
func (r *Room) depart(org, user, instance uuid.UUID) (done bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	for try := range 5 {
		err := r.lose(ctx, org, user, instance)
		if err == nil {
			return true
		}
		slog.Warn("an agent's connection is lost", "user", user, "error", err)
		time.Sleep(time.Duration(try+1) * 500 * time.Millisecond)
	}
	return false
}

func (r *Room) lose(ctx context.Context, org, user, instance uuid.UUID) error {
	var list []chat.Said
	lost, own := false, newOwn(user)
	system := r.db.As(access.System(org, "an agent's connection is lost")).Tx
	err := own.do(func() error {
		return system(ctx, func(tx *pg.Tenant) error {
			lost = false
			q := queuedb.New(tx)
			if err := q.Depart(ctx, queuedb.DepartParams{UserID: user, Instance: instance}); err != nil {
				return err
			}
			if err := own.lock(ctx, q); err != nil {
				return err
			}
			a, err := q.LockAgent(ctx, user)
			if err != nil {
				return err
			}
			there, err := q.HasPresence(ctx, user)
			if err != nil || there || a.Status == string(Offline) && len(own.locked) == 0 && a.OpenChats == 0 {
				return err
			}
			if err := own.check(ctx, q); err != nil {
				return err
			}
			lost = true
			if _, err := q.SetStatus(ctx, queuedb.SetStatusParams{UserID: user, Status: string(Offline)}); err != nil {
				return err
			}
			list, err = r.chat.Requeue(ctx, tx, chat.Requeue{Agent: user, By: chat.ByLoss, Lost: true})
			return err
		})
	})
	if err == nil && lost {
		r.chat.Ring(ctx, org, list)
		r.available(org, user)
	}
	return err
}

// available tells everybody that an agent's availability has changed, and decides anew.
func (r *Room) available(org, user uuid.UUID) {
	r.bus.Publish(bus.Event{Kind: bus.Agent, Org: org, User: user}, bus.Event{Kind: bus.Line, Org: org})
	r.Trigger(org)
}

// run renews the lease while somebody sits here, and once at the start, to look after those who sat at a process that is gone.
func (h *here) run(ctx context.Context) {
	h.look(ctx)
	tick := time.NewTicker(h.lease / 3)
	defer tick.Stop()
	for {
		h.mu.Lock()
		empty := len(h.seats) == 0
		h.mu.Unlock()
		if empty { // nothing to say until somebody comes
			select {
			case <-ctx.Done():
				return
			case <-h.changed:
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := h.renew(ctx, true); err != nil && ctx.Err() == nil {
			slog.Warn("say that this process lives", "error", err)
		}
	}
}

// renew says that this process lives, unless it has just been said, and looks after the desks of those that no longer do.
func (h *here) renew(ctx context.Context, anyway bool) error {
	h.leasing.Lock()
	defer h.leasing.Unlock()
	h.mu.Lock()
	ended := h.ended
	h.mu.Unlock()
	if ended || !anyway && time.Until(h.until) > h.lease/3 {
		return nil
	}
	gone, next, err := h.room.db.Doors().Lease(ctx, h.instance, h.lease)
	if err != nil {
		return err
	}
	now := time.Now().Round(0) // by the clock on the wall: the machine may have slept
	late := !h.until.IsZero() && now.After(h.until)
	h.until = now.Add(h.lease)
	if late { // others have taken who sits here for gone; and they may have been as late
		h.mu.Lock()
		for _, s := range h.seats {
			go h.room.arrive(s.who, s)
		}
		h.mu.Unlock()
		next = h.lease / 2
	} else {
		for _, g := range gone {
			go h.room.depart(g.Org, g.User, g.Instance)
		}
	}
	if next > 0 {
		h.mu.Lock()
		if h.missed != nil {
			h.missed.Stop()
		}
		if !h.ended {
			h.missed = time.AfterFunc(next+100*time.Millisecond, func() {
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				defer cancel()
				h.look(ctx)
			})
		}
		h.mu.Unlock()
	}
	return nil
}

// look renews the lease outside its turn; what fails is tried again.
func (h *here) look(ctx context.Context) {
	err := h.renew(ctx, true)
	if err == nil {
		return
	}
	slog.Warn("look for desks of processes that are gone", "error", err)
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.ended {
		h.missed = time.AfterFunc(5*time.Second, func() {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			h.look(ctx)
		})
	}
}

// leave ends the lease after the grace: those who sat here have that long to come back elsewhere.
func (h *here) leave() {
	h.mu.Lock()
	h.ended = true
	sat := len(h.seats) > 0
	for _, s := range h.seats {
		if s.going != nil {
			s.going.Stop()
		}
	}
	if h.missed != nil {
		h.missed.Stop()
	}
	h.mu.Unlock()
	if !sat {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if _, _, err := h.room.db.Doors().Lease(ctx, h.instance, h.grace); err != nil {
		slog.Warn("say that this process ends", "error", err)
	}
}
