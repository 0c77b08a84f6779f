package routing

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/routing/internal/routingdb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/pg"
)

// roundWithRetries does one round; a fault in it is an error.
func (s *Service) roundWithRetries(org uuid.UUID, timed bool) (next time.Duration, waiting bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for try := 0; ; try++ {
		started := time.Now()
		o, err := s.round(ctx, org, timed)
		if s.OnRound != nil {
			s.OnRound(Round{org, time.Since(started), o.assigned, err})
		}
		switch {
		case pg.IsLockTimeout(err): // by a process that hangs or has vanished: not waited for in the way of others
			return 0, true, err
		case (pg.IsOverCapacity(err) || pg.IsOutsideLimits(err) || pg.IsUnavailable(err)) && try < 5: // somebody was quicker: what was decided is decided anew
			timed = false
			continue
		case err != nil:
			return 0, true, err
		}
		if len(o.posted) > 0 || len(o.unresponsive) > 0 {
			s.conversations.PublishAll(ctx, org, o.posted)
			for _, agent := range o.unresponsive {
				s.bus.Publish(bus.Event{Kind: bus.Availability, Org: org, User: agent})
			}
			s.publishQueueChanged(org)
		}
		if !o.again || try >= 20 {
			return o.next, o.waiting, nil
		}
		timed = false
	}
}

// outcome is what a round has done.
type outcome struct {
	posted       []conversation.MessageEvent
	assigned     int
	unresponsive []uuid.UUID
	again        bool          // there may be more to decide at once
	waiting      bool          // somebody still waits
	next         time.Duration // when to look again; 0: when something happens
}

// maxHeadsPerQueue is how many of each queue are read at most; headsSpare how many more than can be assigned: some may be passed over.
const (
	maxHeadsPerQueue = 64
	spareHeads       = 8
)

// round decides once, in one transaction under the organization's lock. timed says that nothing happened but time: then it is
// left to another process that has just looked.
func (s *Service) round(ctx context.Context, org uuid.UUID, timed bool) (o outcome, err error) {
	who := access.System(org, "give conversations to agents")
	err = s.db.As(who).Tx(ctx, func(tx *pg.Tenant) error {
		o = outcome{}
		q := routingdb.New(tx)
		if err := q.LockRouting(ctx); err != nil {
			return err
		}
		set, err := q.GetRoutingState(ctx)
		if err != nil {
			return err
		}
		if timed && set.LastRoundAt != nil && set.Now.Sub(*set.LastRoundAt) < retryInterval*8/10 {
			o.next, o.waiting = retryInterval, true
			return nil
		}
		if err := s.applyTimeouts(ctx, tx, q, set, &o); err != nil {
			return err
		}
		if o.again { // agents are locked: what is decided next locks conversations first
			return q.RecordRound(ctx, false)
		}
		l, err := loadSnapshot(ctx, q, set)
		if err != nil {
			return err
		}
		deciding := l.activeGroups()
		if err := l.loadQueues(ctx, q, deciding, min(maxHeadsPerQueue, l.freeCapacity+spareHeads)); err != nil {
			return err
		}
		s.mu.Lock()
		for i := range l.Assigned {
			at := s.typing[l.Assigned[i].ID]
			l.Assigned[i].AgentTyping = set.Now.Sub(at.at) < typingTimeout && at.user == l.Agents[l.Assigned[i].Agent].ID
		}
		s.mu.Unlock()
		d := Plan(&l.State)
		if err := s.apply(ctx, tx, q, l, d, &o); err != nil {
			return err
		}
		o.next = l.nextRound(d, set)
		return q.RecordRound(ctx, len(d.Requeue) > 0)
	})
	return o, err
}

// applyTimeouts does what only time decides: offers end, and who is away for too long gives back.
func (s *Service) applyTimeouts(ctx context.Context, tx *pg.Tenant, q *routingdb.Queries, set routingdb.GetRoutingStateRow, o *outcome) error {
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
		list, err := s.conversations.Requeue(ctx, tx, conversation.RequeueOptions{Agent: agent, Reason: conversation.ReasonAway, WasAssigned: true, MinHeld: time.Duration(set.AwayRequeueSeconds) * time.Second})
		if err != nil {
			return err
		}
		o.posted = append(o.posted, list...)
	}
	return nil
}

// lock locks all that a decision changes: conversations before agents, and each in one order, as everybody does.
func (l *snapshot) lock(ctx context.Context, q *routingdb.Queries, d Decision) error {
	var conversations, agents []uuid.UUID
	for _, a := range d.Unresponsive {
		agents = append(agents, l.Agents[a].ID)
	}
	for _, m := range d.Move {
		conversations = append(conversations, l.Queue[m.Conversation].ID)
	}
	for _, x := range d.Requeue {
		conversations, agents = append(conversations, l.Assigned[x.Conversation].ID), append(agents, l.Agents[l.Assigned[x.Conversation].Agent].ID)
	}
	for _, x := range d.Assign {
		conversations, agents = append(conversations, l.Queue[x.Conversation].ID), append(agents, l.Agents[x.Agent].ID)
	}
	if len(conversations) > 0 {
		if err := q.LockConversations(ctx, conversations); err != nil {
			return err
		}
	}
	if len(agents) > 0 {
		return q.LockAgents(ctx, agents)
	}
	return nil
}

