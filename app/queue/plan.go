package queue

import (
	"bytes"
	"cmp"
	"math"
	"slices"
)

// The rule's constants, in seconds of somebody's waiting.
const (
	harmCounts   = 0.5
	busyCounts   = 80
	formerCounts = 60
	lostCounts   = 30
	oldest       = 300 // a wait beyond which order is strictly by age
	takeEvery    = 5
	takeAfter    = 20
	takeGain     = 60
	takeGainLate = 120 // after a first reply
	takeMost     = 2
	takeRest     = 60 // for so long not given to the agent it was taken from
	silentLeast  = 90
	silentTimes  = 4 // of the expected work for a message
	inHandTimes  = 8 // for the conversation that the agent probably has in hand
)

// Plan decides who gets which conversation now. It is pure: the same state gives the same decision.
func Plan(s *State) Decision {
	var d Decision
	takeBack := s.mayTakeBack()
	if len(s.Line) == 0 && !takeBack {
		return d
	}
	w := newWork(s)
	if takeBack {
		w.takeBack(&d)
	}
	w.assign(&d)
	return d
}

// work is what Plan finds out on its way.
type work struct {
	*State
	agents []load
	groups []floor
	open   []int // conversations that each customer has with agents
}

// load is an agent's work.
type load struct {
	open    int
	inGroup []int   // by place
	live    float64 // live conversations
	backlog float64 // seconds of unanswered work, as far as not done
	silent  float64 // seconds without a reply, with work to do
	share   float64
	talks   []int // that it has
	known   bool  // live, backlog and silent are computed
	suspect bool  // found just now to show no sign of life
}

// floor is a group's agents.
type floor struct {
	online []seat
	busy   float64 // mean busy share
}

// seat is an agent in a group.
type seat struct{ agent, place int }

func newWork(s *State) *work {
	w := &work{State: s, agents: make([]load, len(s.Agents)), groups: make([]floor, len(s.Groups)), open: make([]int, len(s.Customers))}
	counts := make([]int, len(s.Agents))
	for _, t := range s.Talks {
		counts[t.Agent]++
	}
	all := make([]int, 0, len(s.Talks))
	for a, n := range counts {
		all = all[:len(all)+n]
		w.agents[a].talks = all[len(all)-n : len(all)-n : len(all)]
	}
	for i, t := range s.Talks {
		w.agents[t.Agent].talks = append(w.agents[t.Agent].talks, i)
		if t.Customer >= 0 {
			w.open[t.Customer]++
		}
	}
	for i := range s.Agents {
		a, l := &s.Agents[i], &w.agents[i]
		l.open = len(l.talks)
		l.share = a.Share.at(s.Now, a.Status == Online).value()
		if a.Status != Online {
			continue
		}
		for p, place := range a.In {
			g := &w.groups[place.Group]
			g.online = append(g.online, seat{i, p})
			g.busy += l.share
		}
	}
	for i := range w.groups {
		if n := len(w.groups[i].online); n > 0 {
			w.groups[i].busy /= float64(n)
		}
	}
	return w
}

// perMessage is how many seconds of work a message of a group is for an agent.
func (s *State) perMessage(agent, group int) float64 {
	a := &s.Agents[agent]
	h := s.Groups[group].Work * a.Sums.speed()
	for i := range a.In {
		if a.In[i].Group == group {
			return h * a.In[i].Sums.speedIn()
		}
	}
	return h
}

// think is how long a conversation's visitor thinks.
func (s *State) think(t *Talk) float64 {
	return (ownThink*s.Groups[t.Group].Think + t.Think) / (ownThink + t.Thinks)
}

// look computes an agent's load once.
func (w *work) look(agent int) *load {
	l := &w.agents[agent]
	if l.known {
		return l
	}
	l.known = true
	a := &w.Agents[agent]
	first, writes := -1, false
	var firstWork float64
	for _, i := range l.talks {
		t := &w.Talks[i]
		writes = writes || t.Typing
		if !t.Waiting && t.Replied > 0 {
			l.live += alive(w.Now-t.Replied, w.think(t))
			continue
		}
		l.live++
		if !t.Waiting {
			continue
		}
		h := w.perMessage(agent, t.Group)
		l.backlog += h
		if first < 0 || t.Since < w.Talks[first].Since {
			first, firstWork = i, h
		}
	}
	if first >= 0 {
		t := &w.Talks[first]
		if !writes {
			l.silent = math.Max(0, w.Now-max(a.LastReply, a.CameOnline, t.Since, t.Assigned))
		}
		l.backlog -= math.Min(l.silent, 0.7*firstWork)
		l.backlog += math.Max(0, l.silent-silentTimes*firstWork)
	}
	return l
}

