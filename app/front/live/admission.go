package live

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/org"
	"parley/app/front/live/limit"
	"parley/app/front/live/wire"
	"parley/app/platform/access"
	"parley/app/platform/clientnet"
	view "parley/templates/desk"
)

// Limits are the limits on what visitors and team members may do.
type Limits = limit.Limits

// Rate limits how often something may happen. The zero Rate is no limit.
type Rate = limit.Rate

// DefaultLimits returns the limits of a server that nobody has configured.
func DefaultLimits() Limits { return limit.DefaultLimits() }

// Admit takes one message that a visitor sends by a request, as the panel's socket takes others, and returns the
// network that the visitor counts as. begins: the message begins a conversation. It returns fail.Forbidden for a
// blocked visitor, and fail.Busy beyond a limit.
func (h *Hub) Admit(ctx context.Context, site *org.WidgetWebsite, visitor uuid.UUID, address string, begins bool) (string, error) {
	address = clientnet.Of(address)
	if !h.canWrite(ctx, site.Org, visitor, address) {
		return address, errBlocked
	}
	sender := limit.Sender{Visitor: visitor, Website: site.ID, Org: site.Org, Address: address}
	if begins {
		return address, h.limiter.AllowFirstMessage(sender)
	}
	return address, h.limiter.AllowMessage(sender)
}

// AdmitBytes takes so many bytes of a visitor's file. address is what Admit has returned. It returns fail.Busy beyond a limit.
func (h *Hub) AdmitBytes(visitor uuid.UUID, address string, bytes int64) error {
	return h.limiter.AllowBytes(visitor, address, bytes)
}

// AdmitTeam takes one request of a team member. One that opens a socket counts as five: a whole screen is read for it.
// It returns fail.Busy beyond a limit.
func (h *Hub) AdmitTeam(user, organization uuid.UUID, socket bool) error {
	weight := int64(1)
	if socket {
		weight = 5
	}
	return h.limiter.AllowTeamRequest(user, organization, weight)
}

// admitStaff reports whether a team member's page may stay open. If it may not, or if another one must be closed for
// it, the page that is closed says why.
func (h *Hub) admitStaff(actor access.Actor, s *wire.Socket) bool {
	oldest, err := h.limiter.AcquirePage(actor, s)
	if err != nil {
		s.Send(renderHTML(view.ErrorNotice(err.Error())))
		s.Close(wire.TryAgain, "full")
		return false
	}
	if oldest != nil {
		oldest.Send(renderHTML(view.TooManyPages(h.limiter.Limits().UserSockets)))
		oldest.Close(wire.TooMany, "too many pages")
	}
	return true
}
