package group

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/group/internal/groupdb"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

var errDuplicateName = fail.Field("name", "A group with this name already exists. Choose another name.")

// Create creates a group without members and returns its id. It returns fail.Invalid for a name that is empty, too long or
// in use.
func (s *Service) Create(ctx context.Context, actor access.Actor, name string) (uuid.UUID, error) {
	t, err := s.db.Authorize(actor, access.GroupCreate)
	if err != nil {
		return uuid.Nil, err
	}
	if name, err = validate.Name("the group's name", name, maxNameLength); err != nil {
		return uuid.Nil, fail.Field("name", "%s", err.Error())
	}
	id := uuid.Must(uuid.NewV7())
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		q := groupdb.New(tx)
		if err := q.CreateGroup(ctx, groupdb.CreateGroupParams{ID: id, Name: name}); err != nil {
			return err
		}
		made, err := q.GetGroup(ctx, id)
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, actor, groupCreated(id, made))
	})
	if pg.IsDuplicate(err, "") {
		return uuid.Nil, errDuplicateName
	}
	if err == nil {
		s.PublishChanged(actor.Org())
	}
	return id, err
}

// Update changes a group's settings, which hold from the next decision on. It returns fail.Invalid for what Validate refuses,
// for a name in use and where groups would overflow in a circle; fail.NotFound if there is no such group.
func (s *Service) Update(ctx context.Context, actor access.Actor, id uuid.UUID, in Settings) error {
	t, err := s.db.Authorize(actor, access.GroupUpdate)
	if err != nil {
		return err
	}
	if err := in.Validate(id); err != nil {
		return err
	}
	p := updateParams(id, in)
	err = t.Tx(ctx, func(tx *pg.Tenant) error { return update(ctx, tx, actor, p) })
	switch {
	case pg.IsDuplicate(err, ""):
		return errDuplicateName
	case pg.IsMissingReference(err):
		return fail.Field("overflow", "Choose one of your groups.")
	case err == nil:
		s.PublishChanged(actor.Org())
	}
	return err
}

func update(ctx context.Context, tx *pg.Tenant, actor access.Actor, p groupdb.UpdateGroupParams) error {
	q := groupdb.New(tx)
	groups, err := q.LockGroups(ctx)
	if err != nil {
		return err
	}
	before, err := q.GetGroup(ctx, p.ID)
	if pg.IsNoRows(err) {
		return fail.Missing("group")
	}
	if err != nil {
		return err
	}
	to := uuid.Nil
	if p.OverflowID != nil {
		to = *p.OverflowID
	}
	if err := checkOverflow(groups, p.ID, to); err != nil {
		return err
	}
	if _, err := q.UpdateGroup(ctx, p); err != nil {
		return err
	}
	now, err := q.GetGroup(ctx, p.ID)
	if err != nil {
		return err
	}
	return events.Record(ctx, tx, actor, groupChanged(p.ID, before, now))
}

func updateParams(id uuid.UUID, in Settings) groupdb.UpdateGroupParams {
	if in.Hours.Zone == nil {
		in.Hours.Zone = time.UTC
	}
	p := groupdb.UpdateGroupParams{
		ID:            id,
		Name:          in.Name,
		Everyone:      in.Everyone,
		Automatic:     in.Automatic,
		Picking:       in.Picking,
		Priority:      int16(in.Priority),
		OverflowAfter: int32(in.OverflowAfter / time.Second),
		TimeZone:      in.Hours.Zone.String(),
		Hours:         in.Hours.encodeWeek(),
		Holidays:      in.Hours.encodeHolidays(),
	}
	if in.Overflow != uuid.Nil {
		p.OverflowID = &in.Overflow
	}
	return p
}

// checkOverflow returns fail.Invalid if group id, overflowing to another one, would get its conversations back from there. A
// circle that is stored already is not refused, so that the other settings of its groups can be changed.
func checkOverflow(groups []groupdb.LockGroupsRow, id, to uuid.UUID) error {
	byID := map[uuid.UUID]groupdb.LockGroupsRow{}
	for _, g := range groups {
		byID[g.ID] = g
	}
	if stored := byID[id].OverflowID; to == uuid.Nil || stored != nil && *stored == to {
		return nil
	}
	if _, found := byID[to]; !found {
		return fail.Field("overflow", "This group no longer exists. Choose another one.")
	}
	path := []string{byID[id].Name}
	for range groups {
		g := byID[to]
		path = append(path, g.Name)
		if to == id {
			return fail.Field("overflow", "Conversations would overflow in a circle: %s. Choose another group.", strings.Join(path, " → "))
		}
		if g.OverflowID == nil {
			return nil
		}
		to = *g.OverflowID
	}
	return nil
}

// LocalTime returns the present time in a group's zone; in UTC if the group or its zone cannot be read.
func (s *Service) LocalTime(ctx context.Context, actor access.Actor, id uuid.UUID) time.Time {
	now := time.Now().UTC()
	name, err := groupdb.New(s.db.As(actor)).GetGroupTimeZone(ctx, id)
	if err != nil {
		return now
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return now
	}
	return now.In(zone)
}
