package queue

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// game plays random events into a player and carries out what it decides, checking every decision against the eight
// invariants of the rule.
type game struct {
	t      *testing.T
	rand   *rand.Rand
	p      *player
	seq    int
	now    float64
	chats  int
	agents int
	groups int
	log    []decided
	taken  map[int]int // how often a chat was taken back
	from   map[int]given
	since  map[int]float64 // when it was last taken back
}

func newGame(t *testing.T, seed uint64) *game {
	g := &game{t: t, rand: rand.New(rand.NewPCG(seed, 1)), p: newPlayer(), taken: map[int]int{}, from: map[int]given{}, since: map[int]float64{}}
	g.agents, g.groups = 2+g.rand.IntN(8), 1+g.rand.IntN(4)
	g.play(played{Ev: "init", NGroups: g.groups})
	for a := range g.agents {
		g.state(a, Online)
	}
	return g
}

func (g *game) play(e played) {
	e.T = g.now
	g.p.play(e)
}

func (g *game) state(agent int, status Status) {
	groups := []int{agent % g.groups}
	for x := range g.groups {
		if (agent*7+x)%3 == 0 && !slices.Contains(groups, x) {
			groups = append(groups, x)
		}
	}
	g.play(played{Ev: "agent_state", Agent: agent, Status: status, Cap: 1 + agent%4, Groups: groups})
}

// some returns the chats that a condition holds for, in order of their numbers.
func (g *game) some(which func(*playedTalk) bool) (list []*playedTalk) {
	for n := range g.chats {
		if t := g.p.talks[n]; t != nil && which(t) {
			list = append(list, t)
		}
	}
	return list
}

func (g *game) one(which func(*playedTalk) bool) *playedTalk {
	list := g.some(which)
	if len(list) == 0 {
		return nil
	}
	return list[g.rand.IntN(len(list))]
}

func mine(t *playedTalk) bool { return t.Agent >= 0 }

func (g *game) requeue(t *playedTalk) {
	agent := g.p.numbers[t.Agent]
	g.play(played{Ev: "chat_unassigned", Chat: t.number, Agent: agent})
	g.play(played{Ev: "chat_queued", Chat: t.number, Group: g.groupOf(t), Customer: t.Customer, Priority: float64(t.Priority), Waiting: t.Waiting,
		Since: t.Since, First: t.Replied == 0, Requeued: true})
}

func (g *game) groupOf(t *playedTalk) int {
	for number, at := range g.p.groups {
		if at == t.Group {
			return number
		}
	}
	g.t.Fatal("a chat of no group")
	return 0
}

// step does something at random.
func (g *game) step() {
	g.now += g.rand.ExpFloat64() * 8
	switch x := g.rand.IntN(20); {
	case x < 5:
		g.play(played{Ev: "chat_queued", Chat: g.chats, Group: g.rand.IntN(g.groups), Customer: g.rand.IntN(3), Priority: float64(g.rand.IntN(3) / 2), Waiting: true,
			Since: g.now, First: true})
		g.chats++
	case x < 9:
		if t := g.one(func(t *playedTalk) bool { return mine(t) && t.Waiting }); t != nil {
			g.play(played{Ev: "agent_reply", Chat: t.number, Agent: g.p.numbers[t.Agent], First: t.Replied == 0})
		}
	case x < 12:
		if t := g.one(mine); t != nil {
			g.play(played{Ev: "visitor_message", Chat: t.number, Agent: g.p.numbers[t.Agent]})
		}
	case x < 14:
		if t := g.one(func(*playedTalk) bool { return true }); t != nil {
			g.play(played{Ev: "chat_closed", Chat: t.number})
		}
	case x < 16:
		status := []Status{Online, Online, Online, Away, Offline}[g.rand.IntN(5)]
		agent := g.rand.IntN(g.agents)
		g.state(agent, status)
		if status == Offline {
			for _, t := range g.some(func(t *playedTalk) bool { return mine(t) && g.p.numbers[t.Agent] == agent }) {
				g.requeue(t)
			}
		}
	case x == 16:
		if t := g.one(mine); t != nil {
			g.requeue(t)
		}
	case x == 17:
		g.now += 200 * g.rand.Float64()
	default:
		g.play(played{Ev: "tick"})
	}
	g.settle()
}

// settle has decisions made until there is nothing more to decide.
func (g *game) settle() {
	for range 200 {
		g.seq++
		d := g.p.decide(played{T: g.now, Seq: g.seq})
		g.log = append(g.log, d)
		for _, x := range d.Release {
			g.release(x)
		}
		for _, x := range d.Assign {
			g.assign(x)
		}
		if len(d.Assign)+len(d.Release) == 0 {
			g.nobodyStarves()
			return
		}
	}
	g.t.Fatal("no end of decisions")
}

