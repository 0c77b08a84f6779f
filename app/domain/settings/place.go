package settings

import (
	"github.com/google/uuid"

	"parley/app/platform/access"
)

// Level says where the value of a setting comes from. A later one counts more.
type Level int

// Levels, from the most general on.
const (
	DefaultLevel Level = iota // set nowhere
	OrganizationLevel
	CustomerLevel
	WebsiteLevel
)

// String returns the level's name: "default", "organization", "customer" or "website".
func (l Level) String() string {
	return [...]string{"default", "organization", "customer", "website"}[l]
}

// Place is what settings are for: an organization, one of its customers or a website.
type Place struct {
	level Level
	id    uuid.UUID // of the customer or the website; zero for the organization
}

// ForOrganization returns the place whose settings all customers and websites of the actor's organization inherit.
func ForOrganization() Place { return Place{level: OrganizationLevel} }

// ForCustomer returns the place whose settings the websites of a customer inherit.
func ForCustomer(id uuid.UUID) Place { return Place{CustomerLevel, id} }

// ForWebsite returns the place of the settings that are a website's own.
func ForWebsite(id uuid.UUID) Place { return Place{WebsiteLevel, id} }

// Level returns the level of the place.
func (p Place) Level() Level { return p.level }

// UpdateAction is what an actor must be allowed to do to change the settings of the place.
func (p Place) UpdateAction() access.Action {
	switch p.level {
	case OrganizationLevel:
		return access.SettingsUpdateOrganization
	case CustomerLevel:
		return access.SettingsUpdateCustomer
	}
	return access.WebsiteUpdate
}

// ID returns the id of the customer or the website; zero for the organization.
func (p Place) ID() uuid.UUID { return p.id }
