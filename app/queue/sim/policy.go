package sim

import "cmp"

// Move names a chat and an agent: an assignment or a release.
type Move struct {
	Chat  int    `json:"chat"`
	Agent int    `json:"agent"`
	Why   string `json:"why,omitempty"`
}

// Decision is the answer to "decide".
type Decision struct {
	Seq     int    `json:"seq"`
	Assign  []Move `json:"assign,omitempty"`
	Release []Move `json:"release,omitempty"`
}

// Policy is a way of routing. It sees every event and is asked for decisions.
type Policy interface {
	Event(e *Event) error
	Decide(t float64, seq int) (Decision, error)
	Close() error
}

// Baselines are the built-in policies by name.
var Baselines = map[string]func() Policy{
	"fewest":     func() Policy { return newBoard(fewestOpen) },
	"roundrobin": func() Policy { return newBoard(nextInTurn) },
	"idle":       func() Policy { return newBoard(longestIdle) },
	"unanswered": func() Policy { return newBoard(fewestUnanswered) },
}

type boardAgent struct {
	id           int
	online       bool
	cap          int
	groups       []int
	open         map[int]bool
	lastAssigned float64
}

type boardChat struct {
	id, group, agent int
	since            float64
	waiting          bool
}

// board is what a policy can know from the events alone.
type board struct {
	now     float64
	agents  []*boardAgent
	chats   map[int]*boardChat
	queued  []*boardChat
	turn    map[int]int // group -> agent chosen last
	compare func(b *board, group int, x, y *boardAgent) int
}

func newBoard(compare func(*board, int, *boardAgent, *boardAgent) int) *board {
	return &board{chats: map[int]*boardChat{}, turn: map[int]int{}, compare: compare}
}

func fewestOpen(_ *board, _ int, x, y *boardAgent) int {
	return cmp.Or(cmp.Compare(len(x.open), len(y.open)), cmp.Compare(x.lastAssigned, y.lastAssigned))
}

func longestIdle(_ *board, _ int, x, y *boardAgent) int {
	return cmp.Compare(x.lastAssigned, y.lastAssigned)
}

// nextInTurn prefers the first agent after the one chosen last in this group.
func nextInTurn(b *board, group int, x, y *boardAgent) int {
	last, ok := b.turn[group]
	if !ok {
		last = -1
	}
	n := len(b.agents)
	return cmp.Compare((x.id-last-1+n)%n, (y.id-last-1+n)%n)
}

// fewestUnanswered counts waiting visitors before open chats: a crude hint of
// what counting unanswered work gains.
func fewestUnanswered(b *board, group int, x, y *boardAgent) int {
	return cmp.Or(cmp.Compare(b.unanswered(x), b.unanswered(y)), fewestOpen(b, group, x, y))
}

func (b *board) unanswered(a *boardAgent) int {
	n := 0
	for id := range a.open {
		if b.chats[id].waiting {
			n++
		}
	}
	return n
}

func (b *board) agent(id int) *boardAgent {
	for len(b.agents) <= id {
		b.agents = append(b.agents, &boardAgent{id: len(b.agents), open: map[int]bool{}, lastAssigned: -1})
	}
	return b.agents[id]
}

func (b *board) dequeue(id int) {
	for i, c := range b.queued {
		if c.id == id {
			b.queued = append(b.queued[:i], b.queued[i+1:]...)
			return
		}
	}
}

func (b *board) Event(e *Event) error {
	b.now = e.T
	switch e.Ev {
	case "agent_state":
		a := b.agent(e.Agent)
		a.online, a.cap, a.groups = e.Status == "online", e.Cap, e.Groups
	case "chat_queued":
		c := &boardChat{id: e.Chat, group: e.Group, agent: Nobody, since: e.Since, waiting: e.Waiting}
		b.chats[e.Chat] = c
		b.queued = append(b.queued, c)
	case "chat_assigned":
		b.dequeue(e.Chat)
		c, a := b.chats[e.Chat], b.agent(e.Agent)
		c.agent = e.Agent
		a.open[e.Chat], a.lastAssigned = true, e.T
		b.turn[c.group] = e.Agent
	case "chat_unassigned":
		delete(b.agent(e.Agent).open, e.Chat)
	case "visitor_message":
		b.chats[e.Chat].waiting = true
	case "agent_reply":
		b.chats[e.Chat].waiting = false
	case "chat_closed":
		b.dequeue(e.Chat)
		if e.Agent != Nobody {
			delete(b.agent(e.Agent).open, e.Chat)
		}
		delete(b.chats, e.Chat)
	}
	return nil
}

// Decide assigns one chat, the oldest for which somebody is free; the caller
// asks again until nothing is left to do.
func (b *board) Decide(_ float64, seq int) (Decision, error) {
	d := Decision{Seq: seq}
	var best *boardChat
	var to *boardAgent
	blocked := map[int]bool{} // groups without a candidate
	for _, c := range b.queued {
		if blocked[c.group] || best != nil && cmp.Or(cmp.Compare(c.since, best.since), c.id-best.id) >= 0 {
			continue
		}
		if a := b.candidate(c.group); a != nil {
			best, to = c, a
		} else {
			blocked[c.group] = true
		}
	}
	if best != nil {
		d.Assign = []Move{{Chat: best.id, Agent: to.id}}
	}
	return d, nil
}

func (b *board) candidate(group int) *boardAgent {
	var best *boardAgent
	for _, a := range b.agents {
		if a.online && len(a.open) < a.cap && contains(a.groups, group) &&
			(best == nil || b.compare(b, group, a, best) < 0) {
			best = a
		}
	}
	return best
}

func (b *board) Close() error { return nil }

func contains(list []int, x int) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}
