package queue

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/chat"
	"parley/app/fail"
	"parley/app/pg"
	"parley/app/queue/internal/queuedb"
)

// Name is a group's.
type Name struct {
	ID   uuid.UUID
	Name string
}

// config is what is remembered of an organization's groups, so that naming one costs no statement. Who belongs to which is not: whoever
// may see a queue sees it at once.
type config struct {
	names []Name
	until time.Time
}

// configKept bounds how stale it can be if a bell was lost.
const configKept = time.Minute

func (c config) nameOf(group uuid.UUID) string {
	for _, n := range c.names {
		if n.ID == group {
			return n.Name
		}
	}
	return ""
}

func (r *Room) configOf(ctx context.Context, org uuid.UUID) (config, error) {
	r.mu.Lock()
	c, there := r.config[org]
	changes := r.changes
	r.mu.Unlock()
	if there && time.Now().Before(c.until) {
		return c, nil
	}
	q := queuedb.New(r.db.As(access.System(org, "name the groups")))
	c = config{until: time.Now().Add(configKept)}
	groups, err := q.RouteGroups(ctx)
	if err != nil {
		return c, err
	}
	for _, g := range groups {
		c.names = append(c.names, Name{g.ID, g.Name})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.config) > 5000 {
		clear(r.config)
	}
	if r.changes == changes { // else it may have been read before the change
		r.config[org] = c
	}
	return c, nil
}

func (r *Room) forget(org uuid.UUID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.config, org)
	r.changes++
}

// GroupName names a group where there are several, as far as is remembered; it never waits for the database. What is not
// remembered, or for too long, is looked up beside.
func (r *Room) GroupName(org, group uuid.UUID) string {
	r.mu.Lock()
	c, there := r.config[org]
	look := (!there || time.Now().After(c.until)) && !r.looking[org]
	if look {
		r.looking[org] = true
	}
	r.mu.Unlock()
	if look {
		go func() {
			r.remember(org)
			r.mu.Lock()
			delete(r.looking, org)
			r.mu.Unlock()
		}()
	}
	if len(c.names) < 2 {
		return ""
	}
	return c.nameOf(group)
}

func (r *Room) remember(org uuid.UUID) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := r.configOf(ctx, org); err != nil {
		slog.Warn("look up an organization's groups", "error", err)
	}
}

// NameGroups fills in the names of the conversations' groups.
func (r *Room) NameGroups(org uuid.UUID, list []chat.Conversation) {
	if len(list) == 0 {
		return
	}
	r.mu.Lock()
	_, there := r.config[org]
	r.mu.Unlock()
	if !there {
		r.remember(org)
	}
	for i := range list {
		list[i].GroupName = r.GroupName(org, list[i].Group)
	}
}

// Names lists the organization's groups.
func (r *Room) Names(ctx context.Context, who access.Actor) ([]Name, error) {
	c, err := r.configOf(ctx, who.Org())
	return c.names, err
}

func (r *Room) changed(org uuid.UUID) {
	r.bus.Publish(bus.Event{Kind: bus.Groups, Org: org}, bus.Event{Kind: bus.Line, Org: org})
}

// Changed says that who belongs to a group may have changed, for whoever changes it other than through this package or identity.
func (r *Room) Changed(org uuid.UUID) { r.changed(org) }

// Settings are a group's.
type Settings struct {
	Name      string
	Everyone  bool // all who may answer belong to it
	Automatic bool // its conversations are given to agents; else they take them
	Picking   bool // agents may choose from its line
	Priority  int  // -2 to 2: each step doubles what a wait counts for
	Overflow  uuid.UUID
	After     time.Duration // of waiting, until Overflow takes over
	Hours     Hours
}

// GroupInfo is a group with its settings and live figures.
type GroupInfo struct {
	ID   uuid.UUID
	Main bool
	Settings
	Pace    Pace
	Waiting int
	Since   time.Time // the oldest has waited since then
	Open    bool      // by its hours
	Online  int       // agents
	Free    int       // conversations that they could take; -1: not for who asks
	Able    int       // agents who could take one
}

