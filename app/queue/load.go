package queue

import (
	"context"
	"math"
	"time"

	"github.com/google/uuid"

	"parley/app/queue/internal/queuedb"
)

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
