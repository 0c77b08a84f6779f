package routing

import (
	"slices"

	"github.com/google/uuid"
)

// State is all that a decision depends on. Times are in seconds, on any clock that is the same for all of them. Groups,
// agents and customers are referred to by their place in the lists.
type State struct {
	Now           float64
	LastRequeueAt float64 // when conversations were last taken back
	Groups        []Group
	Agents        []Agent
	Customers     []Customer
	Assigned      []Conversation // that an agent has
	Queue         []Conversation // that wait for one
	Explain       bool           // say who was passed over
}

// Group is a line and what is known of its work.
type Group struct {
	ID     uuid.UUID
	Closed bool // its line is not served now: closed, or served by hand
	GroupEstimate
	Overflow      int     // the group that takes over; -1: none
	OverflowAfter float64 // seconds of waiting after which it does
}

// Status of an agent.
type Status string

const (
	Online  Status = "online"
	Away    Status = "away"    // gets nothing new, finishes what it has
	Offline Status = "offline" // gone
)

// Agent is somebody who answers.
type Agent struct {
	ID             uuid.UUID
	Status         Status
	MaxChats       int
	Unresponsive   bool // shows no sign of life: gets nothing new
	OnlineSince    float64
	LastReplyAt    float64
	LastAssignedAt float64
	ReplyTimes
	Occupancy
	Memberships []Membership // the groups it answers for

	Limited   bool  // serves only the customers in Serves
	Customers []int // places in State.Customers
}

// mayServe reports whether the agent may have a conversation of a customer (-1: of one that is not known).
func (a *Agent) mayServe(customer int) bool {
	return !a.Limited || slices.Contains(a.Customers, customer)
}

// Membership is an agent's in a group.
type Membership struct {
	Group    int
	Helper   bool // answers when nobody of the first line can
	MaxChats int  // conversations of this group at once; 0: as many as the agent may have
	ReplyTimes
}

// Customer is whom the organization answers for.
type Customer struct {
	ID            uuid.UUID
	CapacityShare int // conversations at once; 0: no limit
	Arrivals
}

// Conversation is a conversation as routing sees it.
type Conversation struct {
	ID       uuid.UUID
	Group    int
	Customer int
	Agent    int // -1: nobody's
	Priority int // each step doubles the wait that it counts for

	Waiting      bool    // the visitor waits for an answer
	WaitingSince float64 // since then; in the line, if it does not: when it came there
	AssignedAt   float64
	RepliedAt    float64 // the agent's last reply; 0: none yet
	ThinkSeconds float64 // sum of the visitor's times to think, and how many
	ThinkCount   float64

	LostAgent    bool    // it has lost its agent
	FormerAgent  int     // the agent it had, or its visitor's last one: gets it back rather than others; -1: none
	RequeueCount int     // how often it was taken back
	RequeuedFrom int     // the agent it was last taken back from; -1: none
	RequeuedAt   float64 // and when
	AgentTyping  bool    // its agent is writing in it
}

// Decision is what Plan wants done. Places in lists are those of the state.
type Decision struct {
	Assign       []Assignment
	Requeue      []Requeue
	Move         []Move
	Unresponsive []int // agents who show no sign of life
}

// Assignment gives a conversation of the line to an agent.
type Assignment struct {
	Conversation, Agent int
	Explanation         Explanation
}

// Requeue takes a conversation back from its agent into the line.
type Requeue struct {
	Conversation int
	Reason       string
}

// Move puts a conversation of the line into another group's.
type Move struct{ Conversation, ToGroup int }
