package limit

import (
	"slices"
	"sync"

	"github.com/google/uuid"

	"parley/app/front/live/wire"
	"parley/app/platform/access"
)

// openPages counts the open pages of team members: desks, and pages of managers and supervisors that have a socket.
type openPages struct {
	mu     sync.Mutex
	byUser map[uuid.UUID][]*wire.Socket // the oldest first
	byOrg  map[uuid.UUID]int
	total  int
}

func newOpenPages() openPages {
	return openPages{byUser: map[uuid.UUID][]*wire.Socket{}, byOrg: map[uuid.UUID]int{}}
}

// AcquirePage counts one more page of a team member, or returns why it may not be opened. A page beyond the team
// member's own limit may: then its oldest page is returned, which no longer counts and is to be closed.
func (l *Limiter) AcquirePage(actor access.Actor, s *wire.Socket) (oldest *wire.Socket, err error) {
	p, limits := &l.pages, l.limits
	p.mu.Lock()
	defer p.mu.Unlock()
	own := p.byUser[actor.ID()]
	if limits.UserSockets > 0 && len(own) >= limits.UserSockets {
		l.refusals[userSockets].Add(1)
		oldest = own[0]
		p.remove(actor, oldest)
	}
	switch {
	case oldest != nil: // one for another
	case limits.OrganizationSockets > 0 && p.byOrg[actor.Org()] >= limits.OrganizationSockets:
		return nil, l.refuse(organizationSockets, retryFull, "Your organization has reached its limit of open Parley pages. "+
			"Close pages you don't need. This one connects as soon as there is room.")
	case limits.StaffSockets > 0 && p.total >= limits.StaffSockets:
		return nil, l.refuse(staffSockets, retryFull, "This server has reached its limit of open pages. "+
			"This one connects as soon as there is room.")
	}
	p.byUser[actor.ID()] = append(p.byUser[actor.ID()], s)
	p.byOrg[actor.Org()]++
	p.total++
	return oldest, nil
}

// ReleasePage no longer counts a page that AcquirePage has counted. Nothing happens for one that does not count any more.
func (l *Limiter) ReleasePage(actor access.Actor, s *wire.Socket) {
	l.pages.mu.Lock()
	defer l.pages.mu.Unlock()
	l.pages.remove(actor, s)
}

func (p *openPages) remove(actor access.Actor, s *wire.Socket) {
	own := p.byUser[actor.ID()]
	at := slices.Index(own, s)
	if at < 0 {
		return
	}
	if rest := slices.Delete(own, at, at+1); len(rest) > 0 {
		p.byUser[actor.ID()] = rest
	} else {
		delete(p.byUser, actor.ID())
	}
	if p.byOrg[actor.Org()]--; p.byOrg[actor.Org()] <= 0 {
		delete(p.byOrg, actor.Org())
	}
	p.total--
}
