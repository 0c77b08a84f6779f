package routing

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/routing/internal/routingdb"
	"parley/app/platform/access"
)

// QueuePosition is a waiting conversation's position in the queue of its group, as its visitor sees it.
type QueuePosition struct {
	Position  int           // 1 is the next
	MinWait   time.Duration // the wait still to be expected is between
	MaxWait   time.Duration // these two, in four cases of five; MaxWait 0: not known
	Unstaffed bool          // no agent is online who could answer, in this group or the one it overflows to
	OpensAt   time.Time     // when the group opens, if it is closed; zero: not known
}

// ListQueuePositions returns the position of every conversation in the organization's queues, by conversation, at most 5000.
func (s *Service) ListQueuePositions(ctx context.Context, org uuid.UUID) (map[uuid.UUID]QueuePosition, error) {
	q := routingdb.New(s.db.As(access.System(org, "tell visitors their place in line")))
	queue, err := q.ListQueue(ctx)
	if err != nil || len(queue) == 0 {
		return nil, err
	}
	l, err := loadSnapshot(ctx, q, routingdb.GetRoutingStateRow{Now: time.Now()})
	if err != nil {
		return nil, err
	}
	type key struct{ group, customer int }
	loads, before := map[key]*queueLoad{}, map[int]int{} // before: the conversations so far, by group
	w := newPlanner(&l.State)
	anyLimited := slices.ContainsFunc(l.Agents, func(a Agent) bool { return a.Limited })
	positions := make(map[uuid.UUID]QueuePosition, len(queue))
	for _, c := range queue {
		at := key{indexOf(l.groupAt, &c.GroupID), -1}
		if at.group < 0 {
			continue
		}
		if anyLimited { // else every agent serves every customer
			at.customer = l.customerIndex(c.CustomerID)
		}
		if loads[at] == nil {
			loads[at] = l.queueLoad(w, at.group, at.customer)
		}
		position := 1
		if !c.Offered {
			before[at.group]++
			position = before[at.group]
		}
		positions[c.ID] = loads[at].at(position)
	}
	return positions, nil
}

// queueLoad is what decides how fast a group's queue gets shorter, for one customer's conversations.
type queueLoad struct {
	free      int     // conversations that agents could get now
	open      int     // conversations that agents have
	duration  float64 // mean seconds of a conversation with an agent
	unstaffed bool
	opensAt   time.Time
}

// at returns the queue position with its expected wait.
func (a *queueLoad) at(position int) QueuePosition {
	p := QueuePosition{Position: position}
	if a.unstaffed {
		p.Unstaffed, p.OpensAt = true, a.opensAt
		return p
	}
	p.MinWait, p.MaxWait = ExpectedWait(position, a.free, a.open, a.duration)
	return p
}

func (l *snapshot) queueLoad(w *planner, group, customer int) *queueLoad {
	a := &queueLoad{duration: l.groupRows[group].ChatSeconds}
	now := time.Now()
	staffed := func(g int) bool {
		return l.hours[g].Open(now) &&
			slices.ContainsFunc(w.groups[g].online, func(c candidate) bool { return l.Agents[c.agent].mayServe(customer) })
	}
	for _, c := range w.groups[group].online {
		agent, open := &l.Agents[c.agent], w.agents[c.agent].open
		if agent.Unresponsive || !agent.mayServe(customer) {
			continue
		}
		a.open += open
		if w.reasonAgainst(c, anyConversationOf(customer)) == "" && l.groupRows[group].Automatic {
			a.free += agent.MaxChats - open
		}
	}
	overflow := l.Groups[group].Overflow
	a.unstaffed = !staffed(group) && (overflow < 0 || !staffed(overflow))
	if a.unstaffed && !l.hours[group].Open(now) {
		a.opensAt = l.hours[group].NextOpening(now)
	}
	return a
}
