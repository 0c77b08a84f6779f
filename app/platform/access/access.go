// Package access says who is asking and what each role may do.
//
// Owns: Actor, Role, Action and the Table of rights.
// Must not touch: databases, requests, anything of ours but fail.
// Always true: the zero Actor is nobody and may do nothing; an Actor belongs to exactly one organization.
package access

import (
	"slices"

	"github.com/google/uuid"

	"parley/app/platform/fail"
)

// Role is what a user is in the organization. Visitor and system are not roles of users but of actors.
type Role string

const (
	Owner      Role = "owner"      // a manager who also holds billing, security and retention
	Manager    Role = "manager"    // customers, websites, domains, groups, team
	Supervisor Role = "supervisor" // an agent who also sees the live monitor and the archive
	Agent      Role = "agent"      // answers at the desk
	Reviewer   Role = "reviewer"   // a customer's employee, who reads that customer's closed conversations

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

// CanBeLimited reports whether who has the role can be limited to customers: managers, supervisors and agents.
func (r Role) CanBeLimited() bool { return r == Manager || r == Supervisor || r == Agent }

// NeedsCustomer reports whether who has the role belongs to one customer, as reviewers do.
func (r Role) NeedsCustomer() bool { return r == Reviewer }

// IsOwner reports whether the role is that of an owner, who is made and changed by owners only.
func (r Role) IsOwner() bool { return r == Owner }

// Can reports whether the role may do the action, fully or under the rule's restriction.
func (r Role) Can(action Action) bool { return grants[action].byRole[r] != Denied }

// Actor is who is asking. Its fields are set once, by the three constructors below.
type Actor struct {
	org     uuid.UUID
	role    Role
	id      uuid.UUID // the user or the visitor; zero for system
	scopeID uuid.UUID // a reviewer's customer, a visitor's website; zero otherwise
	purpose string

	limitedTo *customerList // a team member's that is limited; nil: it serves all. A pointer, so that actors can be compared
}

type customerList []uuid.UUID

// User is a logged-in user. customer is the reviewer's and zero for every other role.
func User(org, user uuid.UUID, role Role, customer uuid.UUID) Actor {
	if !role.Valid() || (role == Reviewer) != (customer != uuid.Nil) {
		return Actor{}
	}
	return Actor{org: org, role: role, id: user, scopeID: customer}
}

// Visitor is a person on a website, known by a signed token.
func Visitor(org, website, id uuid.UUID) Actor {
	return Actor{org: org, role: visitor, id: id, scopeID: website}
}

// System is the program itself, working for one organization; purpose says at what, for the log.
func System(org uuid.UUID, purpose string) Actor {
	return Actor{org: org, role: system, purpose: purpose}
}

// LimitedTo returns the team member limited to customers: it sees and changes what is theirs and nothing of the others. With none it
// sees no customer at all. Owners, reviewers, visitors and the system stay as they are.
func (a Actor) LimitedTo(list []uuid.UUID) Actor {
	if a.role.CanBeLimited() {
		only := customerList(slices.Clone(list))
		a.limitedTo = &only
	}
	return a
}

// IsLimited reports whether the actor is a team member limited to customers.
func (a Actor) IsLimited() bool { return a.limitedTo != nil }

// Customers are those to which the actor is limited; nil if it is not.
func (a Actor) Customers() []uuid.UUID {
	if a.limitedTo == nil {
		return nil
	}
	return slices.Clone(*a.limitedTo)
}

// Serves reports whether a customer is one whose data the actor may see at all: every one for a team member who is not limited and for
// the system, its own for a reviewer, none for a visitor.
func (a Actor) Serves(customer uuid.UUID) bool {
	switch {
	case a.role == Reviewer:
		return customer == a.scopeID
	case a.role == visitor || a.role == "":
		return false
	}
	return a.limitedTo == nil || slices.Contains(*a.limitedTo, customer)
}

// AsSystem returns the program itself, doing something for the actor that the caller has found to be its right; the actor stays named as
// whose act it is.
func (a Actor) AsSystem(purpose string) Actor {
	return Actor{org: a.org, role: system, id: a.id, purpose: purpose}
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

// OnlyCustomer returns the one customer of which a reviewer sees anything; false for everyone else.
func (a Actor) OnlyCustomer() (uuid.UUID, bool) {
	if a.role.NeedsCustomer() {
		return a.scopeID, true
	}
	return uuid.Nil, false
}

// ScopeID is the customer of a reviewer or the website of a visitor; zero for everyone else.
func (a Actor) ScopeID() uuid.UUID { return a.scopeID }

// Can reports whether the actor may do the action, fully or under the rule's restriction, which the package that owns the object enforces.
// It is false for a team member limited to customers where the rule concerns the whole organization.
func (a Actor) Can(action Action) bool { return a.grant(action) != Denied }

// CanFully reports whether the actor may do the action to everything that it sees: no restriction holds for its role.
func (a Actor) CanFully(action Action) bool { return a.grant(action) == Granted }

func (a Actor) grant(action Action) Grant {
	entry, known := grants[action]
	if !known || !a.Valid() || entry.rule.WholeOrganization && a.IsLimited() {
		return Denied
	}
	return entry.byRole[a.role]
}

// Require returns nil if the actor Can do the action, and otherwise a fail.Forbidden that says why not and whom to ask.
func (a Actor) Require(action Action) error {
	switch {
	case a.Can(action):
		return nil
	case a.role.Can(action) && a.IsLimited():
		return fail.New(fail.Forbidden,
			"This belongs to the whole organization, and you are limited to some customers. Ask a manager who is not limited.")
	case a.role.Valid():
		return fail.New(fail.Forbidden, "Your role (%s) does not allow this. Ask a manager of your organization.", a.role)
	}
	return fail.New(fail.Forbidden, "You cannot do this. Ask a manager of the organization.")
}
