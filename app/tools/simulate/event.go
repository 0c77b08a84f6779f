// Package chatsim simulates chat operations and drives a routing policy with
// the events that a real product would see.
package simulate

import "fmt"

// Nobody stands for "no agent" in events.
const Nobody = -1

// Event is one line of the protocol. Ids count from 0.
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

// AppendLine writes the event as one JSON line.
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

// AppendDecide writes a "decide" line.
func AppendDecide(b []byte, t float64, seq int) []byte {
	return fmt.Appendf(b, "{\"ev\":\"decide\",\"t\":%.3f,\"seq\":%d}\n", t, seq)
}
