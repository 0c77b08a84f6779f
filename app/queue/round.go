package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/chat"
	"parley/app/pg"
	"parley/app/queue/internal/queuedb"
)

// guarded does one round; a fault in it is an error.
func (r *Room) guarded(org uuid.UUID, timed bool) (next time.Duration, line bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for try := 0; ; try++ {
		begun := time.Now()
		o, err := r.round(ctx, org, timed)
		if r.OnRound != nil {
			r.OnRound(Round{org, time.Since(begun), o.assigned, err})
		}
		switch {
		case pg.Locked(err): // by a process that hangs or has vanished: not waited for in the way of others
			return 0, true, err
		case (pg.Refused(err) || pg.Beyond(err) || pg.Away(err)) && try < 5: // somebody was quicker: what was decided is decided anew
			timed = false
			continue
		case err != nil:
			return 0, true, err
		}
		if len(o.said) > 0 || len(o.suspects) > 0 {
			r.chat.Ring(ctx, org, o.said)
			for _, agent := range o.suspects {
				r.bus.Publish(bus.Event{Kind: bus.Agent, Org: org, User: agent})
			}
			r.moved(org)
		}
		if !o.again || try >= 20 {
			return o.next, o.line, nil
		}
		timed = false
	}
}

// outcome is what a round has done.
type outcome struct {
	said     []chat.Said
	assigned int
	suspects []uuid.UUID
	again    bool          // there may be more to decide at once
	line     bool          // somebody still waits
	next     time.Duration // when to look again; 0: when something happens
}

// headsRead is how many of each queue are read at most; headsSpare how many more than can be assigned: some may be passed over.
const (
	headsRead  = 64
	headsSpare = 8
)

// round decides once, in one transaction under the organization's lock. timed says that nothing happened but time: then it is
// left to another process that has just looked.
func (r *Room) round(ctx context.Context, org uuid.UUID, timed bool) (o outcome, err error) {
	who := access.System(org, "give conversations to agents")
	err = r.db.As(who).Tx(ctx, func(tx *pg.Tenant) error {
		o = outcome{}
		q := queuedb.New(tx)
		if err := q.LockRouting(ctx); err != nil {
			return err
		}
		set, err := q.RouteSettings(ctx)
		if err != nil {
			return err
		}
		if timed && set.RoundAt != nil && set.Now.Sub(*set.RoundAt) < every*8/10 {
			o.next, o.line = every, true
			return nil
		}
		if err := r.clockwork(ctx, tx, q, set, &o); err != nil {
			return err
		}
		if o.again { // agents are locked: what is decided next locks conversations first
			return q.NoteRound(ctx, false)
		}
		l, err := readState(ctx, q, set)
		if err != nil {
			return err
		}
		deciding := l.deciding()
		if err := l.loadLine(ctx, q, deciding, min(headsRead, l.free+headsSpare)); err != nil {
			return err
		}
		r.mu.Lock()
		for i := range l.Talks {
			at := r.typing[l.Talks[i].ID]
			l.Talks[i].Typing = set.Now.Sub(at.at) < typingLasts && at.user == l.Agents[l.Talks[i].Agent].ID
		}
		r.mu.Unlock()
		d := Plan(&l.State)
		if err := r.carryOut(ctx, tx, q, l, d, &o); err != nil {
			return err
		}
		o.next = l.nextLook(d, set)
		return q.NoteRound(ctx, len(d.Release) > 0)
	})
	return o, err
}

// clockwork does what only time decides: offers end, and who is away for too long gives back.
func (r *Room) clockwork(ctx context.Context, tx *pg.Tenant, q *queuedb.Queries, set queuedb.RouteSettingsRow, o *outcome) error {
	if !set.OfferEnds.After(set.Now) {
		list, err := r.chat.Lapse(ctx, tx)
		if err != nil {
			return err
		}
		o.said = append(o.said, list...)
	}
	away, err := q.LongAway(ctx)
	if err != nil {
		return err
	}
	if len(away) > 0 {
		o.again = true
		if err := q.LockOwnOf(ctx, away); err != nil {
			return err
		}
	}
	for _, agent := range away {
		list, err := r.chat.Requeue(ctx, tx, chat.Requeue{Agent: agent, By: chat.ByAway, Lost: true, HadFor: time.Duration(set.HandBack) * time.Second})
		if err != nil {
			return err
		}
		o.said = append(o.said, list...)
	}
	return nil
}

