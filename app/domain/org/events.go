package org

import (
	"github.com/google/uuid"

	"parley/app/domain/org/internal/orgdb"
	"parley/app/domain/settings"
	"parley/app/platform/events"
)

func organizationCreated(id uuid.UUID, name string) events.Event {
	return events.Event{Kind: events.OrganizationCreated, Subject: events.Subject{Type: events.Organization, ID: id, Name: name},
		After: events.OrganizationState{Name: name}}
}

func organizationRenamed(id uuid.UUID, before, name string) events.Event {
	return events.Event{Kind: events.OrganizationRenamed, Subject: events.Subject{Type: events.Organization, ID: id, Name: name},
		Before: events.OrganizationState{Name: before}, After: events.OrganizationState{Name: name}}
}

func customerSubject(id uuid.UUID, name string) events.Subject {
	return events.Subject{Type: events.Customer, ID: id, Name: name}
}

func customerCreated(id uuid.UUID, name string) events.Event {
	return events.Event{Kind: events.CustomerCreated, Subject: customerSubject(id, name), Customer: id, After: events.CustomerState{Name: name}}
}

func customerRenamed(id uuid.UUID, before, name string) events.Event {
	return events.Event{Kind: events.CustomerRenamed, Subject: customerSubject(id, name), Customer: id,
		Before: events.CustomerState{Name: before}, After: events.CustomerState{Name: name}}
}

func capacityShareChanged(id uuid.UUID, row orgdb.SetCapacityShareRow, share int) events.Event {
	return events.Event{Kind: events.CapacityShareChanged, Subject: customerSubject(id, row.Name), Customer: id,
		Before: events.CustomerState{CapacityShare: int(row.FormerShare)}, After: events.CustomerState{CapacityShare: share}}
}

func websiteSubject(id uuid.UUID, name string) events.Subject {
	return events.Subject{Type: events.Website, ID: id, Name: name}
}

func websiteCreated(id, customer uuid.UUID, in WebsiteInput) events.Event {
	return events.Event{Kind: events.WebsiteCreated, Subject: websiteSubject(id, in.Name), Customer: customer,
		After: events.WebsiteState{Name: in.Name, Domain: in.Host}}
}

func websiteChanged(id uuid.UUID, row orgdb.RenameWebsiteRow, name string, a settings.Applied) events.Event {
	state := func(name string, w settings.Widget) events.WebsiteState {
		return events.WebsiteState{Name: name, Greeting: w.Greetings.Standard, TypingPreview: w.General.TypingPreview}
	}
	return events.Event{Kind: events.WebsiteChanged, Subject: websiteSubject(id, name), Customer: row.CustomerID,
		Before: state(row.FormerName, a.Before), After: state(name, a.After)}
}

func identityKeyRotated(id uuid.UUID, row orgdb.SetIdentityKeyRow) events.Event {
	return events.Event{Kind: events.IdentityKeyRotated, Subject: websiteSubject(id, row.Name), Customer: row.CustomerID}
}

func domainAdded(w Website, host string) events.Event {
	return events.Event{Kind: events.DomainAdded, Subject: websiteSubject(w.ID, w.Name), Customer: w.CustomerID,
		After: events.DomainState{Domain: host}}
}

func domainRemoved(website uuid.UUID, row orgdb.RemoveDomainRow) events.Event {
	return events.Event{Kind: events.DomainRemoved, Subject: websiteSubject(website, row.Name), Customer: row.CustomerID,
		Before: events.DomainState{Domain: row.Host}}
}