// apply does what was decided.
func (s *Service) apply(ctx context.Context, tx *pg.Tenant, q *routingdb.Queries, l *snapshot, d Decision, o *outcome) error {
	for _, a := range d.Unresponsive {
		o.unresponsive = append(o.unresponsive, l.Agents[a].ID)
	}
	if err := l.lock(ctx, q, d); err != nil {
		return err
	}
	if len(o.unresponsive) > 0 {
		if err := q.MarkUnresponsive(ctx, o.unresponsive); err != nil {
			return err
		}
	}
	for to, ids := range l.movesByGroup(d) {
		list, err := s.conversations.MoveToQueue(ctx, tx, ids, to, "Moved to "+l.groupName(to)+": nobody of the group before could take it")
		if err != nil {
			return err
		}
		o.posted, o.again = append(o.posted, list...), true
	}
	for _, x := range d.Requeue {
		t := l.Assigned[x.Conversation]
		list, err := s.conversations.Requeue(ctx, tx, conversation.RequeueOptions{Conversations: []uuid.UUID{t.ID}, Agent: l.Agents[t.Agent].ID, Reason: conversation.ReasonNoReply, WasAssigned: true,
			OnlyUnanswered: true, Note: "Taken back from " + l.agentNames[l.Agents[t.Agent].ID] + ": " + x.Reason})
		if err != nil {
			return err
		}
		o.posted, o.again = append(o.posted, list...), true
	}
	if len(d.Assign) > 0 {
		assignments := make([]conversation.Assignment, len(d.Assign))
		explanations := routingdb.SaveExplanationsParams{}
		for i, x := range d.Assign {
			assignments[i] = conversation.Assignment{Conversation: l.Queue[x.Conversation].ID, Agent: l.Agents[x.Agent].ID}
			why, err := json.Marshal(x.Explanation)
			if err != nil {
				return err
			}
			explanations.Conversations, explanations.Explanations = append(explanations.Conversations, assignments[i].Conversation), append(explanations.Explanations, string(why))
		}
		slices.SortFunc(assignments, func(a, b conversation.Assignment) int { return slices.Compare(a.Agent[:], b.Agent[:]) }) // agents in one order everywhere
		list, err := s.conversations.Assign(ctx, tx, assignments, conversation.ReasonRouting, uuid.Nil)
		if err != nil {
			return err
		}
		if err := q.SaveExplanations(ctx, explanations); err != nil {
			return err
		}
		o.posted, o.assigned = append(o.posted, list...), len(list)
		o.again = o.again || len(list) < len(assignments) || l.truncated && len(list) < l.freeCapacity
	}
	o.waiting = len(l.Queue) > len(d.Assign) || o.again || l.truncated
	return nil
}

func (l *snapshot) groupName(id uuid.UUID) string {
	for _, g := range l.groupRows {
		if g.ID == id {
			return g.Name
		}
	}
	return "another group"
}

// movesByGroup gathers a decision's moves by the group they lead to.
func (l *snapshot) movesByGroup(d Decision) map[uuid.UUID][]uuid.UUID {
	to := map[uuid.UUID][]uuid.UUID{}
	for _, m := range d.Move {
		id := l.Groups[m.ToGroup].ID
		to[id] = append(to[id], l.Queue[m.Conversation].ID)
	}
	return to
}

// nextRound says after how long time alone may change something; 0: never.
func (l *snapshot) nextRound(d Decision, set routingdb.GetRoutingStateRow) time.Duration {
	next := time.Duration(math.MaxInt64)
	at := func(in float64) { next = min(next, max(retryInterval, time.Duration(in*float64(time.Second)))) }
	assigned := map[int]bool{}
	for _, x := range d.Assign {
		assigned[x.Conversation] = true
	}
	w := newPlanner(&l.State)
	staffed := func(group, but int) bool { // somebody is, but for one
		return !l.Groups[group].Closed && slices.ContainsFunc(w.groups[group].online, func(s candidate) bool { return s.agent != but && !l.Agents[s.agent].Unresponsive })
	}
	for i, t := range l.Queue {
		if assigned[i] {
			continue
		}
		over := l.Groups[t.Group].Overflow
		if staffed(t.Group, -1) || over >= 0 && staffed(over, -1) { // else somebody must come first
			at(0)
		}
		for _, g := range []int{t.Group, over} {
			if g >= 0 && l.groupRows[g].Automatic && !l.hours[g].Open(set.Now) {
				if opens := l.hours[g].NextOpening(set.Now); !opens.IsZero() {
					at(math.Min(3600, opens.Sub(set.Now).Seconds()))
				}
			}
		}
	}
	for _, t := range l.Assigned {
		if late := math.Max(t.WaitingSince, t.AssignedAt) + requeueAfter - l.Now; t.Waiting && t.RequeueCount < maxRequeues && staffed(t.Group, t.Agent) {
			if late < -600 { // said, but perhaps nothing is to be answered
				late = 60
			}
			at(late)
		}
	}
	for _, t := range l.Assigned {
		if a := l.agentRows[t.Agent]; Status(a.Status) == Away {
			at(math.Max(seconds(a.StatusAt), t.AssignedAt) + float64(set.AwayRequeueSeconds) - l.Now)
		}
	}
	if set.OfferEnds.Year() < 9999 {
		at(set.OfferEnds.Sub(set.Now).Seconds() + 0.1)
	}
	if next == math.MaxInt64 {
		return 0
	}
	return next
}
