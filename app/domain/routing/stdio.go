package routing

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/google/uuid"
)

// Drive plays events from in, a JSON object a line, through Plan and the estimates, and writes the decisions to out. It is
// for measuring, without a database. Events, in the order of their times ("t", seconds):
//
//	init            n_groups, n_customers
//	agent_state     agent, status, cap, groups
//	chat_queued     chat, group, customer, priority, waiting, since, first, requeued
//	chat_assigned   chat, agent
//	chat_unassigned chat, agent
//	visitor_message chat, agent
//	agent_reply     chat, agent, first
//	chat_closed     chat, agent, outcome
//	tick
//	decide          seq: answered by {"seq", "assign": [{"chat", "agent", "why"}], "release": [{"chat", "agent"}]}
func Drive(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), 1<<20)
	w := bufio.NewWriter(out)
	p := newReplayer()
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var e protocolEvent
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if e.Ev == "decide" {
			if err := json.NewEncoder(w).Encode(p.decide(e)); err != nil {
				return err
			}
			if err := w.Flush(); err != nil {
				return err
			}
			continue
		}
		p.apply(e)
	}
	return lines.Err()
}

// protocolEvent is every event that Drive knows.
type protocolEvent struct {
	Ev       string  `json:"ev"`
	T        float64 `json:"t"`
	Seq      int     `json:"seq"`
	Groups   []int   `json:"groups"`
	NGroups  int     `json:"n_groups"`
	Agent    int     `json:"agent"`
	Status   Status  `json:"status"`
	Cap      int     `json:"cap"`
	Chat     int     `json:"chat"`
	Group    int     `json:"group"`
	Customer int     `json:"customer"`
	Priority float64 `json:"priority"`
	Waiting  bool    `json:"waiting"`
	Since    float64 `json:"since"`
	First    bool    `json:"first"`
	Requeued bool    `json:"requeued"`
}

type protocolDecision struct {
	Seq     int            `json:"seq"`
	Assign  []protocolMove `json:"assign,omitempty"`
	Release []protocolMove `json:"release,omitempty"`
}

type protocolMove struct {
	Chat   int    `json:"chat"`
	Agent  int    `json:"agent"`
	Reason string `json:"why,omitempty"`
}

// replayer keeps the state that the events make.
type replayer struct {
	state         State
	agents        map[int]int // number to place
	customers     map[int]int
	groups        map[int]int
	conversations map[int]*replayedConversation
	agentNumbers  []int // of the agents, by place
	released      map[int]bool
}

type replayedConversation struct {
	Conversation
	number  int
	queued  bool
	refused float64 // when it was asked for in vain
}

// typingAssumed is how long an agent counts as writing after a conversation could not be taken from it, unless it replies.
const typingAssumed = 45

func newReplayer() *replayer {
	return &replayer{agents: map[int]int{}, customers: map[int]int{}, groups: map[int]int{}, conversations: map[int]*replayedConversation{}, released: map[int]bool{},
		state: State{LastRequeueAt: math.Inf(-1)}}
}

// idOf is an id that sorts like its number.
func idOf(n int) (id uuid.UUID) {
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	return id
}

func (p *replayer) groupIndex(n int) int {
	return indexOrAdd(p.groups, n, &p.state.Groups, Group{ID: idOf(n), GroupEstimate: NewGroupEstimate(), Overflow: -1})
}

func (p *replayer) customerIndex(n int) int {
	return indexOrAdd(p.customers, n, &p.state.Customers, Customer{ID: idOf(n)})
}

func (p *replayer) agentIndex(n int) int {
	at := indexOrAdd(p.agents, n, &p.state.Agents, Agent{ID: idOf(n), Status: Offline, LastReplyAt: math.Inf(-1), LastAssignedAt: math.Inf(-1), OnlineSince: math.Inf(-1)})
	if at == len(p.agentNumbers) {
		p.agentNumbers = append(p.agentNumbers, n)
	}
	return at
}

// indexOrAdd returns the place of a number in a list, adding what is new.
func indexOrAdd[T any](indexes map[int]int, n int, list *[]T, new T) int {
	at, there := indexes[n]
	if !there {
		at = len(*list)
		*list = append(*list, new)
		indexes[n] = at
	}
	return at
}

// apply takes an event in. What it does not know, and what is about a chat that is over, changes nothing.
func (p *replayer) apply(e protocolEvent) {
	p.state.Now = e.T
	switch e.Ev {
	case "init":
		for g := range e.NGroups {
			p.groupIndex(g)
		}
	case "agent_state":
		p.agentState(e)
	case "chat_queued":
		p.enqueue(e)
	}
	t := p.conversations[e.Chat]
	if t == nil {
		return
	}
	switch e.Ev {
	case "chat_assigned":
		t.Agent, t.queued, t.AssignedAt, t.LostAgent = p.agentIndex(e.Agent), false, e.T, false
		p.state.Agents[t.Agent].LastAssignedAt = e.T
	case "chat_unassigned":
		if p.released[e.Chat] {
			delete(p.released, e.Chat)
			t.RequeueCount++
			t.RequeuedFrom, t.RequeuedAt, t.FormerAgent = t.Agent, e.T, -1
		} else {
			t.FormerAgent = t.Agent
		}
		t.Agent = -1
	case "visitor_message":
		if !t.Waiting && t.RepliedAt > 0 {
			think := e.T - t.RepliedAt
			t.ThinkSeconds += think
			t.ThinkCount++
			p.state.Groups[t.Group].addThink(think)
		}
		if !t.Waiting {
			t.Waiting, t.WaitingSince = true, e.T
		}
	case "agent_reply":
		p.reply(t, e)
	case "chat_closed":
		delete(p.conversations, e.Chat)
		delete(p.released, e.Chat)
	}
}