// AddGroup creates a group of nobody yet.
func (r *Room) AddGroup(ctx context.Context, who access.Actor, name string) (uuid.UUID, error) {
	t, err := r.db.ForAll(who, access.Manage)
	if err != nil {
		return uuid.Nil, err
	}
	if name, err = fail.Name("the group's name", name, groupName); err != nil {
		return uuid.Nil, fail.Field("name", "%s", err.Error())
	}
	id := uuid.Must(uuid.NewV7())
	err = queuedb.New(t).CreateGroup(ctx, queuedb.CreateGroupParams{ID: id, Name: name})
	if pg.Duplicate(err, "") {
		return uuid.Nil, errSameGroup
	}
	if err == nil {
		r.changed(who.Org())
	}
	return id, err
}

// Check says of each field of a group's form what is wrong with it.
func (in *Settings) Check(id uuid.UUID) error {
	var checks fail.Checks
	name, err := fail.Name("the group's name", in.Name, groupName)
	if checks.Err("name", err); err == nil {
		in.Name = name
	}
	if in.Priority < -2 || in.Priority > 2 {
		checks.Add("priority", "Please choose one of the priorities.")
	}
	if in.After < 0 || in.After > 24*time.Hour {
		checks.Add("after", "Please give a number of seconds from 0 to 86400.")
	}
	if in.Overflow == id && id != uuid.Nil {
		checks.Add("overflow", "A group cannot take over from itself.")
	}
	for day := range in.Hours.Week {
		if text := in.Hours.Overlap(day); text != "" {
			checks.Add("day"+strconv.Itoa(day), "%s", text)
		}
	}
	return checks.Result()
}

const groupName = 100 // characters

// UpdateGroup changes a group's settings; they hold from the next decision on. Where groups overflow to each other in a circle, the
// change is refused.
func (r *Room) UpdateGroup(ctx context.Context, who access.Actor, id uuid.UUID, in Settings) error {
	t, err := r.db.ForAll(who, access.Manage)
	if err != nil {
		return err
	}
	if err := in.Check(id); err != nil {
		return err
	}
	if in.Hours.Zone == nil {
		in.Hours.Zone = time.UTC
	}
	p := queuedb.UpdateGroupParams{ID: id, Name: in.Name, Everyone: in.Everyone, Automatic: in.Automatic, Picking: in.Picking, Priority: int16(in.Priority),
		OverflowAfter: int32(in.After / time.Second), TimeZone: in.Hours.Zone.String(), Hours: in.Hours.kept(), Holidays: in.Hours.keptHolidays()}
	if in.Overflow != uuid.Nil {
		p.OverflowID = &in.Overflow
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		q := queuedb.New(tx)
		groups, err := q.LockGroups(ctx)
		if err != nil {
			return err
		}
		if err := overflows(groups, id, in.Overflow); err != nil {
			return err
		}
		n, err := q.UpdateGroup(ctx, p)
		if err == nil && n == 0 {
			return fail.Missing("group")
		}
		return err
	})
	switch {
	case pg.Duplicate(err, ""):
		return errSameGroup
	case pg.Missing(err):
		return fail.Field("overflow", "Please choose one of your groups.")
	case err == nil:
		r.changed(who.Org())
	}
	return err
}

var errSameGroup = fail.Field("name", "A group with this name already exists. Choose another name.")

// overflows refuses that a group overflows to another one from which its conversations would come back to it. What is so already is
// not refused.
func overflows(groups []queuedb.LockGroupsRow, id, to uuid.UUID) error {
	of := map[uuid.UUID]queuedb.LockGroupsRow{}
	for _, g := range groups {
		of[g.ID] = g
	}
	if before := of[id].OverflowID; to == uuid.Nil || before != nil && *before == to {
		return nil
	}
	if _, there := of[to]; !there {
		return fail.Field("overflow", "This group does not exist any more. Please choose another one.")
	}
	path := []string{of[id].Name}
	for range groups {
		g := of[to]
		path = append(path, g.Name)
		if to == id {
			return fail.Field("overflow", "Conversations would go in a circle: %s. Choose another group.", strings.Join(path, " → "))
		}
		if g.OverflowID == nil {
			return nil
		}
		to = *g.OverflowID
	}
	return nil
}

