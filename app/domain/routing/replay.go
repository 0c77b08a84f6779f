package routing

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/google/uuid"

	"parley/app/domain/presence"
)

// replayer has the state that the events of the protocol lead to. Numbers are those of the protocol.
type replayer struct {
	state         State
	agents        map[int]int // by number: index in state.Agents
	customers     map[int]int
	groups        map[int]int
	conversations map[int]*replayedConversation
	agentNumbers  []int        // of the agents, by index
	released      map[int]bool // chats that the last decision wanted to have requeued
}

type replayedConversation struct {
	Conversation
	number  int
	queued  bool
	refused float64 // when Plan wanted it requeued, but it was not; 0: never
}

// typingAssumed is for how many seconds an agent counts as writing after a conversation of its could not be requeued, unless it
// replies.
const typingAssumed = 45

func newReplayer() *replayer {
	return &replayer{
		agents:        map[int]int{},
		customers:     map[int]int{},
		groups:        map[int]int{},
		conversations: map[int]*replayedConversation{},
		released:      map[int]bool{},
		state:         State{LastRequeueAt: math.Inf(-1)},
	}
}

// idOf returns an id that sorts like its number.
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
	at := indexOrAdd(p.agents, n, &p.state.Agents, Agent{
		ID:             idOf(n),
		Status:         presence.Offline,
		LastReplyAt:    math.Inf(-1),
		LastAssignedAt: math.Inf(-1),
		OnlineSince:    math.Inf(-1),
	})
	if at == len(p.agentNumbers) {
		p.agentNumbers = append(p.agentNumbers, n)
	}
	return at
}

// indexOrAdd returns the index of a number in a list; a number that is new is added with an element.
func indexOrAdd[T any](indexes map[int]int, n int, list *[]T, new T) int {
	at, there := indexes[n]
	if !there {
		at = len(*list)
		*list = append(*list, new)
		indexes[n] = at
	}
	return at
}

// apply changes the state by an event. An unknown event, and one of a chat that is closed, changes nothing.
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
	if t := p.conversations[e.Chat]; t != nil {
		p.applyTo(t, e)
	}
}

// applyTo changes a chat by an event.
func (p *replayer) applyTo(t *replayedConversation, e protocolEvent) {
	switch e.Ev {
	case "chat_assigned":
		t.Agent, t.queued, t.AssignedAt, t.LostAgent = p.agentIndex(e.Agent), false, e.T, false
		p.state.Agents[t.Agent].LastAssignedAt = e.T
	case "chat_unassigned":
		p.unassign(t, e)
	case "visitor_message":
		p.visitorMessage(t, e)
	case "agent_reply":
		p.reply(t, e)
	case "chat_closed":
		delete(p.conversations, e.Chat)
		delete(p.released, e.Chat)
	}
}

func (p *replayer) unassign(t *replayedConversation, e protocolEvent) {
	if p.released[e.Chat] {
		delete(p.released, e.Chat)
		t.RequeueCount++
		t.RequeuedFrom, t.RequeuedAt, t.FormerAgent = t.Agent, e.T, -1
	} else {
		t.FormerAgent = t.Agent
	}
	t.Agent = -1
}

func (p *replayer) visitorMessage(t *replayedConversation, e protocolEvent) {
	if t.Waiting {
		return
	}
	if t.RepliedAt > 0 {
		think := e.T - t.RepliedAt
		t.ThinkSeconds += think
		t.ThinkCount++
		p.state.Groups[t.Group].addThink(think)
	}
	t.Waiting, t.WaitingSince = true, e.T
}

func (p *replayer) agentState(e protocolEvent) {
	a := &p.state.Agents[p.agentIndex(e.Agent)]
	a.Occupancy = a.Occupancy.asOf(e.T, a.Status == presence.Online)
	if e.Status == presence.Online && a.Status != presence.Online {
		a.OnlineSince = e.T
	}
	a.Status, a.MaxChats, a.Unresponsive = e.Status, e.Cap, false
	before := a.Memberships
	a.Memberships = nil
	for _, g := range e.Groups {
		membership := Membership{Group: p.groupIndex(g)}
		same := func(b Membership) bool { return b.Group == membership.Group }
		if at := slices.IndexFunc(before, same); at >= 0 {
			membership.ReplyTimes = before[at].ReplyTimes
		}
		a.Memberships = append(a.Memberships, membership)
	}
}

func (p *replayer) enqueue(e protocolEvent) {
	t := p.conversations[e.Chat]
	if t == nil {
		fresh := Conversation{ID: idOf(e.Chat), Agent: -1, FormerAgent: -1, RequeuedFrom: -1}
		t = &replayedConversation{number: e.Chat, Conversation: fresh}
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
