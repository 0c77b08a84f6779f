package routing

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"parley/app/domain/presence"
)

// randomRun plays random events into a replayer and carries out its decisions, checking each against the eight invariants of
// the rule, whose numbers stand beside the checks.
type randomRun struct {
	t            *testing.T
	rand         *rand.Rand
	replayer     *replayer
	seq          int
	now          float64
	chats        int
	agents       int
	groups       int
	log          []protocolDecision
	requeues     map[int]int // how often a chat was requeued
	requeuedFrom map[int]protocolMove
	requeuedAt   map[int]float64 // when it was last requeued
}

func newRandomRun(t *testing.T, seed uint64) *randomRun {
	g := &randomRun{
		t:            t,
		rand:         rand.New(rand.NewPCG(seed, 1)),
		replayer:     newReplayer(),
		requeues:     map[int]int{},
		requeuedFrom: map[int]protocolMove{},
		requeuedAt:   map[int]float64{},
	}
	g.agents, g.groups = 2+g.rand.IntN(8), 1+g.rand.IntN(4)
	g.apply(protocolEvent{Ev: "init", NGroups: g.groups})
	for a := range g.agents {
		g.setAgentState(a, presence.Online)
	}
	return g
}

func (g *randomRun) apply(e protocolEvent) {
	e.T = g.now
	g.replayer.apply(e)
}

func (g *randomRun) setAgentState(agent int, status presence.Status) {
	groups := []int{agent % g.groups}
	for x := range g.groups {
		if (agent*7+x)%3 == 0 && !slices.Contains(groups, x) {
			groups = append(groups, x)
		}
	}
	g.apply(protocolEvent{Ev: "agent_state", Agent: agent, Status: status, Cap: 1 + agent%4, Groups: groups})
}

// conversationsWhere returns the chats that a condition holds for, in order of their numbers.
func (g *randomRun) conversationsWhere(which func(*replayedConversation) bool) (list []*replayedConversation) {
	for n := range g.chats {
		if t := g.replayer.conversations[n]; t != nil && which(t) {
			list = append(list, t)
		}
	}
	return list
}

func (g *randomRun) randomConversation(which func(*replayedConversation) bool) *replayedConversation {
	list := g.conversationsWhere(which)
	if len(list) == 0 {
		return nil
	}
	return list[g.rand.IntN(len(list))]
}

func isAssigned(t *replayedConversation) bool { return t.Agent >= 0 }

func (g *randomRun) requeue(t *replayedConversation) {
	agent := g.replayer.agentNumbers[t.Agent]
	g.apply(protocolEvent{Ev: "chat_unassigned", Chat: t.number, Agent: agent})
	g.apply(protocolEvent{
		Ev:       "chat_queued",
		Chat:     t.number,
		Group:    g.groupOf(t),
		Customer: t.Customer,
		Priority: float64(t.Priority),
		Waiting:  t.Waiting,
		Since:    t.WaitingSince,
		First:    t.RepliedAt == 0,
		Requeued: true,
	})
}

func (g *randomRun) groupOf(t *replayedConversation) int {
	for number, at := range g.replayer.groups {
		if at == t.Group {
			return number
		}
	}
	g.t.Fatal("a chat of no group")
	return 0
}

// step does something at random.
func (g *randomRun) step() {
	g.now += g.rand.ExpFloat64() * 8
	switch x := g.rand.IntN(20); {
	case x < 5:
		g.apply(protocolEvent{
			Ev:       "chat_queued",
			Chat:     g.chats,
			Group:    g.rand.IntN(g.groups),
			Customer: g.rand.IntN(3),
			Priority: float64(g.rand.IntN(3) / 2),
			Waiting:  true,
			Since:    g.now,
			First:    true,
		})
		g.chats++
	case x < 9:
		if t := g.randomConversation(func(t *replayedConversation) bool { return isAssigned(t) && t.Waiting }); t != nil {
			g.apply(protocolEvent{Ev: "agent_reply", Chat: t.number, Agent: g.replayer.agentNumbers[t.Agent], First: t.RepliedAt == 0})
		}
	case x < 12:
		if t := g.randomConversation(isAssigned); t != nil {
			g.apply(protocolEvent{Ev: "visitor_message", Chat: t.number, Agent: g.replayer.agentNumbers[t.Agent]})
		}
	case x < 14:
		if t := g.randomConversation(func(*replayedConversation) bool { return true }); t != nil {
			g.apply(protocolEvent{Ev: "chat_closed", Chat: t.number})
		}
	case x < 16:
		status := []presence.Status{presence.Online, presence.Online, presence.Online, presence.Away, presence.Offline}[g.rand.IntN(5)]
		agent := g.rand.IntN(g.agents)
		g.setAgentState(agent, status)
		if status == presence.Offline {
			for _, t := range g.conversationsWhere(func(t *replayedConversation) bool {
				return isAssigned(t) && g.replayer.agentNumbers[t.Agent] == agent
			}) {
				g.requeue(t)
			}
		}
	case x == 16:
		if t := g.randomConversation(isAssigned); t != nil {
			g.requeue(t)
		}
	case x == 17:
		g.now += 200 * g.rand.Float64()
	default:
		g.apply(protocolEvent{Ev: "tick"})
	}
	g.decideAll()
}

