// Package simulate runs simulated chat operations against a routing policy, which sees the events that it would see in the
// product.
//
// Owns: the operations, their visitors and agents, the baseline policies and the figures.
//
// Must not touch: databases, the product: a policy is a Policy, or a function that speaks the protocol of lines.
//
// Always true: the same seed gives every policy the same visitors, agents and difficulties.
package simulate

import "fmt"

// Nobody is the agent of an event without one.
const Nobody = -1

// Event is what happens to a chat or an agent: one line of the protocol, described at routing.Drive. Ids count from 0, times are in
// seconds from the start. Which fields count depends on Ev.
type Event struct {
	T         float64
	Ev        string
	Chat      int
	Agent     int
	Group     int
	Customer  int
	Priority  int
	Waiting   bool
	Since     float64
	First     bool
	Requeued  bool
	Status    string
	Cap       int
	Groups    []int
	Outcome   string
	NGroups   int
	Customers int
	Seed      uint64
}

// AppendLine appends the event to b as one line of JSON.
func (e *Event) AppendLine(b []byte) []byte {
	b = fmt.Appendf(b, `{"ev":%q,"t":%.3f`, e.Ev, e.T)
	chat, agent := e.Chat, e.Agent
	switch e.Ev {
	case "init":
		b = fmt.Appendf(b, `,"n_groups":%d,"n_customers":%d,"seed":%d`, e.NGroups, e.Customers, e.Seed)
	case "agent_state":
		b = fmt.Appendf(b, `,"agent":%d,"status":%q,"cap":%d,"groups":[`, agent, e.Status, e.Cap)
		for i, g := range e.Groups {
			if i > 0 {
				b = append(b, ',')
			}
			b = fmt.Appendf(b, "%d", g)
		}
		b = append(b, ']')
	case "chat_queued":
		b = fmt.Appendf(b, `,"chat":%d,"group":%d,"customer":%d,"priority":%d,"waiting":%t,"since":%.3f,"first":%t,"requeued":%t`,
			chat, e.Group, e.Customer, e.Priority, e.Waiting, e.Since, e.First, e.Requeued)
	case "chat_assigned", "chat_unassigned", "visitor_message":
		b = fmt.Appendf(b, `,"chat":%d,"agent":%d`, chat, agent)
	case "agent_reply":
		b = fmt.Appendf(b, `,"chat":%d,"agent":%d,"first":%t`, chat, agent, e.First)
	case "chat_closed":
		b = fmt.Appendf(b, `,"chat":%d,"agent":%d,"outcome":%q`, chat, agent, e.Outcome)
	}
	return append(b, "}\n"...)
}

// AppendDecide appends a "decide" line to b, for time t and decision number seq.
func AppendDecide(b []byte, t float64, seq int) []byte {
	return fmt.Appendf(b, "{\"ev\":\"decide\",\"t\":%.3f,\"seq\":%d}\n", t, seq)
}