// mayTake says why an agent of a group cannot take a conversation; empty if it can.
func (w *work) mayTake(s seat, t *Talk) string {
	a, l := &w.Agents[s.agent], &w.agents[s.agent]
	switch place := a.In[s.place]; {
	case t != nil && !a.serves(t.Customer):
		return "does not serve this customer"
	case a.Suspect || l.suspect:
		return "no sign of life"
	case l.open >= a.Cap:
		return "has all it may have"
	case place.Cap > 0 && w.inGroup(s) >= place.Cap:
		return "has all it may have of this group"
	case t != nil && t.TakenFrom == s.agent && w.Now-t.TakenAt < takeRest:
		return "it was taken back from"
	}
	return ""
}

// inGroup is how many conversations of a place's group its agent has.
func (w *work) inGroup(s seat) int {
	l := &w.agents[s.agent]
	if l.inGroup == nil {
		places := w.Agents[s.agent].In
		l.inGroup = make([]int, len(places))
		for _, i := range l.talks {
			if p := slices.IndexFunc(places, func(p Place) bool { return p.Group == w.Talks[i].Group }); p >= 0 {
				l.inGroup[p]++
			}
		}
	}
	return l.inGroup[s.place]
}

// candidates are the agents who can take a conversation: of the first line, or helpers if nobody of it can.
func (w *work) candidates(group int, t *Talk, to []seat) []seat {
	helpers := false
	for _, s := range w.groups[group].online {
		if w.Agents[s.agent].In[s.place].Helper {
			helpers = true
		} else if w.mayTake(s, t) == "" {
			to = append(to, s)
		}
	}
	if len(to) > 0 || !helpers {
		return to
	}
	for _, s := range w.groups[group].online {
		if w.Agents[s.agent].In[s.place].Helper && w.mayTake(s, t) == "" {
			to = append(to, s)
		}
	}
	return to
}

// score is what giving a conversation to an agent costs, in seconds of somebody's waiting.
func (w *work) score(agent int, t *Talk) Terms {
	a, l, g := &w.Agents[agent], w.look(agent), &w.Groups[t.Group]
	h := w.perMessage(agent, t.Group)
	x := Terms{Agent: a.ID, Backlog: l.backlog, Work: h, Open: l.open, Live: l.live, Speed: h / g.Work, Busy: l.share, GroupBusy: w.groups[t.Group].busy}
	x.Harm = harmCounts * harm(l.live, h, g.Think)
	x.Score = x.Backlog + x.Work + x.Harm + busyCounts*(x.Busy-x.GroupBusy)
	if t.Former == agent {
		x.Former = true
		x.Score -= formerCounts
	}
	x.Score -= math.Min(1, (w.Now-a.LastAssigned)/3600)
	return x
}

// age is how long a conversation has waited, as its place in line counts it.
func (s *State) age(t *Talk) float64 {
	age := s.Now - t.Since
	if t.Lost {
		age += lostCounts
	}
	return age
}

// inOrder returns the line's places, whom to serve first first.
func (s *State) inOrder() []int {
	type key struct {
		old  bool
		wait float64
	}
	weights := make([]float64, len(s.Customers))
	for i := range s.Customers {
		weights[i] = s.Customers[i].weight(s.Now)
	}
	keys, order := make([]key, len(s.Line)), make([]int, len(s.Line))
	for i := range s.Line {
		t := &s.Line[i]
		k := key{wait: s.age(t)}
		if k.old = k.wait > oldest; !k.old {
			k.wait *= math.Exp2(float64(t.Priority))
			if t.Customer >= 0 {
				k.wait *= weights[t.Customer]
			}
		}
		keys[i], order[i] = k, i
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := keys[a], keys[b]
		if x.old != y.old {
			return map[bool]int{true: -1, false: 1}[x.old]
		}
		return cmp.Or(cmp.Compare(y.wait, x.wait), bytes.Compare(s.Line[a].ID[:], s.Line[b].ID[:]))
	})
	return order
}