func (p *replayer) agentState(e protocolEvent) {
	a := &p.state.Agents[p.agentIndex(e.Agent)]
	a.Occupancy = a.Occupancy.asOf(e.T, a.Status == Online)
	if e.Status == Online && a.Status != Online {
		a.OnlineSince = e.T
	}
	a.Status, a.MaxChats, a.Unresponsive = e.Status, e.Cap, false
	before := a.Memberships
	a.Memberships = nil
	for _, g := range e.Groups {
		membership := Membership{Group: p.groupIndex(g)}
		if at := slices.IndexFunc(before, func(b Membership) bool { return b.Group == membership.Group }); at >= 0 {
			membership.ReplyTimes = before[at].ReplyTimes
		}
		a.Memberships = append(a.Memberships, membership)
	}
}

func (p *replayer) enqueue(e protocolEvent) {
	t := p.conversations[e.Chat]
	if t == nil {
		t = &replayedConversation{number: e.Chat, Conversation: Conversation{ID: idOf(e.Chat), Agent: -1, FormerAgent: -1, RequeuedFrom: -1}}
		p.conversations[e.Chat] = t
		t.Customer = p.customerIndex(e.Customer)
		if !e.Requeued {
			p.state.Customers[t.Customer].Arrivals.add(e.T)
		}
	}
	group := p.groupIndex(e.Group)
	if group != t.Group {
		t.FormerAgent = -1
	}
	t.Group, t.Customer, t.Priority = group, p.customerIndex(e.Customer), int(e.Priority)
	t.queued, t.Agent, t.Waiting, t.WaitingSince, t.LostAgent = true, -1, e.Waiting, e.Since, e.Requeued
	if !e.Waiting {
		t.WaitingSince = e.T
	}
	if e.First {
		t.RepliedAt = 0
	}
}

func (p *replayer) reply(t *replayedConversation, e protocolEvent) {
	a := &p.state.Agents[p.agentIndex(e.Agent)]
	if t.Waiting {
		g := &p.state.Groups[t.Group]
		h := handlingTime(e.T, t.WaitingSince, t.AssignedAt, a.LastReplyAt, a.OnlineSince)
		learn(g, a, t.Group, h, e.T)
	}
	a.LastReplyAt, a.Unresponsive = e.T, false
	t.Waiting, t.RepliedAt = false, e.T
	for _, o := range p.conversations {
		if o.Agent == t.Agent {
			o.refused = 0
		}
	}
}

// learn takes in that a reply took an agent h seconds.
func learn(g *Group, a *Agent, group int, h, now float64) {
	speed := a.ReplyTimes.speed()
	for i := range a.Memberships {
		if a.Memberships[i].Group == group {
			a.Memberships[i].ReplyTimes.add(h, g.Work*speed)
		}
	}
	a.ReplyTimes.add(h, g.Work)
	a.Occupancy = a.Occupancy.asOf(now, a.Status == Online)
	a.Occupancy.Busy += h
	g.addReply(h / math.Sqrt(speed))
}

func (p *replayer) decide(e protocolEvent) protocolDecision {
	s := &p.state
	if e.T > s.Now {
		s.Now = e.T
	}
	s.Assigned, s.Queue = s.Assigned[:0], s.Queue[:0]
	for n := range p.released { // asked for before and not done: its agent is writing in it
		p.conversations[n].refused = s.Now
	}
	clear(p.released)
	for _, t := range p.conversations {
		t.AgentTyping = t.refused > 0 && s.Now-t.refused < typingAssumed
		switch {
		case t.queued:
			s.Queue = append(s.Queue, t.Conversation)
		case t.Agent >= 0:
			s.Assigned = append(s.Assigned, t.Conversation)
		}
	}
	byID := func(a, b Conversation) int { return slices.Compare(a.ID[8:], b.ID[8:]) }
	slices.SortFunc(s.Assigned, byID)
	slices.SortFunc(s.Queue, byID)
	d := Plan(s)
	for _, a := range d.Unresponsive {
		s.Agents[a].Unresponsive = true
	}
	answer := protocolDecision{Seq: e.Seq}
	number := func(t Conversation) int { return int(binary.BigEndian.Uint64(t.ID[8:])) }
	for _, x := range d.Assign {
		answer.Assign = append(answer.Assign, protocolMove{Chat: number(s.Queue[x.Conversation]), Agent: p.agentNumbers[x.Agent]})
	}
	for _, x := range d.Requeue {
		n := number(s.Assigned[x.Conversation])
		p.released[n] = true
		answer.Release = append(answer.Release, protocolMove{Chat: n, Agent: p.agentNumbers[s.Assigned[x.Conversation].Agent], Reason: x.Reason})
		s.LastRequeueAt = s.Now
	}
	return answer
}
