package routing

import "parley/app/domain/presence"

// The constants of the rule. What they weigh is seconds of a visitor's wait.
const (
	addedDelayWeight      = 0.5 // of a second by which other visitors' replies come later
	occupancyWeight       = 80  // of an agent who is always busy among agents who never are
	formerAgentBonus      = 60  // seconds by which a former agent is preferred
	lostAgentBonus        = 30  // seconds that count as waited for a conversation that has lost its agent
	strictOrderAfter      = 300 // seconds of waiting beyond which the order is strictly by age
	requeueInterval       = 5   // seconds between two rounds that requeue
	requeueAfter          = 20  // seconds without a reply after which a conversation may be requeued
	requeueMinGain        = 60  // seconds by which another agent must be expected to be quicker
	requeueMinGainReplied = 120 // the same after a first reply
	maxRequeues           = 2   // of one conversation
	requeueCooldown       = 60  // seconds in which a requeued conversation is not assigned to the same agent
	minSilence            = 90  // seconds of silence after which an agent may be unresponsive
	silenceFactor         = 4   // and of the work expected for a message
	inProgressFactor      = 8   // the same for the conversation that the agent is probably working on
)

// Plan decides which agent gets which conversation now. It is pure: the same state gives the same decision.
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

// planner is a State with what Plan computes from it, updated as it decides.
type planner struct {
	*State
	agents         []agentLoad  // by agent
	groups         []groupStaff // by group
	openByCustomer []int        // conversations with agents, by customer
}

// groupStaff are the agents of a group.
type groupStaff struct {
	online    []candidate
	occupancy float64 // mean of those online
}

// candidate is an agent in a group. membership is the index in Agent.Memberships.
type candidate struct{ agent, membership int }

func newPlanner(s *State) *planner {
	w := &planner{
		State:          s,
		agents:         make([]agentLoad, len(s.Agents)),
		groups:         make([]groupStaff, len(s.Groups)),
		openByCustomer: make([]int, len(s.Customers)),
	}
	w.countAssigned()
	for i := range s.Agents {
		a, l := &s.Agents[i], &w.agents[i]
		l.open = len(l.conversations)
		l.occupancy = a.Occupancy.asOf(s.Now, a.Status == presence.Online).value()
		if a.Status != presence.Online {
			continue
		}
		for n, m := range a.Memberships {
			g := &w.groups[m.Group]
			g.online = append(g.online, candidate{i, n})
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

// countAssigned lists the conversations of each agent, in parts of one slice, and counts those of each customer.
func (w *planner) countAssigned() {
	counts := make([]int, len(w.agents))
	for i := range w.Assigned {
		counts[w.Assigned[i].Agent]++
	}
	all := make([]int, 0, len(w.Assigned))
	for a, n := range counts {
		all = all[:len(all)+n]
		w.agents[a].conversations = all[len(all)-n : len(all)-n : len(all)]
	}
	for i := range w.Assigned {
		t := &w.Assigned[i]
		w.agents[t.Agent].conversations = append(w.agents[t.Agent].conversations, i)
		if t.Customer >= 0 {
			w.openByCustomer[t.Customer]++
		}
	}
}
