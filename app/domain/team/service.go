package team

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/identity"
	"parley/app/domain/org"
	"parley/app/domain/routing"
	"parley/app/platform/mail"
)

// Services are what the package's commands are made of.
type Services struct {
	Identity      *identity.Service
	Org           *org.Service
	Conversations *conversation.Service
	Presence      *routing.Service
	Mail          *mail.Mailer
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
	presence      *routing.Service
	mail          *mail.Mailer
	options       Options
}

// New returns the service.
func New(services Services, options Options) *Service {
	return &Service{identity: services.Identity, org: services.Org, conversations: services.Conversations, presence: services.Presence,
		mail: services.Mail, options: options}
}

// Link is what was made for somebody who is to come in.
type Link struct {
	Email string // whom it is for
	URL   string // empty: it was mailed, and nobody else sees it
}

// delivery says how links reach whom they are for: by mail if mail can be sent. Then nobody else sees them, so that opening one proves the
// address.
func (s *Service) delivery() identity.Delivery {
	if s.mail.IsOff() {
		return identity.ShownToRequester
	}
	return identity.SentByMail
}

// deliver mails a link, or returns it where no mail can be sent.
func (s *Service) deliver(by identity.TeamMember, to, url, subject, text string) (Link, error) {
	err := s.mail.Send(mail.Message{Org: by.Actor.Org(), To: to, Subject: subject, Text: text + "\n\n" + url + "\n" + s.footer(by)})
	if err != nil {
		return Link{}, err
	}
	if s.delivery() == identity.SentByMail {
		url = ""
	}
	return Link{Email: to, URL: url}, nil
}

// admitMail counts a mail that a team member has sent to a person. It returns fail.Busy if the organization has sent too many, or too many
// wait to be sent.
func (s *Service) admitMail(ctx context.Context, by identity.TeamMember) error {
	if s.mail.IsOff() {
		return nil
	}
	if err := s.mail.CheckCapacity(by.Actor.Org()); err != nil {
		return err
	}
	return s.identity.CountMail(ctx, by.Actor.Org())
}

// mailLater runs work after the answer was given. It returns fail.Busy while too many mails wait.
func (s *Service) mailLater(work func(context.Context)) error {
	if err := s.mail.CheckCapacity(uuid.Nil); err != nil {
		return err
	}
	return s.mail.RunLater(work)
}
