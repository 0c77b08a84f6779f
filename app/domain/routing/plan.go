package routing

import (
	"bytes"
	"cmp"
	"math"
	"slices"
)

// The rule's constants, in seconds of somebody's waiting.
const (
	addedDelayWeight      = 0.5
	occupancyWeight       = 80
	formerAgentBonus      = 60
	lostAgentBonus        = 30
	strictOrderAfter      = 300 // a wait beyond which order is strictly by age
	requeueInterval       = 5
	requeueAfter          = 20
	requeueMinGain        = 60
	requeueMinGainReplied = 120 // after a first reply
	maxRequeues           = 2
	requeueCooldown       = 60 // for so long not given to the agent it was taken from
	minSilence            = 90
	silenceFactor         = 4 // of the expected work for a message
	inProgressFactor      = 8 // for the conversation that the agent probably has in hand
)

// Plan decides who gets which conversation now. It is pure: the same state gives the same decision.
func Plan(s *State) Decision {
	var d Decision
	requeue := s.requeueDue()
	if len(s.Queue) == 0 && !requeue {
		return d
	}
	w := newPlanner(s)
	if requeue {
		w.requeueOverdue(&d)
	}
	w.assign(&d)
	return d
}

// planner is what Plan finds out on its way.
type planner struct {
	*State
	agents         []agentLoad
	groups         []groupStaff
	openByCustomer []int // conversations that each customer has with agents
}

// agentLoad is an agent's work.
type agentLoad struct {
	open             int
	openByMembership []int   // by place
	live             float64 // live conversations
	backlog          float64 // seconds of unanswered work, as far as not done
	silence          float64 // seconds without a reply, with work to do
	occupancy        float64
	conversations    []int // that it has
	computed         bool  // live, backlog and silent are computed
	unresponsive     bool  // found just now to show no sign of life
}

// groupStaff is a group's agents.
type groupStaff struct {
	online    []candidate
	occupancy float64 // mean busy share
}

// candidate is an agent in a group.
type candidate struct{ agent, membership int }

func newPlanner(s *State) *planner {
	w := &planner{State: s, agents: make([]agentLoad, len(s.Agents)), groups: make([]groupStaff, len(s.Groups)), openByCustomer: make([]int, len(s.Customers))}
	counts := make([]int, len(s.Agents))
	for _, t := range s.Assigned {
		counts[t.Agent]++
	}
	all := make([]int, 0, len(s.Assigned))
	for a, n := range counts {
		all = all[:len(all)+n]
		w.agents[a].conversations = all[len(all)-n : len(all)-n : len(all)]
	}
	for i, t := range s.Assigned {
		w.agents[t.Agent].conversations = append(w.agents[t.Agent].conversations, i)
		if t.Customer >= 0 {
			w.openByCustomer[t.Customer]++
		}
	}
	for i := range s.Agents {
		a, l := &s.Agents[i], &w.agents[i]
		l.open = len(l.conversations)
		l.occupancy = a.Occupancy.asOf(s.Now, a.Status == Online).value()
		if a.Status != Online {
			continue
		}
		for p, place := range a.Memberships {
			g := &w.groups[place.Group]
			g.online = append(g.online, candidate{i, p})
			g.occupancy += l.occupancy
		}
	}
	for i := range w.groups {
		if n := len(w.groups[i].online); n > 0 {
			w.groups[i].occupancy /= float64(n)
		}
	}
	return w
}

// workPerMessage is how many seconds of work a message of a group is for an agent.
func (s *State) workPerMessage(agent, group int) float64 {
	a := &s.Agents[agent]
	h := s.Groups[group].Work * a.ReplyTimes.speed()
	for i := range a.Memberships {
		if a.Memberships[i].Group == group {
			return h * a.Memberships[i].ReplyTimes.speedInGroup()
		}
	}
	return h
}

// thinkTime is how long a conversation's visitor thinks.
func (s *State) thinkTime(t *Conversation) float64 {
	return (ownThinkPrior*s.Groups[t.Group].Think + t.ThinkSeconds) / (ownThinkPrior + t.ThinkCount)
}

// load computes an agent's load once.
func (w *planner) load(agent int) *agentLoad {
	l := &w.agents[agent]
	if l.computed {
		return l
	}
	l.computed = true
	a := &w.Agents[agent]
	first, typing := -1, false
	var firstWork float64
	for _, i := range l.conversations {
		t := &w.Assigned[i]
		typing = typing || t.AgentTyping
		if !t.Waiting && t.RepliedAt > 0 {
			l.live += liveWeight(w.Now-t.RepliedAt, w.thinkTime(t))
			continue
		}
		l.live++
		if !t.Waiting {
			continue
		}
		h := w.workPerMessage(agent, t.Group)
		l.backlog += h
		if first < 0 || t.WaitingSince < w.Assigned[first].WaitingSince {
			first, firstWork = i, h
		}
	}
	if first >= 0 {
		t := &w.Assigned[first]
		if !typing {
			l.silence = math.Max(0, w.Now-max(a.LastReplyAt, a.OnlineSince, t.WaitingSince, t.AssignedAt))
		}
		l.backlog -= math.Min(l.silence, 0.7*firstWork)
		l.backlog += math.Max(0, l.silence-silenceFactor*firstWork)
	}
	return l
}

