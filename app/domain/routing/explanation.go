package routing

import "github.com/google/uuid"

// Explanation is what an assignment was decided by, kept with it.
type Explanation struct {
	Waited     float64           `json:"waited"`     // seconds
	Candidates int               `json:"candidates"` // who could have taken it
	Winner     AgentScore        `json:"winner"`
	RunnerUp   *AgentScore       `json:"runner_up,omitempty"`
	PassedOver []PassedOverAgent `json:"passed_over,omitempty"`
}

// AgentScore are an agent's, at the time of the decision.
type AgentScore struct {
	Agent          uuid.UUID `json:"agent"`
	Score          float64   `json:"score"`      // what decides: seconds of somebody's waiting, the least wins
	Backlog        float64   `json:"backlog"`    // seconds of unanswered work before this
	Work           float64   `json:"work"`       // expected seconds for this message
	AddedDelay     float64   `json:"harm"`       // seconds added to the others' answers, as counted
	Open           int       `json:"open"`       // conversations
	Live           float64   `json:"live"`       // of them, as far as they are alive
	Speed          float64   `json:"speed"`      // by the group's average: 1.3 is 30 % slower
	Occupancy      float64   `json:"busy"`       // share of the last hour or so
	GroupOccupancy float64   `json:"group_busy"` // mean of the group's
	FormerAgent    bool      `json:"former,omitempty"`
}

// PassedOverAgent is somebody who could not take a conversation.
type PassedOverAgent struct {
	Agent  uuid.UUID `json:"agent"`
	Reason string    `json:"reason"`
}

// maxPassedOver is how many are named.
const maxPassedOver = 20