// assign gives away what can be given.
func (w *work) assign(d *Decision) {
	if len(w.Line) == 0 {
		return
	}
	var seats []seat
	blocked := make([]bool, len(w.Groups))
	for _, i := range w.inOrder() {
		t := &w.Line[i]
		if w.shareUsed(t.Customer) {
			continue // of its customer's share, not of its group's agents
		}
		if !blocked[t.Group] {
			seats = seats[:0]
			if !w.Groups[t.Group].Closed {
				seats = w.candidates(t.Group, t, seats)
			}
			if len(seats) > 0 {
				w.give(d, i, seats)
				continue
			}
			blocked[t.Group] = w.Groups[t.Group].Closed || len(w.candidates(t.Group, nil, seats[:0])) == 0
		}
		if blocked[t.Group] || len(w.candidates(t.Group, anyOf(t.Customer), seats[:0])) == 0 {
			w.overflow(d, i)
		}
	}
}

// anyOf is any conversation of a customer, to ask who could take one.
func anyOf(customer int) *Talk {
	return &Talk{Customer: customer, Agent: -1, Former: -1, TakenFrom: -1}
}

// shareUsed reports whether a customer has as many conversations with agents as it may.
func (w *work) shareUsed(customer int) bool {
	return customer >= 0 && w.Customers[customer].Limit > 0 && w.open[customer] >= w.Customers[customer].Limit
}

// overflow moves a conversation that nobody of its group can take to one of which somebody can, who then has a place less for
// others.
func (w *work) overflow(d *Decision, i int) {
	t := &w.Line[i]
	g := &w.Groups[t.Group]
	if g.Overflow < 0 || w.Now-t.Since < g.After || w.Groups[g.Overflow].Closed {
		return
	}
	seats := w.candidates(g.Overflow, t, nil)
	if len(seats) == 0 {
		return
	}
	there := *t
	there.Group = g.Overflow
	best, _, _, _ := w.best(&there, seats)
	w.occupy(best, &there)
	d.Move = append(d.Move, Move{i, g.Overflow})
}

// best finds the agent with the smallest score, and the one after it (-1: there is none).
func (w *work) best(t *Talk, seats []seat) (best, next int, bestTerms, nextTerms Terms) {
	best, next = -1, -1
	less := func(x, y Terms) bool {
		return cmp.Or(cmp.Compare(x.Score, y.Score), bytes.Compare(x.Agent[:], y.Agent[:])) < 0
	}
	for _, s := range seats {
		x := w.score(s.agent, t)
		switch {
		case best < 0 || less(x, bestTerms):
			next, nextTerms = best, bestTerms
			best, bestTerms = s.agent, x
		case next < 0 || less(x, nextTerms):
			next, nextTerms = s.agent, x
		}
	}
	return best, next, bestTerms, nextTerms
}

func (w *work) give(d *Decision, i int, seats []seat) {
	t := &w.Line[i]
	best, next, bestTerms, nextTerms := w.best(t, seats)
	why := Why{Waited: w.Now - t.Since, Candidates: len(seats), Winner: bestTerms}
	if next >= 0 {
		why.RunnerUp = &nextTerms
	}
	if w.Explain {
		why.PassedOver = w.passedOver(t)
	}
	d.Assign = append(d.Assign, Assignment{i, best, why})
	w.occupy(best, t)
}

// occupy takes into account that an agent gets a conversation.
func (w *work) occupy(agent int, t *Talk) {
	l := w.look(agent)
	w.inGroup(seat{agent, 0}) // counted before, kept up to date after
	l.open++
	l.live++
	if t.Waiting {
		l.backlog += w.perMessage(agent, t.Group)
	}
	for p := range w.Agents[agent].In {
		if w.Agents[agent].In[p].Group == t.Group {
			l.inGroup[p]++
		}
	}
	if t.Customer >= 0 {
		w.open[t.Customer]++
	}
}

// passedOver says of the group's agents who could not take a conversation why not.
func (w *work) passedOver(t *Talk) (list []Passed) {
	for i := range w.Agents {
		a := &w.Agents[i]
		place := slices.IndexFunc(a.In, func(p Place) bool { return p.Group == t.Group })
		if place < 0 || a.Status == Offline || len(list) == passedMost {
			continue
		}
		reason := string(Away)
		if a.Status == Online {
			reason = w.mayTake(seat{i, place}, t)
		}
		if reason != "" {
			list = append(list, Passed{a.ID, reason})
		}
	}
	return list
}
