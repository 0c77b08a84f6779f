package group

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/group/internal/groupdb"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// Deletion counts what is deleted with a group, and what prevents its deletion.
type Deletion struct {
	Members     int // memberships
	Websites    int // websites that it answers for
	LastGroupOf int // those of them that no other group answers for: the main group will
	Snippets    int

	Main              bool
	OpenConversations int      // conversations of the group that are not closed, counted up to 1000
	HasHistory        bool     // a conversation or an assignment names it, which lasts
	FAQEntries        int      // FAQ entries that are for this group only
	OverflowSources   []string // names of groups that overflow into it
}

// BlockedReason says why the group cannot be deleted and what to do, in sentences for a manager; "" if it can be deleted.
func (d Deletion) BlockedReason() string {
	if d.Main {
		return "The main group cannot be deleted: it answers websites that have no group."
	}
	reasons := d.reasons()
	if len(reasons) == 0 {
		return ""
	}
	text := "This group cannot be deleted: " + strings.Join(reasons, ", and ") + "."
	if d.HasHistory {
		return text + " If you no longer need it, remove its websites and members."
	}
	return text + " Change that first."
}

func (d Deletion) reasons() (list []string) {
	switch {
	case d.OpenConversations == 1:
		list = append(list, "one of its conversations is open")
	case d.OpenConversations > 1:
		list = append(list, fmt.Sprintf("%d of its conversations are open", d.OpenConversations))
	case d.HasHistory:
		list = append(list, "closed conversations refer to it")
	}
	switch {
	case d.FAQEntries == 1:
		list = append(list, "one FAQ entry is for this group only")
	case d.FAQEntries > 1:
		list = append(list, fmt.Sprintf("%d FAQ entries are for this group only", d.FAQEntries))
	}
	switch names := strings.Join(d.OverflowSources, ", "); {
	case len(d.OverflowSources) == 1:
		list = append(list, names+" overflows into it")
	case len(d.OverflowSources) > 1:
		list = append(list, names+" overflow into it")
	}
	return list
}

// GetDeletion returns what is deleted with a group and what prevents it; fail.NotFound if there is no such group.
func (s *Service) GetDeletion(ctx context.Context, actor access.Actor, id uuid.UUID) (Deletion, error) {
	t, err := s.db.Authorize(actor, access.GroupDelete)
	if err != nil {
		return Deletion{}, err
	}
	return loadDeletion(ctx, groupdb.New(t), id)
}

func loadDeletion(ctx context.Context, q *groupdb.Queries, id uuid.UUID) (Deletion, error) {
	row, err := q.GetGroupUsage(ctx, id)
	if pg.IsNoRows(err) {
		err = fail.Missing("group")
	}
	return Deletion{
		Members:           int(row.Members),
		Websites:          int(row.Websites),
		LastGroupOf:       int(row.Alone),
		Snippets:          int(row.Snippets),
		Main:              row.Main,
		OpenConversations: int(row.Running),
		HasHistory:        row.Had,
		FAQEntries:        int(row.Entries),
		OverflowSources:   row.Overflowing,
	}, err
}

// Delete deletes a group with all that GetDeletion counts. It returns fail.Conflict with the reason if something prevents
// that, fail.NotFound if there is no such group.
func (s *Service) Delete(ctx context.Context, actor access.Actor, id uuid.UUID) error {
	t, err := s.db.Authorize(actor, access.GroupDelete)
	if err != nil {
		return err
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error { return remove(ctx, tx, actor, id) })
	if pg.IsMissingReference(err) {
		return fail.New(fail.Conflict,
			"This group is now in use, so it cannot be deleted. Reload the page to see why.")
	}
	if err == nil {
		s.PublishChanged(actor.Org())
	}
	return err
}

func remove(ctx context.Context, tx *pg.Tenant, actor access.Actor, id uuid.UUID) error {
	q := groupdb.New(tx)
	deletion, err := loadDeletion(ctx, q, id)
	if err != nil {
		return err
	}
	if reason := deletion.BlockedReason(); reason != "" {
		return fail.New(fail.Conflict, "%s", reason)
	}
	before, err := q.GetGroup(ctx, id)
	if pg.IsNoRows(err) {
		return fail.Missing("group")
	}
	if err != nil {
		return err
	}
	n, err := q.DeleteGroup(ctx, id)
	if err == nil && n == 0 {
		return fail.Missing("group")
	}
	if err != nil {
		return err
	}
	return events.Record(ctx, tx, actor, groupDeleted(id, before))
}