// Goes is what is deleted with a group, and what stands in the way of it.
type Goes struct {
	Members  int // places in the group
	Websites int // for which it answers
	Alone    int // of them, for which no other group does: the main group will
	Snippets int

	Main        bool
	Running     int      // conversations of the group that are not closed; up to 1000
	Had         bool     // it has or had conversations: they name it for ever
	Entries     int      // FAQ entries that are for this group only
	Overflowing []string // names of groups that overflow into it
}

// InTheWay says why a group cannot be deleted, and what to do; "" if it can.
func (g Goes) InTheWay() string {
	var reasons []string
	switch {
	case g.Main:
		return "The main group stays: it answers for websites without a group of their own."
	case g.Running == 1:
		reasons = append(reasons, "a conversation of it is not closed")
	case g.Running > 1:
		reasons = append(reasons, fmt.Sprintf("%d conversations of it are not closed", g.Running))
	case g.Had:
		reasons = append(reasons, "earlier conversations and their history name it")
	}
	if g.Entries == 1 {
		reasons = append(reasons, "an FAQ entry is for it only")
	} else if g.Entries > 1 {
		reasons = append(reasons, fmt.Sprintf("%d FAQ entries are for it only", g.Entries))
	}
	if len(g.Overflowing) > 0 {
		verb := " overflows into it"
		if len(g.Overflowing) > 1 {
			verb = " overflow into it"
		}
		reasons = append(reasons, strings.Join(g.Overflowing, ", ")+verb)
	}
	if len(reasons) == 0 {
		return ""
	}
	text := "This group cannot be deleted: " + strings.Join(reasons, ", and ") + "."
	if g.Had {
		return text + " To use it no more, remove its websites and members."
	}
	return text + " Change that first."
}

// GoesWith counts what is deleted with a group, and what stands in the way of it.
func (r *Room) GoesWith(ctx context.Context, who access.Actor, id uuid.UUID) (Goes, error) {
	t, err := r.db.ForAll(who, access.Manage)
	if err != nil {
		return Goes{}, err
	}
	return goesWith(ctx, queuedb.New(t), id)
}

func goesWith(ctx context.Context, q *queuedb.Queries, id uuid.UUID) (Goes, error) {
	row, err := q.GroupGoes(ctx, id)
	if pg.None(err) {
		err = fail.Missing("group")
	}
	return Goes{Members: int(row.Members), Websites: int(row.Websites), Alone: int(row.Alone), Snippets: int(row.Snippets), Main: row.Main,
		Running: int(row.Running), Had: row.Had, Entries: int(row.Entries), Overflowing: row.Overflowing}, err
}

// RemoveGroup deletes a group that never had a conversation, with what GoesWith counts. The main group stays.
func (r *Room) RemoveGroup(ctx context.Context, who access.Actor, id uuid.UUID) error {
	t, err := r.db.ForAll(who, access.Manage)
	if err != nil {
		return err
	}
	q := queuedb.New(t)
	goes, err := goesWith(ctx, q, id)
	if err != nil {
		return err
	}
	if why := goes.InTheWay(); why != "" {
		return fail.New(fail.Conflict, "%s", why)
	}
	n, err := q.DeleteGroup(ctx, id)
	if pg.Missing(err) {
		return fail.New(fail.Conflict, "Something has begun to use this group just now, so that it cannot be deleted. Open this page again: it says what.")
	}
	if err == nil && n == 0 {
		return fail.Missing("group")
	}
	if err == nil {
		r.changed(who.Org())
	}
	return err
}

// Member is somebody who may answer, and its place in a group.
type Member struct {
	ID     uuid.UUID
	Name   string
	Role   access.Role
	Status Status
	Cap    int  // conversations at once, in all groups
	In     bool // belongs to the group by name
	Helper bool // answers when nobody of the first line can
	Own    int  // conversations of this group at once; 0: no limit of its own
}

// Members lists everybody who may answer, for one group.
func (r *Room) Members(ctx context.Context, who access.Actor, group uuid.UUID) ([]Member, error) {
	t, err := r.db.ForAll(who, access.Manage)
	if err != nil {
		return nil, err
	}
	rows, err := queuedb.New(t).ListMembers(ctx, group)
	list := make([]Member, len(rows))
	for i, m := range rows {
		list[i] = Member{m.ID, m.Name, access.Role(m.Role), Status(m.Status), int(m.HardCap), m.Member, m.Helper, 0}
		if m.Cap != nil {
			list[i].Own = int(*m.Cap)
		}
	}
	return list, err
}