// decideAll has decisions made until there is nothing more to decide.
func (g *randomRun) decideAll() {
	for range 200 {
		g.seq++
		d := g.replayer.decide(protocolEvent{T: g.now, Seq: g.seq})
		g.log = append(g.log, d)
		for _, x := range d.Release {
			g.release(x)
		}
		for _, x := range d.Assign {
			g.assign(x)
		}
		if len(d.Assign)+len(d.Release) == 0 {
			g.checkNoStarvation()
			return
		}
	}
	g.t.Fatal("no end of decisions")
}

func (g *randomRun) release(x protocolMove) {
	t := g.replayer.conversations[x.Chat]
	if t == nil || t.Agent < 0 || g.replayer.agentNumbers[t.Agent] != x.Agent || !t.Waiting {
		g.t.Fatalf("%.0f s: %v is released, but does not wait for this agent", g.now, x)
	}
	if wait := g.now - math.Max(t.WaitingSince, t.AssignedAt); wait <= requeueAfter {
		g.t.Errorf("%v is taken back after %.0f s", x, wait)
	}
	if a := g.replayer.state.Agents[t.Agent]; t.RepliedAt > 0 && !a.Unresponsive {
		g.t.Errorf("%v is moved after its first reply, though its agent lives", x) // 6
	}
	if g.requeues[x.Chat]++; g.requeues[x.Chat] > maxRequeues {
		g.t.Errorf("%v is taken back %d times", x, g.requeues[x.Chat]) // 8
	}
	g.requeuedFrom[x.Chat], g.requeuedAt[x.Chat] = x, g.now
	g.requeue(t)
}

func (g *randomRun) assign(x protocolMove) {
	t := g.replayer.conversations[x.Chat]
	if t == nil || !t.queued { // 2
		g.t.Fatalf("%v is assigned, but not in line", x)
	}
	at := g.replayer.agents[x.Agent]
	a := g.replayer.state.Agents[at]
	open := len(g.conversationsWhere(func(o *replayedConversation) bool { return o.Agent == at }))
	if a.Status != presence.Online || a.Unresponsive || open >= a.MaxChats ||
		!slices.ContainsFunc(a.Memberships, func(p Membership) bool { return p.Group == t.Group }) { // 1
		g.t.Errorf("%v: the agent is %s, has %d of %d, suspect %v", x, a.Status, open, a.MaxChats, a.Unresponsive)
	}
	if back, was := g.requeuedFrom[x.Chat]; was && back.Agent == x.Agent && g.now-g.requeuedAt[x.Chat] < requeueCooldown {
		g.t.Errorf("%v: given to whom it was taken from %.0f s ago", x, g.now-g.requeuedAt[x.Chat]) // 8
	}
	for _, o := range g.conversationsWhere(func(o *replayedConversation) bool {
		return o.queued && o != t && o.Group == t.Group && o.Priority == t.Priority && !o.LostAgent && !t.LostAgent
	}) {
		wait, other := g.now-t.WaitingSince, g.now-o.WaitingSince
		switch {
		case o.Customer == t.Customer && other > wait: // 3
			g.t.Errorf("%v, which has waited %.1f s, passes %d of the same customer, which has waited %.1f s", x, wait, o.number, other)
		case other > strictOrderAfter && other > wait, wait < other/3-1e-9: // 4
			g.t.Errorf("%v, which has waited %.1f s, passes %d, which has waited %.1f s", x, wait, o.number, other)
		}
	}
	g.apply(protocolEvent{Ev: "chat_assigned", Chat: x.Chat, Agent: x.Agent})
}

// checkNoStarvation checks that no agent could take a chat that is left in the queue (5).
func (g *randomRun) checkNoStarvation() {
	for _, t := range g.conversationsWhere(func(t *replayedConversation) bool { return t.queued }) {
		for at, a := range g.replayer.state.Agents {
			open := len(g.conversationsWhere(func(o *replayedConversation) bool { return o.Agent == at }))
			resting := t.RequeuedFrom == at && g.now-t.RequeuedAt < requeueCooldown
			if a.Status == presence.Online && !a.Unresponsive && open < a.MaxChats && !resting &&
				slices.ContainsFunc(a.Memberships, func(p Membership) bool { return p.Group == t.Group }) {
				g.t.Errorf("%.0f s: %d waits, though agent %d could take it", g.now, t.number, g.replayer.agentNumbers[at])
			}
		}
	}
}

// Random sequences of events, every decision held against the invariants; and the same sequence decides the same.
func TestInvariants(t *testing.T) {
	t.Parallel()
	released, assigned := 0, 0
	for seed := range uint64(60) {
		var first []protocolDecision
		for again := range 2 {
			g := newRandomRun(t, seed)
			for range 400 {
				g.step()
			}
			if again == 0 {
				first = g.log
				for _, d := range g.log {
					released += len(d.Release)
					assigned += len(d.Assign)
				}
			} else if !reflect.DeepEqual(first, g.log) {
				t.Errorf("seed %d: the same events are decided differently", seed) // 7
			}
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
	}
	if assigned < 1000 || released < 50 {
		t.Errorf("only %d were assigned and %d taken back: the game is too quiet", assigned, released)
	}
}
