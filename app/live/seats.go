package live

import (
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/live/wire"
	view "parley/templates/desk"
)

// staffSockets counts the open sockets of team members' pages against the limits.
type staffSockets struct {
	mu     sync.Mutex
	byUser map[uuid.UUID][]*wire.Socket // in the order in which they were opened
	byOrg  map[uuid.UUID]int
	all    int
}

// enterStaff counts one more socket of a team member. A page beyond the team member's limit is let in, and the oldest one returned: it
// is to be closed, and counts no longer. Beyond the limit of the organization or the process it is an error.
func (g *gauges) enterStaff(who access.Actor, s *wire.Socket) (oldest *wire.Socket, err error) {
	g.staff.mu.Lock()
	defer g.staff.mu.Unlock()
	l, own := g.limits, g.staff.byUser[who.ID()]
	if l.UserSockets > 0 && len(own) >= l.UserSockets {
		g.refused["user-sockets"].Add(1)
		oldest = own[0]
		g.staff.remove(who, oldest)
		own = g.staff.byUser[who.ID()]
	}
	switch {
	case oldest != nil: // one for another
	case l.OrganizationSockets > 0 && g.staff.byOrg[who.Org()] >= l.OrganizationSockets:
		g.refused["organization-sockets"].Add(1)
		return nil, later(20*time.Second, "Your organization has as many Parley pages open as it can have. "+
			"Close pages that are not needed; this one connects by itself as soon as there is room.")
	case l.StaffSockets > 0 && g.staff.all >= l.StaffSockets:
		g.refused["staff-sockets"].Add(1)
		return nil, later(20*time.Second, "This server has as many pages open as it can have. "+
			"This one connects by itself as soon as there is room.")
	}
	g.staff.byUser[who.ID()] = append(own, s)
	g.staff.byOrg[who.Org()]++
	g.staff.all++
	return oldest, nil
}

// leaveStaff takes enterStaff back; nothing happens for a socket that counts no longer.
func (g *gauges) leaveStaff(who access.Actor, s *wire.Socket) {
	g.staff.mu.Lock()
	defer g.staff.mu.Unlock()
	g.staff.remove(who, s)
}

func (x *staffSockets) remove(who access.Actor, s *wire.Socket) {
	own := x.byUser[who.ID()]
	for i := range own {
		if own[i] != s {
			continue
		}
		rest := append(append([]*wire.Socket(nil), own[:i]...), own[i+1:]...)
		if x.byUser[who.ID()] = rest; len(rest) == 0 {
			delete(x.byUser, who.ID())
		}
		if x.byOrg[who.Org()]--; x.byOrg[who.Org()] <= 0 {
			delete(x.byOrg, who.Org())
		}
		x.all--
		return
	}
}

// enterStaff reports whether a team member's page may stay open. If it may not, or if it makes another one go, the page that goes says
// why.
func (h *Hub) enterStaff(who access.Actor, s *wire.Socket) bool {
	oldest, err := h.gauges.enterStaff(who, s)
	if err != nil {
		s.Send(html(view.Trouble(err.Error())))
		s.Close(wire.TryAgain, "full")
		return false
	}
	if oldest != nil {
		oldest.Send(html(view.TooManyPages(h.gauges.limits.UserSockets)))
		oldest.Close(wire.TooMany, "too many pages")
	}
	return true
}
