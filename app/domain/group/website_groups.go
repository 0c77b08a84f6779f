package group

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"parley/app/domain/group/internal/groupdb"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// WebsiteGroup is a group that answers for a website: one subject of the visitor's list.
type WebsiteGroup struct {
	Group     uuid.UUID
	GroupName string
	Priority  int               // from -2 to 2, added to the group's
	Labels    map[string]string // by language tag: what the visitor reads; without one, the group's name
}

// ListWebsiteGroups lists the groups that answer for a website, in the order of the visitor's list; none: the main group
// answers.
func (s *Service) ListWebsiteGroups(ctx context.Context, actor access.Actor, website uuid.UUID) ([]WebsiteGroup, error) {
	t, err := s.db.Authorize(actor, access.WebsiteRead)
	if err != nil {
		return nil, err
	}
	rows, err := groupdb.New(t).ListWebsiteGroups(ctx, website)
	list := make([]WebsiteGroup, len(rows))
	for i, g := range rows {
		list[i] = WebsiteGroup{Group: g.GroupID, GroupName: g.Name, Priority: int(g.Priority)}
		if err := json.Unmarshal(g.Labels, &list[i].Labels); err != nil {
			return nil, err
		}
	}
	return list, err
}

// SetWebsiteGroup has a group answer for a website, or changes how it does. A new group comes last in the visitor's list. It returns
// fail.Invalid for a priority out of range, fail.NotFound if there is no such website or group.
func (s *Service) SetWebsiteGroup(ctx context.Context, actor access.Actor, website uuid.UUID, in WebsiteGroup) error {
	t, err := s.db.Authorize(actor, access.WebsiteSetGroups)
	if err != nil {
		return err
	}
	if in.Priority < minPriority || in.Priority > maxPriority {
		return fail.Field("priority", "Choose a priority.")
	}
	labels, err := json.Marshal(in.Labels)
	if err != nil {
		return err
	}
	p := groupdb.SaveWebsiteGroupParams{WebsiteID: website, GroupID: in.Group, Priority: int16(in.Priority), Labels: labels}
	err = t.Tx(ctx, func(tx *pg.Tenant) error { return saveWebsiteGroup(ctx, tx, actor, p) })
	if pg.IsMissingReference(err) {
		return fail.Missing("website or group")
	}
	if err == nil {
		s.PublishChanged(actor.Org())
	}
	return err
}

func saveWebsiteGroup(ctx context.Context, tx *pg.Tenant, actor access.Actor, p groupdb.SaveWebsiteGroupParams) error {
	q := groupdb.New(tx)
	w, err := q.LockWebsite(ctx, p.WebsiteID)
	if pg.IsNoRows(err) {
		return fail.Missing("website or group")
	}
	if err != nil {
		return err
	}
	before, err := loadWebsiteGroup(ctx, q, p.WebsiteID, p.GroupID)
	if err != nil {
		return err
	}
	if err := q.SaveWebsiteGroup(ctx, p); err != nil {
		return err
	}
	now, err := loadWebsiteGroup(ctx, q, p.WebsiteID, p.GroupID)
	if err != nil {
		return err
	}
	return events.Record(ctx, tx, actor, websiteGroupSet(p.WebsiteID, w, before, now))
}

// loadWebsiteGroup returns a group that answers for a website; nil if it does not.
func loadWebsiteGroup(ctx context.Context, q *groupdb.Queries, website, group uuid.UUID) (*events.WebsiteGroupState, error) {
	row, err := q.GetWebsiteGroup(ctx, groupdb.GetWebsiteGroupParams{WebsiteID: website, GroupID: group})
	if pg.IsNoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return websiteGroupState(group, row)
}

// RemoveWebsiteGroup has a group answer for a website no more. It returns fail.NotFound if it did not.
func (s *Service) RemoveWebsiteGroup(ctx context.Context, actor access.Actor, website, group uuid.UUID) error {
	t, err := s.db.Authorize(actor, access.WebsiteSetGroups)
	if err != nil {
		return err
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error { return removeWebsiteGroup(ctx, tx, actor, website, group) })
	if err == nil {
		s.PublishChanged(actor.Org())
	}
	return err
}

func removeWebsiteGroup(ctx context.Context, tx *pg.Tenant, actor access.Actor, website, group uuid.UUID) error {
	q := groupdb.New(tx)
	w, err := q.LockWebsite(ctx, website)
	if pg.IsNoRows(err) {
		return fail.Missing("topic")
	}
	if err != nil {
		return err
	}
	before, err := loadWebsiteGroup(ctx, q, website, group)
	if err == nil && before == nil {
		return fail.Missing("topic")
	}
	if err != nil {
		return err
	}
	if _, err := q.RemoveWebsiteGroup(ctx, groupdb.RemoveWebsiteGroupParams{WebsiteID: website, GroupID: group}); err != nil {
		return err
	}
	return events.Record(ctx, tx, actor, websiteGroupRemoved(website, w, before))
}

// UnstaffedWebsite is a website with a group that has neither members nor a group to overflow to: its conversations wait for
// ever.
type UnstaffedWebsite struct {
	Website            uuid.UUID
	Name, CustomerName string
	Group              uuid.UUID
	GroupName          string
}

// ListUnstaffedWebsites lists at most 100 of the websites that have a group without members, by customer and name.
func (s *Service) ListUnstaffedWebsites(ctx context.Context, actor access.Actor) ([]UnstaffedWebsite, error) {
	t, err := s.db.Authorize(actor, access.WebsiteRead)
	if err != nil {
		return nil, err
	}
	rows, err := groupdb.New(t).ListUnansweredWebsites(ctx)
	list := make([]UnstaffedWebsite, len(rows))
	for i, w := range rows {
		list[i] = UnstaffedWebsite{w.ID, w.Name, w.CustomerName, w.GroupID, w.GroupName}
	}
	return list, err
}