// reasonAgainst says why an agent of a group cannot take a conversation; empty if it can.
func (w *planner) reasonAgainst(s candidate, t *Conversation) string {
	a, l := &w.Agents[s.agent], &w.agents[s.agent]
	switch membership := a.Memberships[s.membership]; {
	case t != nil && !a.mayServe(t.Customer):
		return "does not serve this customer"
	case a.Unresponsive || l.unresponsive:
		return "no sign of life"
	case l.open >= a.MaxChats:
		return "has all it may have"
	case membership.MaxChats > 0 && w.openInGroup(s) >= membership.MaxChats:
		return "has all it may have of this group"
	case t != nil && t.RequeuedFrom == s.agent && w.Now-t.RequeuedAt < requeueCooldown:
		return "it was taken back from"
	}
	return ""
}

// openInGroup is how many conversations of a place's group its agent has.
func (w *planner) openInGroup(s candidate) int {
	l := &w.agents[s.agent]
	if l.openByMembership == nil {
		memberships := w.Agents[s.agent].Memberships
		l.openByMembership = make([]int, len(memberships))
		for _, i := range l.conversations {
			if p := slices.IndexFunc(memberships, func(p Membership) bool { return p.Group == w.Assigned[i].Group }); p >= 0 {
				l.openByMembership[p]++
			}
		}
	}
	return l.openByMembership[s.membership]
}

// candidates are the agents who can take a conversation: of the first line, or helpers if nobody of it can.
func (w *planner) candidates(group int, t *Conversation, to []candidate) []candidate {
	helpers := false
	for _, s := range w.groups[group].online {
		if w.Agents[s.agent].Memberships[s.membership].Helper {
			helpers = true
		} else if w.reasonAgainst(s, t) == "" {
			to = append(to, s)
		}
	}
	if len(to) > 0 || !helpers {
		return to
	}
	for _, s := range w.groups[group].online {
		if w.Agents[s.agent].Memberships[s.membership].Helper && w.reasonAgainst(s, t) == "" {
			to = append(to, s)
		}
	}
	return to
}

// score is what giving a conversation to an agent costs, in seconds of somebody's waiting.
func (w *planner) score(agent int, t *Conversation) AgentScore {
	a, l, g := &w.Agents[agent], w.load(agent), &w.Groups[t.Group]
	h := w.workPerMessage(agent, t.Group)
	x := AgentScore{Agent: a.ID, Backlog: l.backlog, Work: h, Open: l.open, Live: l.live, Speed: h / g.Work, Occupancy: l.occupancy, GroupOccupancy: w.groups[t.Group].occupancy}
	x.AddedDelay = addedDelayWeight * addedDelay(l.live, h, g.Think)
	x.Score = x.Backlog + x.Work + x.AddedDelay + occupancyWeight*(x.Occupancy-x.GroupOccupancy)
	if t.FormerAgent == agent {
		x.FormerAgent = true
		x.Score -= formerAgentBonus
	}
	x.Score -= math.Min(1, (w.Now-a.LastAssignedAt)/3600)
	return x
}

// effectiveWait is how long a conversation has waited, as its place in line counts it.
func (s *State) effectiveWait(t *Conversation) float64 {
	wait := s.Now - t.WaitingSince
	if t.LostAgent {
		wait += lostAgentBonus
	}
	return wait
}

// queueOrder returns the line's places, whom to serve first first.
func (s *State) queueOrder() []int {
	type key struct {
		old  bool
		wait float64
	}
	weights := make([]float64, len(s.Customers))
	for i := range s.Customers {
		weights[i] = s.Customers[i].weight(s.Now)
	}
	keys, order := make([]key, len(s.Queue)), make([]int, len(s.Queue))
	for i := range s.Queue {
		t := &s.Queue[i]
		k := key{wait: s.effectiveWait(t)}
		if k.old = k.wait > strictOrderAfter; !k.old {
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
		return cmp.Or(cmp.Compare(y.wait, x.wait), bytes.Compare(s.Queue[a].ID[:], s.Queue[b].ID[:]))
	})
	return order
}

