package limit

import (
	"time"

	"parley/app/front/live/wire"
)

// Rate limits how often something may happen. The zero Rate is no limit.
type Rate = wire.Rate

// Limits are what may be set. A zero value limits nothing.
type Limits struct {
	Visitor          Rate // messages of one visitor, from all its tabs
	Address          Rate // messages from one address
	Website          Rate // messages to one website
	Organization     Rate // messages to one organization
	NewVisitors      Rate // visitors without a token, from one address
	NewConversations Rate // new conversations from one address
	Requests         Rate // posts and polls from one address, where sockets are blocked

	VisitorBytes Rate // bytes of files of one visitor
	AddressBytes Rate // bytes of files of visitors from one address

	UserRequests         Rate // requests of one team member
	OrganizationRequests Rate // requests of one organization's team

	Frames Rate // frames on one socket, of a visitor or of staff

	AddressSockets int // open at once from one address
	WebsiteSockets int // open at once to one website
	AllSockets     int // visitors' sockets of this process

	UserSockets         int           // pages of one team member; a further one closes the oldest
	OrganizationSockets int           // pages of one organization's team
	StaffSockets        int           // pages of teams, of this process
	Heartbeat           time.Duration // how often a silent socket gets a heartbeat; 0: every wire.Heartbeat
}

// DefaultLimits returns the limits of a server that nobody has configured; they are generous for people. AllSockets is left to
// the caller, who knows the machine.
func DefaultLimits() Limits {
	return Limits{
		Visitor:              perSecond(2, 20),
		Address:              perSecond(30, 300),
		Website:              perSecond(300, 3000),
		Organization:         perSecond(1000, 10000),
		NewVisitors:          perSecond(5, 500),
		NewConversations:     perSecond(1, 100),
		Requests:             perSecond(20, 300),
		Frames:               perSecond(30, 200),
		VisitorBytes:         perSecond(500_000, 100_000_000),
		AddressBytes:         perSecond(2_000_000, 500_000_000),
		UserRequests:         perSecond(50, 1000),
		OrganizationRequests: perSecond(300, 5000),
		AddressSockets:       2000,
		WebsiteSockets:       20000,
		UserSockets:          20,
		OrganizationSockets:  1000,
	}
}

func perSecond(n float64, burst int) Rate { return Rate{PerSecond: n, Burst: burst} }

// name names a limit as the setting LIMITS and the metric parley_refusals_total do.
type name string

const (
	visitorMessages      name = "visitor"
	addressMessages      name = "address"
	websiteMessages      name = "website"
	organizationMessages name = "organization"
	newVisitors          name = "newcomers"
	newConversations     name = "beginnings"
	requests             name = "requests"
	visitorBytes         name = "visitor-bytes"
	addressBytes         name = "address-bytes"
	userRequests         name = "user-requests"
	organizationRequests name = "organization-requests"
	addressSockets       name = "address-sockets"
	websiteSockets       name = "website-sockets"
	allSockets           name = "sockets"
	userSockets          name = "user-sockets"
	organizationSockets  name = "organization-sockets"
	staffSockets         name = "staff-sockets"
)

var names = []name{
	visitorMessages, addressMessages, websiteMessages, organizationMessages, newVisitors, newConversations, requests,
	visitorBytes, addressBytes, userRequests, organizationRequests, addressSockets, websiteSockets, allSockets,
	userSockets, organizationSockets, staffSockets,
}
