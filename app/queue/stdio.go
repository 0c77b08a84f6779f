package queue

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
	p := newPlayer()
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var e played
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
		p.play(e)
	}
	return lines.Err()
}

// played is every event that Drive knows.
type played struct {
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

type decided struct {
	Seq     int     `json:"seq"`
	Assign  []given `json:"assign,omitempty"`
	Release []given `json:"release,omitempty"`
}

type given struct {
	Chat  int    `json:"chat"`
	Agent int    `json:"agent"`
	Why   string `json:"why,omitempty"`
}

// player keeps the state that the events make.
type player struct {
	s         State
	agents    map[int]int // number to place
	customers map[int]int
	groups    map[int]int
	talks     map[int]*playedTalk
	numbers   []int // of the agents, by place
	taken     map[int]bool
}

type playedTalk struct {
	Talk
	number  int
	queued  bool
	refused float64 // when it was asked for in vain
}

// writesFor is how long an agent counts as writing after a conversation could not be taken from it, unless it replies.
const writesFor = 45

func newPlayer() *player {
	return &player{agents: map[int]int{}, customers: map[int]int{}, groups: map[int]int{}, talks: map[int]*playedTalk{}, taken: map[int]bool{},
		s: State{TookBack: math.Inf(-1)}}
}

// numbered is an id that sorts like its number.
func numbered(n int) (id uuid.UUID) {
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	return id
}

func (p *player) group(n int) int {
	return placed(p.groups, n, &p.s.Groups, Group{ID: numbered(n), Pace: NewPace(), Overflow: -1})
}

func (p *player) customer(n int) int {
	return placed(p.customers, n, &p.s.Customers, Customer{ID: numbered(n)})
}

func (p *player) agent(n int) int {
	at := placed(p.agents, n, &p.s.Agents, Agent{ID: numbered(n), Status: Offline, LastReply: math.Inf(-1), LastAssigned: math.Inf(-1), CameOnline: math.Inf(-1)})
	if at == len(p.numbers) {
		p.numbers = append(p.numbers, n)
	}
	return at
}

// placed returns the place of a number in a list, adding what is new.
func placed[T any](places map[int]int, n int, list *[]T, new T) int {
	at, there := places[n]
	if !there {
		at = len(*list)
		*list = append(*list, new)
		places[n] = at
	}
	return at
}

// play takes an event in. What it does not know, and what is about a chat that is over, changes nothing.
func (p *player) play(e played) {
	p.s.Now = e.T
	switch e.Ev {
	case "init":
		for g := range e.NGroups {
			p.group(g)
		}
	case "agent_state":
		p.agentState(e)
	case "chat_queued":
		p.queued(e)
	}
	t := p.talks[e.Chat]
	if t == nil {
		return
	}
	switch e.Ev {
	case "chat_assigned":
		t.Agent, t.queued, t.Assigned, t.Lost = p.agent(e.Agent), false, e.T, false
		p.s.Agents[t.Agent].LastAssigned = e.T
	case "chat_unassigned":
		if p.taken[e.Chat] {
			delete(p.taken, e.Chat)
			t.TakenBack++
			t.TakenFrom, t.TakenAt, t.Former = t.Agent, e.T, -1
		} else {
			t.Former = t.Agent
		}
		t.Agent = -1
	case "visitor_message":
		if !t.Waiting && t.Replied > 0 {
			think := e.T - t.Replied
			t.Think += think
			t.Thinks++
			p.s.Groups[t.Group].thought(think)
		}
		if !t.Waiting {
			t.Waiting, t.Since = true, e.T
		}
	case "agent_reply":
		p.reply(t, e)
	case "chat_closed":
		delete(p.talks, e.Chat)
		delete(p.taken, e.Chat)
	}
}

func (p *player) agentState(e played) {
	a := &p.s.Agents[p.agent(e.Agent)]
	a.Share = a.Share.at(e.T, a.Status == Online)
	if e.Status == Online && a.Status != Online {
		a.CameOnline = e.T
	}
	a.Status, a.Cap, a.Suspect = e.Status, e.Cap, false
	before := a.In
	a.In = nil
	for _, g := range e.Groups {
		place := Place{Group: p.group(g)}
		if at := slices.IndexFunc(before, func(b Place) bool { return b.Group == place.Group }); at >= 0 {
			place.Sums = before[at].Sums
		}
		a.In = append(a.In, place)
	}
}

func (p *player) queued(e played) {
	t := p.talks[e.Chat]
	if t == nil {
		t = &playedTalk{number: e.Chat, Talk: Talk{ID: numbered(e.Chat), Agent: -1, Former: -1, TakenFrom: -1}}
		p.talks[e.Chat] = t
		t.Customer = p.customer(e.Customer)
		if !e.Requeued {
			p.s.Customers[t.Customer].Arrivals.add(e.T)
		}
	}
	group := p.group(e.Group)
	if group != t.Group {
		t.Former = -1
	}
	t.Group, t.Customer, t.Priority = group, p.customer(e.Customer), int(e.Priority)
	t.queued, t.Agent, t.Waiting, t.Since, t.Lost = true, -1, e.Waiting, e.Since, e.Requeued
	if !e.Waiting {
		t.Since = e.T
	}
	if e.First {
		t.Replied = 0
	}
}

func (p *player) reply(t *playedTalk, e played) {
	a := &p.s.Agents[p.agent(e.Agent)]
	if t.Waiting {
		g := &p.s.Groups[t.Group]
		h := handling(e.T, t.Since, t.Assigned, a.LastReply, a.CameOnline)
		learn(g, a, t.Group, h, e.T)
	}
	a.LastReply, a.Suspect = e.T, false
	t.Waiting, t.Replied = false, e.T
	for _, o := range p.talks {
		if o.Agent == t.Agent {
			o.refused = 0
		}
	}
}

// learn takes in that a reply took an agent h seconds.
func learn(g *Group, a *Agent, group int, h, now float64) {
	speed := a.Sums.speed()
	for i := range a.In {
		if a.In[i].Group == group {
			a.In[i].Sums.add(h, g.Work*speed)
		}
	}
	a.Sums.add(h, g.Work)
	a.Share = a.Share.at(now, a.Status == Online)
	a.Share.Busy += h
	g.worked(h / math.Sqrt(speed))
}

func (p *player) decide(e played) decided {
	s := &p.s
	if e.T > s.Now {
		s.Now = e.T
	}
	s.Talks, s.Line = s.Talks[:0], s.Line[:0]
	for n := range p.taken { // asked for before and not done: its agent is writing in it
		p.talks[n].refused = s.Now
	}
	clear(p.taken)
	for _, t := range p.talks {
		t.Typing = t.refused > 0 && s.Now-t.refused < writesFor
		switch {
		case t.queued:
			s.Line = append(s.Line, t.Talk)
		case t.Agent >= 0:
			s.Talks = append(s.Talks, t.Talk)
		}
	}
	byID := func(a, b Talk) int { return slices.Compare(a.ID[8:], b.ID[8:]) }
	slices.SortFunc(s.Talks, byID)
	slices.SortFunc(s.Line, byID)
	d := Plan(s)
	for _, a := range d.Suspect {
		s.Agents[a].Suspect = true
	}
	answer := decided{Seq: e.Seq}
	number := func(t Talk) int { return int(binary.BigEndian.Uint64(t.ID[8:])) }
	for _, x := range d.Assign {
		answer.Assign = append(answer.Assign, given{Chat: number(s.Line[x.Talk]), Agent: p.numbers[x.Agent]})
	}
	for _, x := range d.Release {
		n := number(s.Talks[x.Talk])
		p.taken[n] = true
		answer.Release = append(answer.Release, given{Chat: n, Agent: p.numbers[s.Talks[x.Talk].Agent], Why: x.Why})
		s.TookBack = s.Now
	}
	return answer
}
