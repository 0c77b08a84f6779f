// Package access says who is asking and what each role may do.
//
// Owns: Actor, Role, Right.
// Must not touch: databases, requests, anything of ours.
// Always true: the zero Actor is nobody and may do nothing; an Actor belongs to exactly one organization.
package access

import (
	"github.com/google/uuid"
)

// Role is what a user is in the organization. Visitor and system are not roles of users but of actors.
type Role string

const (
	Owner      Role = "owner"      // a manager who also holds billing, security and retention
	Manager    Role = "manager"    // customers, websites, domains, groups, people
	Supervisor Role = "supervisor" // an agent who also watches the lines and running conversations, and reads past ones
	Agent      Role = "agent"      // answers at the desk
	Reviewer   Role = "reviewer"   // a customer's own person: reads that customer's past conversations

	visitor Role = "visitor"
	system  Role = "system"
)

// Roles lists the roles a user can have, highest first.
var Roles = []Role{Owner, Manager, Supervisor, Agent, Reviewer}

// Valid reports whether r is a role a user can have.
func (r Role) Valid() bool {
	for _, known := range Roles {
		if r == known {
			return true
		}
	}
	return false
}

// Right is one thing a role may or may not do.
type Right int

const (
	Answer  Right = iota // sit at the desk: take, answer, note, close
	Manage               // customers, websites, domains, people
	Appoint              // make or change owners, rename the organization
	Review               // read past conversations
	Watch                // see everybody's running conversations, look into them, give them to somebody, take them over
)

var rights = map[Role][]Right{
	Owner:      {Answer, Manage, Appoint, Review, Watch},
	Manager:    {Answer, Manage, Review, Watch},
	Supervisor: {Answer, Review, Watch},
	Agent:      {Answer},
	Reviewer:   {Review},
	system:     {Answer, Manage, Appoint, Review, Watch},
}

// May reports whether the role has the right.
func (r Role) May(right Right) bool {
	for _, have := range rights[r] {
		if have == right {
			return true
		}
	}
	return false
}

// Actor is who is asking. Its fields are set once, by the three constructors below.
type Actor struct {
	org     uuid.UUID
	role    Role
	id      uuid.UUID // the user or the visitor; zero for system
	narrow  uuid.UUID // a reviewer's customer, a visitor's website; zero otherwise
	purpose string
}

// User is a logged-in user. customer is the reviewer's and zero for every other role.
func User(org, user uuid.UUID, role Role, customer uuid.UUID) Actor {
	if !role.Valid() || (role == Reviewer) != (customer != uuid.Nil) {
		return Actor{}
	}
	return Actor{org: org, role: role, id: user, narrow: customer}
}

// Visitor is a person on a website, known by a signed token.
func Visitor(org, website, id uuid.UUID) Actor {
	return Actor{org: org, role: visitor, id: id, narrow: website}
}

// System is the program itself, working for one organization; purpose says at what, for the log.
func System(org uuid.UUID, purpose string) Actor {
	return Actor{org: org, role: system, purpose: purpose}
}

// Valid reports whether this is somebody: an actor with an organization, and an id unless it is the system.
func (a Actor) Valid() bool {
	return a.org != uuid.Nil && a.role != "" && (a.role == system || a.id != uuid.Nil)
}

// Org is the organization the actor belongs to.
func (a Actor) Org() uuid.UUID { return a.org }

// ID is the user's or the visitor's id; zero for the system.
func (a Actor) ID() uuid.UUID { return a.id }

// Role is the user's role, "visitor" or "system".
func (a Actor) Role() Role { return a.role }

// IsVisitor reports whether the actor is a visitor.
func (a Actor) IsVisitor() bool { return a.role == visitor }

// Narrow is the customer of a reviewer or the website of a visitor; zero for everyone else.
func (a Actor) Narrow() uuid.UUID { return a.narrow }

// May reports whether the actor's role has the right.
func (a Actor) May(right Right) bool { return a.Valid() && a.role.May(right) }
