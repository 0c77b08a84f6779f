package routing

import (
	"slices"

	"github.com/google/uuid"

	"parley/app/domain/presence"
)

// State is all that a decision depends on. Times are in seconds, on any clock that is the same for all of them. Groups,
// agents and customers are referred to by their index in the lists.
type State struct {
	Now           float64
	LastRequeueAt float64 // when Plan last requeued a conversation of the organization
	Groups        []Group
	Agents        []Agent
	Customers     []Customer
	Assigned      []Conversation // conversations with an agent
	Queue         []Conversation // conversations without one
	Explain       bool           // explanations name the agents who were passed over
}

// Group is a group and what is known of its work.
type Group struct {
	ID     uuid.UUID
	Closed bool // nothing is assigned from its queue: it is closed, or its agents take conversations themselves
	GroupEstimate
	Overflow      int     // the group that takes over; -1: none
	OverflowAfter float64 // seconds that a conversation waits before it does
}

// Agent is a user who answers.
type Agent struct {
	ID             uuid.UUID
	Status         presence.Status
	MaxChats       int     // the concurrent-chat limit
	Unresponsive   bool    // has not reacted for long: gets no conversation
	OnlineSince    float64 // negative infinity: never
	LastReplyAt    float64 // in any conversation; negative infinity: never
	LastAssignedAt float64 // negative infinity: never
	ReplyTimes
	Occupancy
	Memberships []Membership // in the groups that it answers for

	Limited   bool  // serves only Customers
	Customers []int // by index in State.Customers
}

// mayServe reports whether the agent may have a conversation of a customer (-1: one that is not known).
func (a *Agent) mayServe(customer int) bool {
	return !a.Limited || slices.Contains(a.Customers, customer)
}

// Membership is an agent's membership in a group.
type Membership struct {
	Group    int
	Helper   bool // gets conversations only when no other member can take them
	MaxChats int  // concurrent conversations of this group; 0: as many as the agent may have
	ReplyTimes
}

// Customer is a company that the organization answers for.
type Customer struct {
	ID            uuid.UUID
	CapacityShare int // concurrent conversations with agents; 0: no limit
	Arrivals
}

// Conversation is a conversation as routing sees it.
type Conversation struct {
	ID       uuid.UUID
	Group    int
	Customer int // -1: not known
	Agent    int // -1: none
	Priority int // each step doubles what the wait counts for

	Waiting      bool    // the visitor waits for a reply
	WaitingSince float64 // since then; of a queued one that does not wait: when it was queued
	AssignedAt   float64
	RepliedAt    float64 // the agent's last reply; 0: none yet
	ThinkSeconds float64 // sum of the visitor's times from a reply to the next message
	ThinkCount   float64 // the number of those times

	LostAgent    bool    // was with an agent before
	FormerAgent  int     // the agent it had, or its visitor had last, who is preferred; -1: none
	RequeueCount int     // how often Plan has requeued it
	RequeuedFrom int     // the agent it was last requeued from by Plan; -1: none
	RequeuedAt   float64 // when that was
	AgentTyping  bool    // its agent is writing in it
}

// Decision is what Plan wants done. Conversations, agents and groups are indexes in the lists of the state.
type Decision struct {
	Assign       []Assignment
	Requeue      []Requeue
	Move         []Move
	Unresponsive []int // agents who turn out to be unresponsive
}

// Assignment assigns a conversation of State.Queue to an agent.
type Assignment struct {
	Conversation, Agent int
	Explanation         Explanation
}

// Requeue takes a conversation of State.Assigned from its agent and puts it into the queue of its group.
type Requeue struct {
	Conversation int
	Reason       string
}

// Move puts a conversation of State.Queue into the queue of another group.
type Move struct{ Conversation, ToGroup int }