func (g *game) release(x given) {
	t := g.p.talks[x.Chat]
	if t == nil || t.Agent < 0 || g.p.numbers[t.Agent] != x.Agent || !t.Waiting {
		g.t.Fatalf("%.0f s: %v is released, but does not wait for this agent", g.now, x)
	}
	if wait := g.now - math.Max(t.Since, t.Assigned); wait <= takeAfter {
		g.t.Errorf("%v is taken back after %.0f s", x, wait)
	}
	if a := g.p.s.Agents[t.Agent]; t.Replied > 0 && !a.Suspect {
		g.t.Errorf("%v is moved after its first reply, though its agent lives", x) // 6
	}
	if g.taken[x.Chat]++; g.taken[x.Chat] > takeMost {
		g.t.Errorf("%v is taken back %d times", x, g.taken[x.Chat]) // 8
	}
	g.from[x.Chat], g.since[x.Chat] = x, g.now
	g.requeue(t)
}

func (g *game) assign(x given) {
	t := g.p.talks[x.Chat]
	if t == nil || !t.queued { // 2
		g.t.Fatalf("%v is assigned, but not in line", x)
	}
	at := g.p.agents[x.Agent]
	a := g.p.s.Agents[at]
	open := len(g.some(func(o *playedTalk) bool { return o.Agent == at }))
	if a.Status != Online || a.Suspect || open >= a.Cap || !slices.ContainsFunc(a.In, func(p Place) bool { return p.Group == t.Group }) { // 1
		g.t.Errorf("%v: the agent is %s, has %d of %d, suspect %v", x, a.Status, open, a.Cap, a.Suspect)
	}
	if back, was := g.from[x.Chat]; was && back.Agent == x.Agent && g.now-g.since[x.Chat] < takeRest {
		g.t.Errorf("%v: given to whom it was taken from %.0f s ago", x, g.now-g.since[x.Chat]) // 8
	}
	for _, o := range g.some(func(o *playedTalk) bool {
		return o.queued && o != t && o.Group == t.Group && o.Priority == t.Priority && !o.Lost && !t.Lost
	}) {
		wait, other := g.now-t.Since, g.now-o.Since
		switch {
		case o.Customer == t.Customer && other > wait: // 3
			g.t.Errorf("%v, which has waited %.1f s, passes %d of the same customer, which has waited %.1f s", x, wait, o.number, other)
		case other > oldest && other > wait, wait < other/3-1e-9: // 4
			g.t.Errorf("%v, which has waited %.1f s, passes %d, which has waited %.1f s", x, wait, o.number, other)
		}
	}
	g.play(played{Ev: "chat_assigned", Chat: x.Chat, Agent: x.Agent})
}

// nobodyStarves checks that who is left in line cannot be given to anybody (5).
func (g *game) nobodyStarves() {
	for _, t := range g.some(func(t *playedTalk) bool { return t.queued }) {
		for at, a := range g.p.s.Agents {
			open := len(g.some(func(o *playedTalk) bool { return o.Agent == at }))
			resting := t.TakenFrom == at && g.now-t.TakenAt < takeRest
			if a.Status == Online && !a.Suspect && open < a.Cap && !resting && slices.ContainsFunc(a.In, func(p Place) bool { return p.Group == t.Group }) {
				g.t.Errorf("%.0f s: %d waits, though agent %d could take it", g.now, t.number, g.p.numbers[at])
			}
		}
	}
}

