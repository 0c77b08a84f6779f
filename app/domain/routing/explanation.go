package routing

import "github.com/google/uuid"

// Explanation is what an automatic assignment was decided by. It is stored with the assignment.
type Explanation struct {
	Waited     float64           `json:"waited"`     // seconds
	Candidates int               `json:"candidates"` // agents who could have taken it
	Winner     AgentScore        `json:"winner"`
	RunnerUp   *AgentScore       `json:"runner_up,omitempty"`   // nil: there was one candidate
	PassedOver []PassedOverAgent `json:"passed_over,omitempty"` // at most maxPassedOver
}

// AgentScore is an agent's score for a conversation, and what it was computed from, before the assignment.
type AgentScore struct {
	Agent          uuid.UUID `json:"agent"`
	Score          float64   `json:"score"`      // seconds of visitors' waiting: the lowest wins
	Backlog        float64   `json:"backlog"`    // seconds of work on messages without a reply
	Work           float64   `json:"work"`       // expected seconds for this message
	AddedDelay     float64   `json:"harm"`       // seconds by which replies to the others come later, weighted
	Open           int       `json:"open"`       // conversations
	Live           float64   `json:"live"`       // of Open, as far as visitors are likely to write again
	Speed          float64   `json:"speed"`      // by the group's average: 1.3 is 30 % slower
	Occupancy      float64   `json:"busy"`       // share of the last hour or so in which it was busy, from 0 to 1
	GroupOccupancy float64   `json:"group_busy"` // mean of the group's agents who are online
	FormerAgent    bool      `json:"former,omitempty"`
}

// PassedOverAgent is an agent who could not take a conversation, and why.
type PassedOverAgent struct {
	Agent  uuid.UUID `json:"agent"`
	Reason string    `json:"reason"`
}

const maxPassedOver = 20
