package live

import (
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/front/live/wire"
	"parley/app/platform/access"
	view "parley/templates/desk"
)

// staffSockets counts the open sockets of team members' pages against the limits.
type staffSockets struct {
	mu     sync.Mutex
	byUser map[uuid.UUID][]*wire.Socket // in the order in which they were opened
	byOrg  map[uuid.UUID]int
	total  int
}

// acquireStaffSocket counts one more socket of a team member. A page beyond the team member's limit is let in, and the oldest one returned: it
// is to be closed, and counts no longer. Beyond the limit of the organization or the process it is an error.
func (l *limiter) acquireStaffSocket(actor access.Actor, s *wire.Socket) (oldest *wire.Socket, err error) {
	l.staff.mu.Lock()
	defer l.staff.mu.Unlock()
	limits, own := l.limits, l.staff.byUser[actor.ID()]
	if limits.UserSockets > 0 && len(own) >= limits.UserSockets {
		l.refusals["user-sockets"].Add(1)
		oldest = own[0]
		l.staff.remove(actor, oldest)
		own = l.staff.byUser[actor.ID()]
	}
	switch {
	case oldest != nil: // one for another
	case limits.OrganizationSockets > 0 && l.staff.byOrg[actor.Org()] >= limits.OrganizationSockets:
		l.refusals["organization-sockets"].Add(1)
		return nil, busyError(20*time.Second, "Your organization has as many Parley pages open as it can have. "+
			"Close pages that are not needed; this one connects by itself as soon as there is room.")
	case limits.StaffSockets > 0 && l.staff.total >= limits.StaffSockets:
		l.refusals["staff-sockets"].Add(1)
		return nil, busyError(20*time.Second, "This server has as many pages open as it can have. "+
			"This one connects by itself as soon as there is room.")
	}
	l.staff.byUser[actor.ID()] = append(own, s)
	l.staff.byOrg[actor.Org()]++
	l.staff.total++
	return oldest, nil
}

// releaseStaffSocket takes enterStaff back; nothing happens for a socket that counts no longer.
func (l *limiter) releaseStaffSocket(actor access.Actor, s *wire.Socket) {
	l.staff.mu.Lock()
	defer l.staff.mu.Unlock()
	l.staff.remove(actor, s)
}

func (s *staffSockets) remove(actor access.Actor, socket *wire.Socket) {
	own := s.byUser[actor.ID()]
	for i := range own {
		if own[i] != socket {
			continue
		}
		rest := append(append([]*wire.Socket(nil), own[:i]...), own[i+1:]...)
		if s.byUser[actor.ID()] = rest; len(rest) == 0 {
			delete(s.byUser, actor.ID())
		}
		if s.byOrg[actor.Org()]--; s.byOrg[actor.Org()] <= 0 {
			delete(s.byOrg, actor.Org())
		}
		s.total--
		return
	}
}

// admitStaff reports whether a team member's page may stay open. If it may not, or if it makes another one go, the page that goes says
// why.
func (h *Hub) admitStaff(actor access.Actor, s *wire.Socket) bool {
	oldest, err := h.limiter.acquireStaffSocket(actor, s)
	if err != nil {
		s.Send(renderHTML(view.ErrorNotice(err.Error())))
		s.Close(wire.TryAgain, "full")
		return false
	}
	if oldest != nil {
		oldest.Send(renderHTML(view.TooManyPages(h.limiter.limits.UserSockets)))
		oldest.Close(wire.TooMany, "too many pages")
	}
	return true
}
