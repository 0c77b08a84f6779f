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

// loaded is a State with what is around it.
type loaded struct {
	State
	names  map[uuid.UUID]string // of agents
	groups []queuedb.RouteGroupsRow
	hours  []Hours
	agents []queuedb.RouteAgentsRow
	place  map[uuid.UUID]int // of agents in State.Agents
	talks  []queuedb.RouteTalksRow
	places []queuedb.RoutePlacesRow
	line   []queuedb.RouteLineRow
	cut    bool // a line is longer than what was read of it
	free   int  // conversations that the agents could have besides

	groupAt    map[uuid.UUID]int // places in State.Groups
	customerAt map[uuid.UUID]int // and in State.Customers
}

func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

func secondsOr(t *time.Time, otherwise float64) float64 {
	if t == nil {
		return otherwise
	}
	return seconds(*t)
}

// readState reads all that a decision depends on but those who wait.
func readState(ctx context.Context, q *queuedb.Queries, set queuedb.RouteSettingsRow) (*loaded, error) {
	l := &loaded{names: map[uuid.UUID]string{}, place: map[uuid.UUID]int{}}
	l.Now, l.TookBack, l.Explain = seconds(set.Now), secondsOr(set.TookBackAt, math.Inf(-1)), true
	groups := map[uuid.UUID]int{}
	l.groupAt = groups
	var err error
	if l.groups, err = q.RouteGroups(ctx); err != nil {
		return nil, err
	}
	for i, g := range l.groups {
		groups[g.ID] = i
		h := readHours(g.TimeZone, g.Hours, g.Holidays)
		l.hours = append(l.hours, h)
		l.Groups = append(l.Groups, Group{ID: g.ID, Closed: !g.Automatic || !h.Open(set.Now), Pace: Pace{g.Work, g.Replies, g.Think, g.Messages}, Overflow: -1,
			After: float64(g.OverflowAfter)})
	}
	for i, g := range l.groups {
		if g.OverflowID != nil && *g.OverflowID != g.ID {
			if to, there := groups[*g.OverflowID]; there {
				l.Groups[i].Overflow = to
			}
		}
	}
	if l.agents, err = q.RouteAgents(ctx); err != nil {
		return nil, err
	}
	customers, err := l.loadCustomers(ctx, q)
	if err != nil {
		return nil, err
	}
	l.customerAt = customers
	for i, a := range l.agents {
		l.place[a.UserID], l.names[a.UserID] = i, a.Name
		l.Agents = append(l.Agents, Agent{ID: a.UserID, Status: Status(a.Status), Cap: int(a.HardCap), Suspect: a.SuspectSince != nil,
			CameOnline: secondsOr(a.CameOnline, math.Inf(-1)), LastReply: secondsOr(a.LastReplyAt, math.Inf(-1)),
			LastAssigned: secondsOr(a.LastAssignedAt, math.Inf(-1)), Sums: Sums{a.Took, a.Expected}, Share: Share{a.Busy, a.Online, seconds(a.BusyAt)}, Limited: a.Limited})
		for _, c := range a.Customers {
			if at, there := customers[c]; there {
				l.Agents[i].Serves = append(l.Agents[i].Serves, at)
			}
		}
	}
	if l.places, err = q.RoutePlaces(ctx); err != nil {
		return nil, err
	}
	for _, p := range l.places {
		at, there := l.place[p.UserID]
		g, known := groups[p.GroupID]
		if !there || !known { // came between the two statements
			continue
		}
		place := Place{Group: g, Helper: p.Helper, Sums: Sums{p.Took, p.Expected}}
		if p.Cap != nil {
			place.Cap = int(*p.Cap)
		}
		l.Agents[at].In = append(l.Agents[at].In, place)
	}
	return l, l.loadTalks(ctx, q)
}

// loadCustomers reads the customers and returns their places in the list.
func (l *loaded) loadCustomers(ctx context.Context, q *queuedb.Queries) (map[uuid.UUID]int, error) {
	list, err := q.RouteCustomers(ctx)
	at := make(map[uuid.UUID]int, len(list))
	for i, c := range list {
		at[c.ID] = i
		x := Customer{ID: c.ID}
		if c.Share != nil {
			x.Limit = int(*c.Share)
		}
		if c.Short != nil && c.Long != nil {
			x.Arrivals = Arrivals{*c.Short, *c.Long, secondsOr(c.At, 0), secondsOr(c.FirstAt, 0)}
		}
		l.Customers = append(l.Customers, x)
	}
	return at, err
}

