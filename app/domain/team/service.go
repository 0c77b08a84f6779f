package team

import (
	"context"

	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/domain/group"
	"parley/app/domain/identity"
	"parley/app/domain/notification"
	"parley/app/domain/org"
	"parley/app/domain/presence"
)

// Services are what the package's commands are made of.
type Services struct {
	Identity      *identity.Service
	Org           *org.Service
	Conversations *conversation.Service
	FAQ           *faq.Service
	Groups        *group.Service
	Presence      *presence.Service
	Mails         *notification.Mails
}

// Options is how an installation wants people to come in.
type Options struct {
	PublicURL string // how browsers reach the server, without a slash at the end
	SignUp    SignUpPolicy
}

// Service runs the commands of the package.
type Service struct {
	identity      *identity.Service
	org           *org.Service
	conversations *conversation.Service
	faq           *faq.Service
	groups        *group.Service
	presence      *presence.Service
	mails         *notification.Mails
	options       Options
}

// New returns the service.
func New(services Services, options Options) *Service {
	return &Service{identity: services.Identity, org: services.Org, conversations: services.Conversations, faq: services.FAQ, groups: services.Groups,
		presence: services.Presence,
		mails:    services.Mails, options: options}
}

// Link is what was made for somebody who is to come in.
type Link struct {
	Email string // whom it is for
	URL   string // empty: it was mailed, and nobody else sees it
}

// delivery says how links reach whom they are for: by mail if mail can be sent. Then nobody else sees them, so that opening one proves the
// address.
func (s *Service) delivery() identity.Delivery {
	if s.mails.IsOff() {
		return identity.ShownToRequester
	}
	return identity.SentByMail
}

// admitMail counts a mail that a team member has sent to a person. It returns fail.Busy if the organization has sent too many.
func (s *Service) admitMail(ctx context.Context, by identity.TeamMember) error {
	if s.mails.IsOff() {
		return nil
	}
	return s.identity.CountMail(ctx, by.Actor.Org())
}
