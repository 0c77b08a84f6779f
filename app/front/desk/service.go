package desk

import (
	"parley/app/domain/assist"
	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/domain/group"
	"parley/app/domain/identity"
	"parley/app/domain/presence"
	"parley/app/domain/routing"
	"parley/app/domain/visitor"
)

// Services are what read models are read from.
type Services struct {
	Conversations *conversation.Service
	Visitors      *visitor.Service
	Groups        *group.Service
	Presence      *presence.Service
	Routing       *routing.Service
	FAQ           *faq.Service
	Identity      *identity.Service
	Assist        *assist.Service
}

// Service reads what screens show.
type Service struct {
	conversations *conversation.Service
	visitors      *visitor.Service
	groups        *group.Service
	presence      *presence.Service
	routing       *routing.Service
	faq           *faq.Service
	identity      *identity.Service
	assist        *assist.Service
}

// New returns a Service that reads from others.
func New(s Services) *Service {
	return &Service{
		conversations: s.Conversations,
		visitors:      s.Visitors,
		groups:        s.Groups,
		presence:      s.Presence,
		routing:       s.Routing,
		faq:           s.FAQ,
		identity:      s.Identity,
		assist:        s.Assist,
	}
}