// CapMost is the most conversations an agent can be allowed at once.
const CapMost = 1_000_000

// SetMember gives somebody its place in a group, or takes it away, and sets its limits.
func (r *Room) SetMember(ctx context.Context, who access.Actor, group uuid.UUID, m Member) error {
	return r.SetMembers(ctx, who, group, []Member{m})
}

// SetMembers does so for several, all or none of them. Fields of the error are named cap-ID and own-ID.
func (r *Room) SetMembers(ctx context.Context, who access.Actor, group uuid.UUID, members []Member) error {
	t, err := r.db.ForAll(who, access.Manage)
	if err != nil {
		return err
	}
	var checks fail.Checks
	ids := make([]uuid.UUID, len(members))
	for i, m := range members {
		ids[i] = m.ID
		if m.Cap < 1 || m.Cap > CapMost {
			checks.Add("cap-"+m.ID.String(), "Please give a number from 1 to %d.", CapMost)
		}
		if m.Own < 0 || m.Own > CapMost {
			checks.Add("own-"+m.ID.String(), "Please give a number from 1 to %d, or leave it empty.", CapMost)
		}
	}
	if err := checks.Result(); err != nil {
		return err
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		q := queuedb.New(tx)
		there, err := q.HasGroup(ctx, group)
		if err == nil && !there {
			return fail.Missing("group")
		}
		if err != nil {
			return err
		}
		able, err := q.LockUsers(ctx, ids)
		if err != nil {
			return err
		}
		for _, m := range members {
			if !slices.Contains(able, m.ID) {
				if len(members) == 1 {
					return fail.Missing("user")
				}
				return fail.New(fail.Conflict, "%s cannot answer any more, so nothing was changed. The list below is up to date: save it again.", cmp.Or(m.Name, "Somebody in the list"))
			}
			if err := q.SetCap(ctx, queuedb.SetCapParams{UserID: m.ID, HardCap: int32(m.Cap)}); err != nil {
				return err
			}
			if !m.In {
				if err := q.RemoveMember(ctx, queuedb.RemoveMemberParams{GroupID: group, UserID: m.ID}); err != nil {
					return err
				}
				continue
			}
			p := queuedb.SetMemberParams{GroupID: group, UserID: m.ID, Helper: m.Helper}
			if m.Own > 0 {
				own := int32(m.Own)
				p.Cap = &own
			}
			if err := q.SetMember(ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
	if pg.Missing(err) {
		return fail.Missing("group")
	}
	if err == nil {
		r.changed(who.Org())
	}
	return err
}

// Rules are the organization's settings of routing.
type Rules struct {
	HandBack time.Duration // how long an agent who is away may finish what it has
	Former   time.Duration // within which a visitor who returns goes to its former agent
}

// Rules returns them.
func (r *Room) Rules(ctx context.Context, who access.Actor) (Rules, error) {
	t, err := r.db.ForAll(who, access.Manage)
	if err != nil {
		return Rules{}, err
	}
	row, err := queuedb.New(t).GetRouting(ctx)
	return Rules{time.Duration(row.HandBack) * time.Second, time.Duration(row.FormerHours) * time.Hour}, err
}

// SetRules changes them.
func (r *Room) SetRules(ctx context.Context, who access.Actor, in Rules) error {
	t, err := r.db.ForAll(who, access.Manage)
	if err != nil {
		return err
	}
	var checks fail.Checks
	if in.HandBack < 0 || in.HandBack > 24*time.Hour {
		checks.Add("hand_back", "Please give 0 to 1440 minutes.")
	}
	if in.Former < 0 || in.Former > 365*24*time.Hour {
		checks.Add("former", "Please give 0 to 8760 hours.")
	}
	if err := checks.Result(); err != nil {
		return err
	}
	err = queuedb.New(t).SetRouting(ctx, queuedb.SetRoutingParams{HandBack: int32(in.HandBack / time.Second), FormerHours: int32(in.Former / time.Hour)})
	if err == nil {
		r.changed(who.Org())
	}
	return err
}