// lock locks all that a decision changes: conversations before agents, and each in one order, as everybody does.
func (l *loaded) lock(ctx context.Context, q *queuedb.Queries, d Decision) error {
	var conversations, agents []uuid.UUID
	for _, a := range d.Suspect {
		agents = append(agents, l.Agents[a].ID)
	}
	for _, m := range d.Move {
		conversations = append(conversations, l.Line[m.Talk].ID)
	}
	for _, x := range d.Release {
		conversations, agents = append(conversations, l.Talks[x.Talk].ID), append(agents, l.Agents[l.Talks[x.Talk].Agent].ID)
	}
	for _, x := range d.Assign {
		conversations, agents = append(conversations, l.Line[x.Talk].ID), append(agents, l.Agents[x.Agent].ID)
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

// carryOut does what was decided.
func (r *Room) carryOut(ctx context.Context, tx *pg.Tenant, q *queuedb.Queries, l *loaded, d Decision, o *outcome) error {
	for _, a := range d.Suspect {
		o.suspects = append(o.suspects, l.Agents[a].ID)
	}
	if err := l.lock(ctx, q, d); err != nil {
		return err
	}
	if len(o.suspects) > 0 {
		if err := q.Suspect(ctx, o.suspects); err != nil {
			return err
		}
	}
	for to, ids := range l.moves(d) {
		list, err := r.chat.Reline(ctx, tx, ids, to, "Moved to "+l.groupName(to)+": nobody of the group before could take it")
		if err != nil {
			return err
		}
		o.said, o.again = append(o.said, list...), true
	}
	for _, x := range d.Release {
		t := l.Talks[x.Talk]
		list, err := r.chat.Requeue(ctx, tx, chat.Requeue{Conversations: []uuid.UUID{t.ID}, Agent: l.Agents[t.Agent].ID, By: chat.ByTakeBack, Lost: true,
			Unanswered: true, Note: "Taken back from " + l.names[l.Agents[t.Agent].ID] + ": " + x.Why})
		if err != nil {
			return err
		}
		o.said, o.again = append(o.said, list...), true
	}
	if len(d.Assign) > 0 {
		gifts := make([]chat.Gift, len(d.Assign))
		reasons := queuedb.KeepReasonsParams{}
		for i, x := range d.Assign {
			gifts[i] = chat.Gift{Conversation: l.Line[x.Talk].ID, Agent: l.Agents[x.Agent].ID}
			why, err := json.Marshal(x.Why)
			if err != nil {
				return err
			}
			reasons.Conversations, reasons.Reasons = append(reasons.Conversations, gifts[i].Conversation), append(reasons.Reasons, string(why))
		}
		slices.SortFunc(gifts, func(a, b chat.Gift) int { return slices.Compare(a.Agent[:], b.Agent[:]) }) // agents in one order everywhere
		list, err := r.chat.Give(ctx, tx, gifts, chat.ByRouting, uuid.Nil)
		if err != nil {
			return err
		}
		if err := q.KeepReasons(ctx, reasons); err != nil {
			return err
		}
		o.said, o.assigned = append(o.said, list...), len(list)
		o.again = o.again || len(list) < len(gifts) || l.cut && len(list) < l.free
	}
	o.line = len(l.Line) > len(d.Assign) || o.again || l.cut
	return nil
}

func (l *loaded) groupName(id uuid.UUID) string {
	for _, g := range l.groups {
		if g.ID == id {
			return g.Name
		}
	}
	return "another group"
}

// moves gathers a decision's moves by the group they lead to.
func (l *loaded) moves(d Decision) map[uuid.UUID][]uuid.UUID {
	to := map[uuid.UUID][]uuid.UUID{}
	for _, m := range d.Move {
		id := l.Groups[m.To].ID
		to[id] = append(to[id], l.Line[m.Talk].ID)
	}
	return to
}

// nextLook says after how long time alone may change something; 0: never.
func (l *loaded) nextLook(d Decision, set queuedb.RouteSettingsRow) time.Duration {
	next := time.Duration(math.MaxInt64)
	at := func(in float64) { next = min(next, max(every, time.Duration(in*float64(time.Second)))) }
	given := map[int]bool{}
	for _, x := range d.Assign {
		given[x.Talk] = true
	}
	w := newWork(&l.State)
	there := func(group, but int) bool { // somebody is, but for one
		return !l.Groups[group].Closed && slices.ContainsFunc(w.groups[group].online, func(s seat) bool { return s.agent != but && !l.Agents[s.agent].Suspect })
	}
	for i, t := range l.Line {
		if given[i] {
			continue
		}
		over := l.Groups[t.Group].Overflow
		if there(t.Group, -1) || over >= 0 && there(over, -1) { // else somebody must come first
			at(0)
		}
		for _, g := range []int{t.Group, over} {
			if g >= 0 && l.groups[g].Automatic && !l.hours[g].Open(set.Now) {
				if opens := l.hours[g].Next(set.Now); !opens.IsZero() {
					at(math.Min(3600, opens.Sub(set.Now).Seconds()))
				}
			}
		}
	}
	for _, t := range l.Talks {
		if late := math.Max(t.Since, t.Assigned) + takeAfter - l.Now; t.Waiting && t.TakenBack < takeMost && there(t.Group, t.Agent) {
			if late < -600 { // said, but perhaps nothing is to be answered
				late = 60
			}
			at(late)
		}
	}
	for _, t := range l.Talks {
		if a := l.agents[t.Agent]; Status(a.Status) == Away {
			at(math.Max(seconds(a.StatusAt), t.Assigned) + float64(set.HandBack) - l.Now)
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
