package group

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"parley/app/domain/group/internal/groupdb"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// Member is a team member who may answer, and the membership in one group.
type Member struct {
	ID            uuid.UUID
	Name          string
	Role          access.Role
	MaxChats      int  // the concurrent-chat limit over all groups, from 1
	IsMember      bool // is a member of the group by name
	Helper        bool // gets conversations only when no other member can take them
	GroupMaxChats int  // concurrent conversations of this group; 0: as many as MaxChats
}

// MaxChatsLimit is the highest concurrent-chat limit that an agent can have.
const MaxChatsLimit = 1_000_000

// ListMembers lists every team member who may answer, by name, each with the membership in a group.
func (s *Service) ListMembers(ctx context.Context, actor access.Actor, id uuid.UUID) ([]Member, error) {
	t, err := s.db.Authorize(actor, access.GroupRead)
	if err != nil {
		return nil, err
	}
	rows, err := groupdb.New(t).ListGroupMembers(ctx, id)
	list := make([]Member, len(rows))
	for i, m := range rows {
		list[i] = Member{
			ID:       m.ID,
			Name:     m.Name,
			Role:     access.Role(m.Role),
			MaxChats: int(m.MaxChats),
			IsMember: m.Member,
			Helper:   m.Helper,
		}
		if m.GroupMaxChats != nil {
			list[i].GroupMaxChats = int(*m.GroupMaxChats)
		}
	}
	return list, err
}

// ListOf lists the groups that the actor answers for as of now, by id.
func (s *Service) ListOf(ctx context.Context, actor access.Actor) ([]uuid.UUID, error) {
	system := actor.AsSystem("which groups a team member answers for")
	return groupdb.New(s.db.As(system)).ListUserGroups(ctx, actor.ID())
}

// SetMember stores one membership as SetMembers does.
func (s *Service) SetMember(ctx context.Context, actor access.Actor, id uuid.UUID, m Member) error {
	return s.SetMembers(ctx, actor, id, []Member{m})
}

// SetMembers stores or removes (IsMember) memberships in a group, and sets the members' limits: all of them or none. It returns
// fail.Invalid with fields cap-ID and own-ID for limits out of range or of nobody in the group, fail.NotFound if there is no such
// group or the only member may not answer, fail.Conflict if one of several may not.
func (s *Service) SetMembers(ctx context.Context, actor access.Actor, id uuid.UUID, members []Member) error {
	t, err := s.db.Authorize(actor, access.GroupSetMembers)
	if err != nil {
		return err
	}
	if err := checkLimits(members); err != nil {
		return err
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error { return storeMembers(ctx, tx, actor, id, members) })
	if pg.IsMissingReference(err) {
		return fail.Missing("group")
	}
	if err == nil {
		s.PublishChanged(actor.Org())
	}
	return err
}

func checkLimits(members []Member) error {
	var checks fail.Checks
	for _, m := range members {
		if m.MaxChats < 1 || m.MaxChats > MaxChatsLimit {
			checks.Add("cap-"+m.ID.String(), "Enter a number from 1 to %d.", MaxChatsLimit)
		}
		if m.GroupMaxChats > 0 && !m.IsMember {
			checks.Add("own-"+m.ID.String(), "Only members of the group can have this limit. Choose a role, or leave the limit empty.")
		}
		if m.GroupMaxChats < 0 || m.GroupMaxChats > MaxChatsLimit {
			checks.Add("own-"+m.ID.String(), "Enter a number from 1 to %d, or leave the field empty.", MaxChatsLimit)
		}
	}
	return checks.Result()
}

func storeMembers(ctx context.Context, tx *pg.Tenant, actor access.Actor, id uuid.UUID, members []Member) error {
	q := groupdb.New(tx)
	name, err := q.LockGroup(ctx, id)
	if pg.IsNoRows(err) {
		return fail.Missing("group")
	}
	if err != nil {
		return err
	}
	ids := make([]uuid.UUID, len(members))
	for i, m := range members {
		ids[i] = m.ID
	}
	able, err := q.LockUsers(ctx, ids)
	if err != nil {
		return err
	}
	touched := groupdb.ListMembershipsParams{GroupID: id, Ids: ids}
	before, err := q.ListMemberships(ctx, touched)
	if err != nil {
		return err
	}
	if err := storeEach(ctx, q, id, members, able); err != nil {
		return err
	}
	now, err := q.ListMemberships(ctx, touched)
	if err != nil {
		return err
	}
	return events.Record(ctx, tx, actor, membersChanged(id, name, before, now))
}

// storeEach stores the memberships of those who may answer (able), and returns an error for one who may not.
func storeEach(ctx context.Context, q *groupdb.Queries, id uuid.UUID, members []Member, able []uuid.UUID) (err error) {
	for _, m := range members {
		switch {
		case slices.Contains(able, m.ID):
			err = storeMember(ctx, q, id, m)
		case len(members) == 1:
			err = fail.Missing("team member")
		default:
			err = fail.New(fail.Conflict, "%s can no longer answer, so nothing was saved. The list is now up to date. Save it again.",
				cmp.Or(m.Name, "A team member"))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func storeMember(ctx context.Context, q *groupdb.Queries, id uuid.UUID, m Member) error {
	if err := q.SetMaxChats(ctx, groupdb.SetMaxChatsParams{UserID: m.ID, MaxChats: int32(m.MaxChats)}); err != nil {
		return err
	}
	if !m.IsMember {
		return q.RemoveGroupMember(ctx, groupdb.RemoveGroupMemberParams{GroupID: id, UserID: m.ID})
	}
	p := groupdb.SaveGroupMemberParams{GroupID: id, UserID: m.ID, Helper: m.Helper}
	if m.GroupMaxChats > 0 {
		own := int32(m.GroupMaxChats)
		p.MaxChats = &own
	}
	return q.SaveGroupMember(ctx, p)
}