// Random sequences of events, every decision held against the invariants; and the same sequence decides the same.
func TestInvariants(t *testing.T) {
	t.Parallel()
	released, assigned := 0, 0
	for seed := range uint64(60) {
		var first []decided
		for again := range 2 {
			g := newGame(t, seed)
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

// What the game's protocol cannot say: helpers, limits of groups and customers, closed lines, overflow.
func TestPlanSettings(t *testing.T) {
	t.Parallel()
	base := func() *State {
		s := &State{Now: 1000, TookBack: 0, Explain: true}
		for i := range 2 {
			s.Groups = append(s.Groups, Group{ID: numbered(i), Pace: NewPace(), Overflow: -1})
		}
		s.Customers = []Customer{{ID: numbered(0)}, {ID: numbered(1)}}
		for i, in := range [][]Place{{{Group: 0}}, {{Group: 0, Helper: true}}, {{Group: 1}}} {
			s.Agents = append(s.Agents, Agent{ID: numbered(i), Status: Online, Cap: 2, In: in})
		}
		for i := range 3 {
			s.Line = append(s.Line, Talk{ID: numbered(i), Group: 0, Agent: -1, Former: -1, TakenFrom: -1, Waiting: true, Since: 990 + float64(i)})
		}
		return s
	}
	for name, c := range map[string]struct {
		change func(*State)
		want   string // chat>agent ...; chat~group for moves
	}{
		"the helper only when the first line is full": {func(*State) {}, "0>0 1>0 2>1"},
		"nobody beyond the group's limit":             {func(s *State) { s.Agents[0].In[0].Cap = 1; s.Agents[1].Status = Away }, "0>0"},
		"nobody suspect":                              {func(s *State) { s.Agents[0].Suspect = true }, "0>1 1>1"},
		"not beyond the customer's share":             {func(s *State) { s.Customers[0].Limit = 1; s.Line[2].Customer = 1 }, "0>0 2>0"},
		"nobody of a closed group":                    {func(s *State) { s.Groups[0].Closed = true }, ""},
		"overflow when nobody can": {func(s *State) {
			s.Groups[0].Overflow, s.Groups[0].After = 1, 9
			s.Agents[0].Status, s.Agents[1].Status = Offline, Offline
		}, "0~1 1~1"},
		"overflow from a closed group": {func(s *State) { s.Groups[0].Closed, s.Groups[0].Overflow = true, 1 }, "0~1 1~1"},
		"no overflow of who waits for its customer's share": {func(s *State) {
			s.Groups[0].Overflow, s.Customers[0].Limit = 1, 1
			s.Talks = []Talk{{ID: numbered(9), Former: -1, TakenFrom: -1, Replied: 999}}
		}, ""},
		"no overflow to nobody": {func(s *State) {
			s.Groups[0].Closed, s.Groups[0].Overflow = true, 1
			s.Agents[2].Status = Away
		}, ""},
		"to the former agent": {func(s *State) {
			s.Agents[1].In[0].Helper = false
			s.Line = s.Line[:1]
			s.Line[0].Former = 1
		}, "0>1"},
		"priority first":           {func(s *State) { s.Agents[1].Status = Away; s.Line[2].Priority = 1 }, "2>0 0>0"},
		"but the oldest before it": {func(s *State) { s.Agents[1].Status = Away; s.Line[2].Priority = 2; s.Line[0].Since = 600 }, "0>0 2>0"},
	} {
		s := base()
		c.change(s)
		d := Plan(s)
		got := ""
		for _, x := range d.Assign {
			got += fmt.Sprintf(" %d>%d", s.Line[x.Talk].ID[15], s.Agents[x.Agent].ID[15])
		}
		for _, x := range d.Move {
			got += fmt.Sprintf(" %d~%d", s.Line[x.Talk].ID[15], s.Groups[x.To].ID[15])
		}
		if len(got) > 0 {
			got = got[1:]
		}
		if got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
	// Whoever is writing is alive, whatever else waits.
	s := base()
	s.Line = nil
	for i := range 2 {
		s.Talks = append(s.Talks, Talk{ID: numbered(20 + i), Former: -1, TakenFrom: -1, Waiting: true, Since: 500 + float64(i), Assigned: 500, Typing: i == 1})
	}
	if d := Plan(s); len(d.Suspect) > 0 {
		t.Errorf("writing, and yet suspect: %+v", d)
	}
	d := Plan(base())
	if why := d.Assign[2].Why; why.Winner.Agent != numbered(1) || len(why.PassedOver) != 1 || why.PassedOver[0].Reason != "has all it may have" {
		t.Errorf("why the helper: %+v", why)
	}
}

// One decision with 200 agents in 30 groups.
func BenchmarkPlan(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	s := &State{Now: 10000}
	for i := range 30 {
		s.Groups = append(s.Groups, Group{ID: numbered(i), Pace: NewPace(), Overflow: -1})
	}
	s.Customers = []Customer{{}}
	for i := range 200 {
		s.Agents = append(s.Agents, Agent{ID: numbered(i), Status: Online, Cap: 8, LastReply: 9990, In: []Place{{Group: i % 30}, {Group: (i + 7) % 30}, {Group: (i + 11) % 30}}})
	}
	for i := range 1000 {
		s.Talks = append(s.Talks, Talk{ID: numbered(i), Group: i % 30, Agent: i % 200, Waiting: r.IntN(3) == 0, Since: 9900 + r.Float64()*100, Assigned: 9000, Replied: 9890, Former: -1, TakenFrom: -1})
	}
	s.Line = []Talk{{ID: numbered(5000), Agent: -1, Former: -1, TakenFrom: -1, Waiting: true, Since: 9999}}
	for b.Loop() {
		if d := Plan(s); len(d.Assign) != 1 {
			b.Fatal("nothing assigned")
		}
	}
}
