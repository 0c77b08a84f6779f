package identity

import (
	"bytes"
	"context"
	"slices"

	"github.com/google/uuid"

	"parley/app/domain/identity/internal/identitydb"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/pg"
)

// RecordLogIn records that a user has logged in.
func (s *Service) RecordLogIn(ctx context.Context, m TeamMember) error {
	return s.recordSession(ctx, m, events.LoggedIn)
}

// RecordLogOut records that a user has logged out.
func (s *Service) RecordLogOut(ctx context.Context, m TeamMember) error {
	return s.recordSession(ctx, m, events.LoggedOut)
}

func (s *Service) recordSession(ctx context.Context, m TeamMember, kind events.Kind) error {
	t := s.db.AsLogIn(m.Actor.AsSystem("record a log-in"))
	return events.RecordAlone(ctx, t, m.Actor, events.Event{
		Kind:     kind,
		Subject:  memberSubject(m.ID(), m.Name),
		Customer: m.Actor.ScopeID(),
	})
}

// recordJoined records that somebody has become a team member.
func recordJoined(ctx context.Context, tx *pg.Tenant, id uuid.UUID, n newMember, is memberRole) error {
	customer := uuid.Nil
	if is.customer != nil {
		customer = *is.customer
	}
	actor := access.User(n.org, id, is.role, customer)
	return events.Record(ctx, tx, actor, events.Event{
		Kind:     events.MemberJoined,
		Subject:  memberSubject(id, n.Name),
		Customer: onlyCustomer(is.customer, is.customers),
		After: events.MemberState{
			Email:     n.Email,
			Role:      string(is.role),
			Customer:  is.customer,
			Limited:   len(is.customers) > 0,
			Customers: is.customers,
		},
	})
}

func memberSubject(id uuid.UUID, name string) events.Subject {
	return events.Subject{Type: events.Member, ID: id, Name: name}
}

// onlyCustomer is the one customer that a team member has to do with; zero if there are several, or all.
func onlyCustomer(reviews *uuid.UUID, limitedTo []uuid.UUID) uuid.UUID {
	switch {
	case reviews != nil:
		return *reviews
	case len(limitedTo) == 1:
		return limitedTo[0]
	}
	return uuid.Nil
}

func memberInvited(made identitydb.CreateInvitationParams) events.Event {
	return events.Event{Kind: events.MemberInvited, Subject: events.Subject{Type: events.Invitation, ID: made.ID, Name: made.Email},
		Customer: onlyCustomer(made.CustomerID, made.Customers),
		After:    events.InvitationState{Email: made.Email, Role: made.Role, Customer: made.CustomerID, Customers: made.Customers}}
}

func invitationRevoked(id uuid.UUID, row identitydb.DeleteInvitationRow) events.Event {
	return events.Event{Kind: events.InvitationRevoked, Subject: events.Subject{Type: events.Invitation, ID: id, Name: row.Email},
		Customer: onlyCustomer(row.CustomerID, row.Customers),
		Before:   events.InvitationState{Email: row.Email, Role: row.Role, Customer: row.CustomerID, Customers: row.Customers}}
}

func roleChanged(u identitydb.GetUserRow, role access.Role, customer *uuid.UUID) events.Event {
	return events.Event{Kind: events.RoleChanged, Subject: memberSubject(u.ID, u.Name), Customer: onlyCustomer(customer, nil),
		Before: events.MemberState{Role: u.Role, Customer: u.CustomerID}, After: events.MemberState{Role: string(role), Customer: customer}}
}

func customersChanged(u identitydb.GetUserRow, before, now []uuid.UUID) events.Event {
	// as before is
	now = slices.Compact(slices.SortedFunc(slices.Values(now), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }))
	return events.Event{Kind: events.CustomersChanged, Subject: memberSubject(u.ID, u.Name), Customer: onlyCustomer(nil, now),
		Before: events.MemberState{Limited: u.Limited, Customers: before}, After: events.MemberState{Limited: len(now) > 0, Customers: now}}
}

// aliasesChanged is of one customer, if the change is.
func aliasesChanged(u identitydb.GetUserRow, before, now events.AliasesState) events.Event {
	customer := uuid.Nil
	if len(now.Aliases) == 1 {
		customer = now.Aliases[0].Customer
	}
	return events.Event{Kind: events.AliasesChanged, Subject: memberSubject(u.ID, u.Name), Customer: customer, Before: before, After: now}
}

func memberDisabled(u identitydb.GetUserRow) events.Event {
	return events.Event{Kind: events.MemberDisabled, Subject: memberSubject(u.ID, u.Name), Customer: onlyCustomer(u.CustomerID, nil),
		Before: events.MemberState{Disabled: u.DisabledAt != nil}, After: events.MemberState{Disabled: true}}
}

func memberEnabled(u identitydb.GetUserRow) events.Event {
	return events.Event{Kind: events.MemberEnabled, Subject: memberSubject(u.ID, u.Name), Customer: onlyCustomer(u.CustomerID, nil),
		Before: events.MemberState{Disabled: u.DisabledAt != nil}, After: events.MemberState{Disabled: false}}
}

func passwordLinkCreated(u identitydb.GetUserRow, d Delivery) events.Event {
	return events.Event{Kind: events.PasswordLinkCreated, Subject: memberSubject(u.ID, u.Name), Customer: onlyCustomer(u.CustomerID, nil),
		After: events.PasswordLinkState{Email: u.Email, Mailed: d == SentByMail}}
}

// passwordReset is what a link changes, with where the change comes from. The database records it for each user (app.door_reset_password).
func passwordReset(ctx context.Context, secret, hash string) pg.PasswordReset {
	from := events.OriginOf(ctx)
	return pg.PasswordReset{TokenHash: hashToken(secret), Identity: uuid.Must(uuid.NewV7()), Hash: hash,
		Via: string(from.Via), Address: from.Address, UserAgent: from.UserAgent}
}
