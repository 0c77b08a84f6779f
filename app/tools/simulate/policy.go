package simulate

import "cmp"

// Move names a chat and an agent: an assignment or a release.
type Move struct {
	Chat   int    `json:"chat"`
	Agent  int    `json:"agent"`
	Reason string `json:"why,omitempty"`
}

// Decision is the answer to "decide". Seq is the number of the question.
type Decision struct {
	Seq     int    `json:"seq"`
	Assign  []Move `json:"assign,omitempty"`
	Release []Move `json:"release,omitempty"`
}

// Policy is a way of routing. Event is called for every event, in the order of time; Decide is called again until it decides nothing
// that can be carried out.
type Policy interface {
	Event(e *Event) error
	Decide(t float64, seq int) (Decision, error)
	Close() error
}

// Baselines are the built-in policies by name.
var Baselines = map[string]func() Policy{
	"fewest":     func() Policy { return newTracker(fewestOpen) },
	"roundrobin": func() Policy { return newTracker(nextInTurn) },
	"idle":       func() Policy { return newTracker(longestIdle) },
	"unanswered": func() Policy { return newTracker(fewestUnanswered) },
}

type trackedAgent struct {
	id           int
	online       bool
	cap          int
	groups       []int
	open         map[int]bool
	lastAssigned float64
}

type trackedChat struct {
	id, group, agent int
	since            float64
	waiting          bool
}

// tracker is a policy that assigns to the agent who is best by a comparison. It knows what the events say.
type tracker struct {
	now          float64
	agents       []*trackedAgent
	chats        map[int]*trackedChat
	queued       []*trackedChat
	lastAssigned map[int]int // group -> agent chosen last
	compare      func(b *tracker, group int, x, y *trackedAgent) int
}

func newTracker(compare func(*tracker, int, *trackedAgent, *trackedAgent) int) *tracker {
	return &tracker{chats: map[int]*trackedChat{}, lastAssigned: map[int]int{}, compare: compare}
}

func fewestOpen(_ *tracker, _ int, x, y *trackedAgent) int {
	return cmp.Or(cmp.Compare(len(x.open), len(y.open)), cmp.Compare(x.lastAssigned, y.lastAssigned))
}

func longestIdle(_ *tracker, _ int, x, y *trackedAgent) int {
	return cmp.Compare(x.lastAssigned, y.lastAssigned)
}

// nextInTurn prefers the first agent after the one chosen last in this group.
func nextInTurn(b *tracker, group int, x, y *trackedAgent) int {
	last, ok := b.lastAssigned[group]
	if !ok {
		last = -1
	}
	n := len(b.agents)
	return cmp.Compare((x.id-last-1+n)%n, (y.id-last-1+n)%n)
}

// fewestUnanswered counts waiting visitors before open chats, which shows roughly what counting unanswered work gains.
func fewestUnanswered(b *tracker, group int, x, y *trackedAgent) int {
	return cmp.Or(cmp.Compare(b.unanswered(x), b.unanswered(y)), fewestOpen(b, group, x, y))
}

func (t *tracker) unanswered(a *trackedAgent) int {
	n := 0
	for id := range a.open {
		if t.chats[id].waiting {
			n++
		}
	}
	return n
}

func (t *tracker) agent(id int) *trackedAgent {
	for len(t.agents) <= id {
		t.agents = append(t.agents, &trackedAgent{id: len(t.agents), open: map[int]bool{}, lastAssigned: -1})
	}
	return t.agents[id]
}

func (t *tracker) dequeue(id int) {
	for i, c := range t.queued {
		if c.id == id {
			t.queued = append(t.queued[:i], t.queued[i+1:]...)
			return
		}
	}
}

// Event implements Policy.
func (t *tracker) Event(e *Event) error {
	t.now = e.T
	switch e.Ev {
	case "agent_state":
		a := t.agent(e.Agent)
		a.online, a.cap, a.groups = e.Status == "online", e.Cap, e.Groups
	case "chat_queued":
		c := &trackedChat{id: e.Chat, group: e.Group, agent: Nobody, since: e.Since, waiting: e.Waiting}
		t.chats[e.Chat] = c
		t.queued = append(t.queued, c)
	case "chat_assigned":
		t.dequeue(e.Chat)
		c, a := t.chats[e.Chat], t.agent(e.Agent)
		c.agent = e.Agent
		a.open[e.Chat], a.lastAssigned = true, e.T
		t.lastAssigned[c.group] = e.Agent
	case "chat_unassigned":
		delete(t.agent(e.Agent).open, e.Chat)
	case "visitor_message":
		t.chats[e.Chat].waiting = true
	case "agent_reply":
		t.chats[e.Chat].waiting = false
	case "chat_closed":
		t.dequeue(e.Chat)
		if e.Agent != Nobody {
			delete(t.agent(e.Agent).open, e.Chat)
		}
		delete(t.chats, e.Chat)
	}
	return nil
}

// Decide assigns one chat, the oldest for which an agent is free. The caller asks again until nothing is left to do.
func (t *tracker) Decide(_ float64, seq int) (Decision, error) {
	d := Decision{Seq: seq}
	var best *trackedChat
	var to *trackedAgent
	blocked := map[int]bool{} // groups without a candidate
	for _, c := range t.queued {
		if blocked[c.group] || best != nil && cmp.Or(cmp.Compare(c.since, best.since), c.id-best.id) >= 0 {
			continue
		}
		if a := t.candidate(c.group); a != nil {
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

func (t *tracker) candidate(group int) *trackedAgent {
	var best *trackedAgent
	for _, a := range t.agents {
		if a.online && len(a.open) < a.cap && contains(a.groups, group) &&
			(best == nil || t.compare(t, group, a, best) < 0) {
			best = a
		}
	}
	return best
}

// Close implements Policy.
func (t *tracker) Close() error { return nil }

func contains(list []int, x int) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}
