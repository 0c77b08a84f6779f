package queue

import (
	"slices"

	"github.com/google/uuid"
)

// State is all that a decision depends on. Times are in seconds, on any clock that is the same for all of them. Groups,
// agents and customers are referred to by their place in the lists.
type State struct {
	Now       float64
	TookBack  float64 // when conversations were last taken back
	Groups    []Group
	Agents    []Agent
	Customers []Customer
	Talks     []Talk // that an agent has
	Line      []Talk // that wait for one
	Explain   bool   // say who was passed over
}

// Group is a line and what is known of its work.
type Group struct {
	ID     uuid.UUID
	Closed bool // its line is not served now: closed, or served by hand
	Pace
	Overflow int     // the group that takes over; -1: none
	After    float64 // seconds of waiting after which it does
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
	ID           uuid.UUID
	Status       Status
	Cap          int
	Suspect      bool // shows no sign of life: gets nothing new
	CameOnline   float64
	LastReply    float64
	LastAssigned float64
	Sums
	Share
	In []Place // the groups it answers for

	Limited bool  // serves only the customers in Serves
	Serves  []int // places in State.Customers
}

// serves reports whether the agent may have a conversation of a customer (-1: of one that is not known).
func (a *Agent) serves(customer int) bool { return !a.Limited || slices.Contains(a.Serves, customer) }

// Place is an agent's in a group.
type Place struct {
	Group  int
	Helper bool // answers when nobody of the first line can
	Cap    int  // conversations of this group at once; 0: as many as the agent may have
	Sums
}

// Customer is whom the organization answers for.
type Customer struct {
	ID    uuid.UUID
	Limit int // conversations at once; 0: no limit
	Arrivals
}

// Talk is a conversation as routing sees it.
type Talk struct {
	ID       uuid.UUID
	Group    int
	Customer int
	Agent    int // -1: nobody's
	Priority int // each step doubles the wait that it counts for

	Waiting  bool    // the visitor waits for an answer
	Since    float64 // since then; in the line, if it does not: when it came there
	Assigned float64
	Replied  float64 // the agent's last reply; 0: none yet
	Think    float64 // sum of the visitor's times to think, and how many
	Thinks   float64

	Lost      bool    // it has lost its agent
	Former    int     // the agent it had, or its visitor's last one: gets it back rather than others; -1: none
	TakenBack int     // how often it was taken back
	TakenFrom int     // the agent it was last taken back from; -1: none
	TakenAt   float64 // and when
	Typing    bool    // its agent is writing in it
}

// Decision is what Plan wants done. Places in lists are those of the state.
type Decision struct {
	Assign  []Assignment
	Release []Release
	Move    []Move
	Suspect []int // agents who show no sign of life
}

// Assignment gives a conversation of the line to an agent.
type Assignment struct {
	Talk, Agent int
	Why         Why
}

// Release takes a conversation back from its agent into the line.
type Release struct {
	Talk int
	Why  string
}

// Move puts a conversation of the line into another group's.
type Move struct{ Talk, To int }
