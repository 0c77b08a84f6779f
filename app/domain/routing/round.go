package routing

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/routing/internal/routingdb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/pg"
)

const (
	roundTimeout     = 10 * time.Second // for a round with all its repetitions
	maxRoundsInRow   = 20               // rounds that follow one another at once
	maxConflicts     = 5                // times that a decision is made anew because another process was quicker
	maxHeadsPerQueue = 64               // conversations that are read of each queue at most
	spareHeads       = 8                // conversations that are read beyond the free capacity: some may be passed over
)

// outcome is what a round has done.
type outcome struct {
	posted       []conversation.MessageEvent
	assigned     int           // conversations
	unresponsive []uuid.UUID   // agents
	again        bool          // there may be more to decide at once
	waiting      bool          // a conversation still waits
	next         time.Duration // after which time alone may change something; 0: never
}

// roundWithRetries runs rounds until nothing more can be decided at once. It returns after how long to run the next one (0:
// when something happens) and whether a conversation waits. A panic is an error.
func (s *Service) roundWithRetries(org uuid.UUID, by trigger) (next time.Duration, waiting bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), roundTimeout)
	defer cancel()
	for try := 0; ; try++ {
		started := time.Now()
		o, err := s.round(ctx, org, by)
		s.observer.RoundDone(Round{org, time.Since(started), o.assigned, err})
		switch {
		case isConflict(err) && try < maxConflicts:
		case err != nil: // a lock of a process that hangs is not waited for: other organizations have their turn
			return 0, true, err
		default:
			s.publishRound(ctx, org, o)
			if !o.again || try >= maxRoundsInRow {
				return o.next, o.waiting, nil
			}
		}
		by = byEvent
	}
}

// isConflict reports whether a round failed because of what another process did meanwhile.
func isConflict(err error) bool {
	return !pg.IsLockTimeout(err) && (pg.IsOverCapacity(err) || pg.IsOutsideLimits(err) || pg.IsUnavailable(err))
}

func (s *Service) publishRound(ctx context.Context, org uuid.UUID, o outcome) {
	if len(o.posted) == 0 && len(o.unresponsive) == 0 {
		return
	}
	s.conversations.PublishAll(ctx, org, o.posted)
	for _, agent := range o.unresponsive {
		s.bus.Publish(bus.Event{Kind: bus.Availability, Org: org, User: agent})
	}
	s.publishQueueChanged(org)
}

// round decides once, in one transaction under the organization's lock. A round that only a timer asks for does nothing when
// another process has just run one.
func (s *Service) round(ctx context.Context, org uuid.UUID, by trigger) (o outcome, err error) {
	system := s.db.As(access.System(org, "give conversations to agents"))
	err = system.Tx(ctx, func(tx *pg.Tenant) error {
		o = outcome{}
		q := routingdb.New(tx)
		if err := q.LockRouting(ctx); err != nil {
			return err
		}
		set, err := q.GetRoutingState(ctx)
		if err != nil {
			return err
		}
		if by == byTimer && set.LastRoundAt != nil && set.Now.Sub(*set.LastRoundAt) < retryInterval*8/10 {
			o.next, o.waiting = retryInterval, true
			return nil
		}
		if err := s.applyTimeouts(ctx, tx, set, &o); err != nil {
			return err
		}
		if o.again { // agents are locked by now; a decision locks conversations first
			return q.RecordRound(ctx, false)
		}
		requeued, err := s.decide(ctx, tx, set, &o)
		if err != nil {
			return err
		}
		return q.RecordRound(ctx, requeued)
	})
	return o, err
}

// decide plans and carries out the plan. It reports whether conversations were requeued.
func (s *Service) decide(
	ctx context.Context, tx *pg.Tenant, set routingdb.GetRoutingStateRow, o *outcome,
) (requeued bool, err error) {
	q := routingdb.New(tx)
	l, err := loadSnapshot(ctx, q, set)
	if err != nil {
		return false, err
	}
	active := l.activeGroups()
	if err := l.loadQueues(ctx, q, active, min(maxHeadsPerQueue, l.freeCapacity+spareHeads)); err != nil {
		return false, err
	}
	s.markTyping(l, set.Now)
	d := Plan(&l.State)
	if err := s.apply(ctx, tx, l, d, o); err != nil {
		return false, err
	}
	o.next = l.nextRound(d, set)
	return len(d.Requeue) > 0, nil
}

// applyTimeouts does what only time decides: offers expire, and agents who have been away for too long lose their
// conversations to the queue.
func (s *Service) applyTimeouts(
	ctx context.Context, tx *pg.Tenant, set routingdb.GetRoutingStateRow, o *outcome,
) error {
	q := routingdb.New(tx)
	if !set.OfferEnds.After(set.Now) {
		list, err := s.conversations.ExpireOffers(ctx, tx)
		if err != nil {
			return err
		}
		o.posted = append(o.posted, list...)
	}
	away, err := q.ListLongAway(ctx)
	if err != nil {
		return err
	}
	if len(away) > 0 {
		o.again = true
		if err := q.LockConversationsOfAgents(ctx, away); err != nil {
			return err
		}
	}
	for _, agent := range away {
		list, err := s.conversations.Requeue(ctx, tx, conversation.RequeueOptions{
			Agent:       agent,
			Reason:      conversation.ReasonAway,
			WasAssigned: true,
			MinHeld:     time.Duration(set.AwayRequeueSeconds) * time.Second,
		})
		if err != nil {
			return err
		}
		o.posted = append(o.posted, list...)
	}
	return nil
}