// assign gives away what can be given.
func (w *planner) assign(d *Decision) {
	if len(w.Queue) == 0 {
		return
	}
	var candidates []candidate
	blocked := make([]bool, len(w.Groups))
	for _, i := range w.queueOrder() {
		t := &w.Queue[i]
		if w.capacityShareUsed(t.Customer) {
			continue // of its customer's share, not of its group's agents
		}
		if !blocked[t.Group] {
			candidates = candidates[:0]
			if !w.Groups[t.Group].Closed {
				candidates = w.candidates(t.Group, t, candidates)
			}
			if len(candidates) > 0 {
				w.assignBest(d, i, candidates)
				continue
			}
			blocked[t.Group] = w.Groups[t.Group].Closed || len(w.candidates(t.Group, nil, candidates[:0])) == 0
		}
		if blocked[t.Group] || len(w.candidates(t.Group, anyConversationOf(t.Customer), candidates[:0])) == 0 {
			w.overflow(d, i)
		}
	}
}

// anyConversationOf is any conversation of a customer, to ask who could take one.
func anyConversationOf(customer int) *Conversation {
	return &Conversation{Customer: customer, Agent: -1, FormerAgent: -1, RequeuedFrom: -1}
}

// capacityShareUsed reports whether a customer has as many conversations with agents as it may.
func (w *planner) capacityShareUsed(customer int) bool {
	return customer >= 0 && w.Customers[customer].CapacityShare > 0 && w.openByCustomer[customer] >= w.Customers[customer].CapacityShare
}

// overflow moves a conversation that nobody of its group can take to one of which somebody can, who then has a place less for
// others.
func (w *planner) overflow(d *Decision, i int) {
	t := &w.Queue[i]
	g := &w.Groups[t.Group]
	if g.Overflow < 0 || w.Now-t.WaitingSince < g.OverflowAfter || w.Groups[g.Overflow].Closed {
		return
	}
	candidates := w.candidates(g.Overflow, t, nil)
	if len(candidates) == 0 {
		return
	}
	moved := *t
	moved.Group = g.Overflow
	best, _, _, _ := w.bestCandidates(&moved, candidates)
	w.addConversation(best, &moved)
	d.Move = append(d.Move, Move{i, g.Overflow})
}

// bestCandidates finds the agent with the smallest score, and the one after it (-1: there is none).
func (w *planner) bestCandidates(t *Conversation, candidates []candidate) (best, next int, bestScore, nextScore AgentScore) {
	best, next = -1, -1
	less := func(x, y AgentScore) bool {
		return cmp.Or(cmp.Compare(x.Score, y.Score), bytes.Compare(x.Agent[:], y.Agent[:])) < 0
	}
	for _, s := range candidates {
		x := w.score(s.agent, t)
		switch {
		case best < 0 || less(x, bestScore):
			next, nextScore = best, bestScore
			best, bestScore = s.agent, x
		case next < 0 || less(x, nextScore):
			next, nextScore = s.agent, x
		}
	}
	return best, next, bestScore, nextScore
}

func (w *planner) assignBest(d *Decision, i int, candidates []candidate) {
	t := &w.Queue[i]
	best, next, bestScore, nextScore := w.bestCandidates(t, candidates)
	explanation := Explanation{Waited: w.Now - t.WaitingSince, Candidates: len(candidates), Winner: bestScore}
	if next >= 0 {
		explanation.RunnerUp = &nextScore
	}
	if w.Explain {
		explanation.PassedOver = w.passedOver(t)
	}
	d.Assign = append(d.Assign, Assignment{i, best, explanation})
	w.addConversation(best, t)
}

// addConversation takes into account that an agent gets a conversation.
func (w *planner) addConversation(agent int, t *Conversation) {
	l := w.load(agent)
	w.openInGroup(candidate{agent, 0}) // counted before, kept up to date after
	l.open++
	l.live++
	if t.Waiting {
		l.backlog += w.workPerMessage(agent, t.Group)
	}
	for p := range w.Agents[agent].Memberships {
		if w.Agents[agent].Memberships[p].Group == t.Group {
			l.openByMembership[p]++
		}
	}
	if t.Customer >= 0 {
		w.openByCustomer[t.Customer]++
	}
}

// passedOver says of the group's agents who could not take a conversation why not.
func (w *planner) passedOver(t *Conversation) (list []PassedOverAgent) {
	for i := range w.Agents {
		a := &w.Agents[i]
		membership := slices.IndexFunc(a.Memberships, func(p Membership) bool { return p.Group == t.Group })
		if membership < 0 || a.Status == Offline || len(list) == maxPassedOver {
			continue
		}
		reason := string(Away)
		if a.Status == Online {
			reason = w.reasonAgainst(candidate{i, membership}, t)
		}
		if reason != "" {
			list = append(list, PassedOverAgent{a.ID, reason})
		}
	}
	return list
}