// customer is the place of a customer in the list; -1: it is not there.
func (l *loaded) customer(id uuid.UUID) int { return placeIn(l.customerAt, &id) }

// placeIn is the place of an id in a list; -1: there is none, or it is not there.
func placeIn(places map[uuid.UUID]int, id *uuid.UUID) int {
	if id != nil {
		if at, there := places[*id]; there {
			return at
		}
	}
	return -1
}

func (l *loaded) loadTalks(ctx context.Context, q *queuedb.Queries) error {
	var err error
	if l.talks, err = q.RouteTalks(ctx); err != nil {
		return err
	}
	for _, c := range l.talks {
		g, known := l.groupAt[c.GroupID]
		t := Talk{ID: c.ID, Group: g, Customer: l.customer(c.CustomerID), Agent: placeIn(l.place, c.AgentID), Waiting: c.WaitingSince != nil, Since: secondsOr(c.WaitingSince, 0),
			Assigned: secondsOr(c.AssignedAt, 0), Replied: secondsOr(c.RepliedAt, 0), Think: float64(c.Think), Thinks: float64(c.Thinks),
			TakenBack: int(c.TakenBack), Former: -1, TakenFrom: -1}
		if known && t.Agent >= 0 {
			l.Talks = append(l.Talks, t)
		}
	}
	counted := map[int]int{}
	for _, t := range l.Talks {
		counted[t.Agent]++
	}
	for i, a := range l.agents { // what the database counts is what it goes by
		l.Agents[i].Cap -= max(0, int(a.OpenChats)-counted[i])
	}
	return nil
}

// deciding returns the groups from whose queues a conversation can be assigned or moved now, and notes how many can be at most.
func (l *loaded) deciding() (groups []uuid.UUID) {
	w := newWork(&l.State)
	able := make([]bool, len(l.Groups))
	counted := make([]bool, len(l.Agents))
	for i := range l.Groups {
		if l.Groups[i].Closed {
			continue
		}
		for _, s := range w.groups[i].online {
			if w.mayTake(s, nil) != "" {
				continue
			}
			able[i] = true
			if !counted[s.agent] {
				counted[s.agent] = true
				l.free += l.Agents[s.agent].Cap - w.agents[s.agent].open
			}
		}
	}
	for i, g := range l.Groups {
		if able[i] || g.Overflow >= 0 && able[g.Overflow] {
			groups = append(groups, g.ID)
		}
	}
	return groups
}

// everyGroup names all groups.
func (l *loaded) everyGroup() []uuid.UUID {
	list := make([]uuid.UUID, len(l.groups))
	for i, g := range l.groups {
		list[i] = g.ID
	}
	return list
}

// loadLine reads the heads of the queues: of some groups' so many each, of every other group's one.
func (l *loaded) loadLine(ctx context.Context, q *queuedb.Queries, deciding []uuid.UUID, most int) error {
	var err error
	if l.line, err = q.RouteLine(ctx, queuedb.RouteLineParams{Deciding: deciding, Most: int32(most)}); err != nil {
		return err
	}
	read := map[[2]uuid.UUID]int{}
	for _, c := range l.line {
		g, known := l.groupAt[c.GroupID]
		if !known {
			continue
		}
		queue := [2]uuid.UUID{c.GroupID, c.WebsiteID}
		read[queue]++
		l.cut = l.cut || read[queue] >= most
		l.Line = append(l.Line, Talk{ID: c.ID, Group: g, Customer: l.customer(c.CustomerID), Agent: -1, Priority: int(c.Priority), Waiting: c.WaitingSince != nil,
			Since: seconds(c.LineSince), Replied: secondsOr(c.RepliedAt, 0), Think: float64(c.Think), Thinks: float64(c.Thinks), Lost: c.Lost,
			Former: placeIn(l.place, c.FormerID), TakenBack: int(c.TakenBack), TakenFrom: placeIn(l.place, c.TakenFrom), TakenAt: secondsOr(c.TakenAt, 0)})
	}
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
