package routing

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"parley/app/domain/presence"
)

// newPlanState is a group with an agent and a helper, another group with an agent, and three conversations in the first one's queue.
func newPlanState() *State {
	s := &State{Now: 1000, LastRequeueAt: 0, Explain: true}
	for i := range 2 {
		s.Groups = append(s.Groups, Group{ID: idOf(i), GroupEstimate: NewGroupEstimate(), Overflow: -1})
	}
	s.Customers = []Customer{{ID: idOf(0)}, {ID: idOf(1)}}
	for i, in := range [][]Membership{{{Group: 0}}, {{Group: 0, Helper: true}}, {{Group: 1}}} {
		s.Agents = append(s.Agents, Agent{ID: idOf(i), Status: presence.Online, MaxChats: 2, Memberships: in})
	}
	for i := range 3 {
		s.Queue = append(s.Queue, Conversation{
			ID:           idOf(i),
			Group:        0,
			Agent:        -1,
			FormerAgent:  -1,
			RequeuedFrom: -1,
			Waiting:      true,
			WaitingSince: 990 + float64(i),
		})
	}
	return s
}

// TestPlanSettings covers what the protocol cannot express: helpers, limits of groups and customers, closed groups, overflow.
func TestPlanSettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*State)
		want   string // chat>agent ...; chat~group for moves
	}{
		"the helper only when the first line is full": {func(*State) {}, "0>0 1>0 2>1"},
		"nobody beyond the group's limit":             {func(s *State) { s.Agents[0].Memberships[0].MaxChats = 1; s.Agents[1].Status = presence.Away }, "0>0"},
		"nobody suspect":                              {func(s *State) { s.Agents[0].Unresponsive = true }, "0>1 1>1"},
		"not beyond the customer's share":             {func(s *State) { s.Customers[0].CapacityShare = 1; s.Queue[2].Customer = 1 }, "0>0 2>0"},
		"nobody of a closed group":                    {func(s *State) { s.Groups[0].Closed = true }, ""},
		"overflow when nobody can": {func(s *State) {
			s.Groups[0].Overflow, s.Groups[0].OverflowAfter = 1, 9
			s.Agents[0].Status, s.Agents[1].Status = presence.Offline, presence.Offline
		}, "0~1 1~1"},
		"overflow from a closed group": {func(s *State) { s.Groups[0].Closed, s.Groups[0].Overflow = true, 1 }, "0~1 1~1"},
		"no overflow of who waits for its customer's share": {func(s *State) {
			s.Groups[0].Overflow, s.Customers[0].CapacityShare = 1, 1
			s.Assigned = []Conversation{{ID: idOf(9), FormerAgent: -1, RequeuedFrom: -1, RepliedAt: 999}}
		}, ""},
		"no overflow to nobody": {func(s *State) {
			s.Groups[0].Closed, s.Groups[0].Overflow = true, 1
			s.Agents[2].Status = presence.Away
		}, ""},
		"to the former agent": {func(s *State) {
			s.Agents[1].Memberships[0].Helper = false
			s.Queue = s.Queue[:1]
			s.Queue[0].FormerAgent = 1
		}, "0>1"},
		"priority first": {func(s *State) { s.Agents[1].Status = presence.Away; s.Queue[2].Priority = 1 }, "2>0 0>0"},
		"but the oldest before it": {func(s *State) {
			s.Agents[1].Status = presence.Away
			s.Queue[2].Priority = 2
			s.Queue[0].WaitingSince = 600
		}, "0>0 2>0"},
	} {
		s := newPlanState()
		c.change(s)
		d := Plan(s)
		got := ""
		for _, x := range d.Assign {
			got += fmt.Sprintf(" %d>%d", s.Queue[x.Conversation].ID[15], s.Agents[x.Agent].ID[15])
		}
		for _, x := range d.Move {
			got += fmt.Sprintf(" %d~%d", s.Queue[x.Conversation].ID[15], s.Groups[x.ToGroup].ID[15])
		}
		if len(got) > 0 {
			got = got[1:]
		}
		if got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
	checkWriterIsResponsive(t, newPlanState)
	d := Plan(newPlanState())
	if why := d.Assign[2].Explanation; why.Winner.Agent != idOf(1) || len(why.PassedOver) != 1 ||
		why.PassedOver[0].Reason != "at the chat limit" {
		t.Errorf("why the helper: %+v", why)
	}
}

// checkWriterIsResponsive checks that an agent who is writing is responsive, whatever else waits.
func checkWriterIsResponsive(t *testing.T, base func() *State) {
	t.Helper()
	// An agent who is writing is responsive, whatever else waits.
	s := base()
	s.Queue = nil
	for i := range 2 {
		s.Assigned = append(s.Assigned, Conversation{
			ID:           idOf(20 + i),
			FormerAgent:  -1,
			RequeuedFrom: -1,
			Waiting:      true,
			WaitingSince: 500 + float64(i),
			AssignedAt:   500,
			AgentTyping:  i == 1,
		})
	}
	if d := Plan(s); len(d.Unresponsive) > 0 {
		t.Errorf("writing, and yet suspect: %+v", d)
	}
}

// One decision with 200 agents in 30 groups.
func BenchmarkPlan(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	s := &State{Now: 10000}
	for i := range 30 {
		s.Groups = append(s.Groups, Group{ID: idOf(i), GroupEstimate: NewGroupEstimate(), Overflow: -1})
	}
	s.Customers = []Customer{{}}
	for i := range 200 {
		s.Agents = append(s.Agents, Agent{
			ID:          idOf(i),
			Status:      presence.Online,
			MaxChats:    8,
			LastReplyAt: 9990,
			Memberships: []Membership{{Group: i % 30}, {Group: (i + 7) % 30}, {Group: (i + 11) % 30}},
		})
	}
	for i := range 1000 {
		s.Assigned = append(s.Assigned, Conversation{
			ID:           idOf(i),
			Group:        i % 30,
			Agent:        i % 200,
			Waiting:      r.IntN(3) == 0,
			WaitingSince: 9900 + r.Float64()*100,
			AssignedAt:   9000,
			RepliedAt:    9890,
			FormerAgent:  -1,
			RequeuedFrom: -1,
		})
	}
	s.Queue = []Conversation{{ID: idOf(5000), Agent: -1, FormerAgent: -1, RequeuedFrom: -1, Waiting: true, WaitingSince: 9999}}
	for b.Loop() {
		if d := Plan(s); len(d.Assign) != 1 {
			b.Fatal("nothing assigned")
		}
	}
}
