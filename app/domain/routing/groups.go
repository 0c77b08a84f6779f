package routing

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

	"parley/app/domain/conversation"
	"parley/app/domain/group"
	"parley/app/domain/routing/internal/routingdb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// GroupRef is a group's.
type GroupRef struct {
	ID   uuid.UUID
	Name string
}

// nameCache is what is remembered of an organization's groups, so that naming one costs no statement. Who belongs to which is not: whoever
// may see a queue sees it at once.
type nameCache struct {
	names   []GroupRef
	expires time.Time
}

// nameCacheTTL bounds how stale it can be if a bell was lost.
const nameCacheTTL = time.Minute

func (c nameCache) name(group uuid.UUID) string {
	for _, n := range c.names {
		if n.ID == group {
			return n.Name
		}
	}
	return ""
}

func (s *Service) loadNames(ctx context.Context, org uuid.UUID) (nameCache, error) {
	s.mu.Lock()
	c, there := s.names[org]
	changes := s.namesVersion
	s.mu.Unlock()
	if there && time.Now().Before(c.expires) {
		return c, nil
	}
	q := routingdb.New(s.db.As(access.System(org, "name the groups")))
	c = nameCache{expires: time.Now().Add(nameCacheTTL)}
	groups, err := q.ListRoutingGroups(ctx)
	if err != nil {
		return c, err
	}
	for _, g := range groups {
		c.names = append(c.names, GroupRef{g.ID, g.Name})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.names) > 5000 {
		clear(s.names)
	}
	if s.namesVersion == changes { // else it may have been read before the change
		s.names[org] = c
	}
	return c, nil
}

func (s *Service) forgetNames(org uuid.UUID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.names, org)
	s.namesVersion++
}

// GroupName names a group where there are several, as far as is remembered; it never waits for the database. What is not
// remembered, or for too long, is looked up beside.
func (s *Service) GroupName(org, group uuid.UUID) string {
	s.mu.Lock()
	c, there := s.names[org]
	load := (!there || time.Now().After(c.expires)) && !s.loadingNames[org]
	if load {
		s.loadingNames[org] = true
	}
	s.mu.Unlock()
	if load {
		go func() {
			s.refreshNames(org)
			s.mu.Lock()
			delete(s.loadingNames, org)
			s.mu.Unlock()
		}()
	}
	if len(c.names) < 2 {
		return ""
	}
	return c.name(group)
}

func (s *Service) refreshNames(org uuid.UUID) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := s.loadNames(ctx, org); err != nil {
		slog.Warn("look up an organization's groups", "error", err)
	}
}

// SetGroupNames fills in the names of the conversations' groups.
func (s *Service) SetGroupNames(org uuid.UUID, list []conversation.Conversation) {
	if len(list) == 0 {
		return
	}
	s.mu.Lock()
	_, there := s.names[org]
	s.mu.Unlock()
	if !there {
		s.refreshNames(org)
	}
	for i := range list {
		list[i].GroupName = s.GroupName(org, list[i].Group)
	}
}

// ListGroupNames lists the organization's groups.
func (s *Service) ListGroupNames(ctx context.Context, who access.Actor) ([]GroupRef, error) {
	c, err := s.loadNames(ctx, who.Org())
	return c.names, err
}

func (s *Service) publishGroupsChanged(org uuid.UUID) {
	s.bus.Publish(bus.Event{Kind: bus.Groups, Org: org}, bus.Event{Kind: bus.Queue, Org: org})
}

// PublishGroupsChanged says that who belongs to a group may have changed, for whoever changes it other than through this package or identity.
func (s *Service) PublishGroupsChanged(org uuid.UUID) { s.publishGroupsChanged(org) }

// Settings are a group's.
type Settings struct {
	Name          string
	Everyone      bool // all who may answer belong to it
	Automatic     bool // its conversations are given to agents; else they take them
	Picking       bool // agents may choose from its line
	Priority      int  // -2 to 2: each step doubles what a wait counts for
	Overflow      uuid.UUID
	OverflowAfter time.Duration // of waiting, until Overflow takes over
	Hours         group.Hours
}

// GroupInfo is a group with its settings and live figures.
type GroupInfo struct {
	ID   uuid.UUID
	Main bool
	Settings
	Estimate        GroupEstimate
	Waiting         int
	OldestSince     time.Time // the oldest has waited since then
	Open            bool      // by its hours
	OnlineAgents    int       // agents
	FreeCapacity    int       // conversations that they could take; -1: not for who asks
	AvailableAgents int       // agents who could take one
}

// CreateGroup creates a group of nobody yet.
func (s *Service) CreateGroup(ctx context.Context, who access.Actor, name string) (uuid.UUID, error) {
	t, err := s.db.AuthorizeWholeOrg(who, access.Manage)
	if err != nil {
		return uuid.Nil, err
	}
	if name, err = validate.Name("the group's name", name, maxGroupName); err != nil {
		return uuid.Nil, fail.Field("name", "%s", err.Error())
	}
	id := uuid.Must(uuid.NewV7())
	err = routingdb.New(t).CreateGroup(ctx, routingdb.CreateGroupParams{ID: id, Name: name})
	if pg.IsDuplicate(err, "") {
		return uuid.Nil, errDuplicateName
	}
	if err == nil {
		s.publishGroupsChanged(who.Org())
	}
	return id, err
}

// Validate says of each field of a group's form what is wrong with it.
func (in *Settings) Validate(id uuid.UUID) error {
	var checks fail.Checks
	name, err := validate.Name("the group's name", in.Name, maxGroupName)
	if checks.AddError("name", err); err == nil {
		in.Name = name
	}
	if in.Priority < -2 || in.Priority > 2 {
		checks.Add("priority", "Please choose one of the priorities.")
	}
	if in.OverflowAfter < 0 || in.OverflowAfter > 24*time.Hour {
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

const maxGroupName = 100 // characters

// UpdateGroup changes a group's settings; they hold from the next decision on. Where groups overflow to each other in a circle, the
// change is refused.
func (s *Service) UpdateGroup(ctx context.Context, who access.Actor, id uuid.UUID, in Settings) error {
	t, err := s.db.AuthorizeWholeOrg(who, access.Manage)
	if err != nil {
		return err
	}
	if err := in.Validate(id); err != nil {
		return err
	}
	if in.Hours.Zone == nil {
		in.Hours.Zone = time.UTC
	}
	p := routingdb.UpdateGroupParams{ID: id, Name: in.Name, Everyone: in.Everyone, Automatic: in.Automatic, Picking: in.Picking, Priority: int16(in.Priority),
		OverflowAfter: int32(in.OverflowAfter / time.Second), TimeZone: in.Hours.Zone.String(), Hours: in.Hours.EncodeWeek(), Holidays: in.Hours.EncodeHolidays()}
	if in.Overflow != uuid.Nil {
		p.OverflowID = &in.Overflow
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		q := routingdb.New(tx)
		groups, err := q.LockGroups(ctx)
		if err != nil {
			return err
		}
		if err := checkOverflow(groups, id, in.Overflow); err != nil {
			return err
		}
		n, err := q.UpdateGroup(ctx, p)
		if err == nil && n == 0 {
			return fail.Missing("group")
		}
		return err
	})
	switch {
	case pg.IsDuplicate(err, ""):
		return errDuplicateName
	case pg.IsMissingReference(err):
		return fail.Field("overflow", "Please choose one of your groups.")
	case err == nil:
		s.publishGroupsChanged(who.Org())
	}
	return err
}

var errDuplicateName = fail.Field("name", "A group with this name already exists. Choose another name.")

// checkOverflow refuses that a group overflows to another one from which its conversations would come back to it. What is so already is
// not refused.
func checkOverflow(groups []routingdb.LockGroupsRow, id, to uuid.UUID) error {
	of := map[uuid.UUID]routingdb.LockGroupsRow{}
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

// GroupDeletion is what is deleted with a group, and what stands in the way of it.
type GroupDeletion struct {
	Members     int // places in the group
	Websites    int // for which it answers
	LastGroupOf int // of them, for which no other group does: the main group will
	Snippets    int

	Main              bool
	OpenConversations int      // conversations of the group that are not closed; up to 1000
	HasHistory        bool     // it has or had conversations: they name it for ever
	FAQEntries        int      // FAQ entries that are for this group only
	OverflowSources   []string // names of groups that overflow into it
}

// BlockedReason says why a group cannot be deleted, and what to do; "" if it can.
func (d GroupDeletion) BlockedReason() string {
	var reasons []string
	switch {
	case d.Main:
		return "The main group stays: it answers for websites without a group of their own."
	case d.OpenConversations == 1:
		reasons = append(reasons, "a conversation of it is not closed")
	case d.OpenConversations > 1:
		reasons = append(reasons, fmt.Sprintf("%d conversations of it are not closed", d.OpenConversations))
	case d.HasHistory:
		reasons = append(reasons, "earlier conversations and their history name it")
	}
	if d.FAQEntries == 1 {
		reasons = append(reasons, "an FAQ entry is for it only")
	} else if d.FAQEntries > 1 {
		reasons = append(reasons, fmt.Sprintf("%d FAQ entries are for it only", d.FAQEntries))
	}
	if len(d.OverflowSources) > 0 {
		verb := " overflows into it"
		if len(d.OverflowSources) > 1 {
			verb = " overflow into it"
		}
		reasons = append(reasons, strings.Join(d.OverflowSources, ", ")+verb)
	}
	if len(reasons) == 0 {
		return ""
	}
	text := "This group cannot be deleted: " + strings.Join(reasons, ", and ") + "."
	if d.HasHistory {
		return text + " To use it no more, remove its websites and members."
	}
	return text + " Change that first."
}

// GetGroupDeletion counts what is deleted with a group, and what stands in the way of it.
func (s *Service) GetGroupDeletion(ctx context.Context, who access.Actor, id uuid.UUID) (GroupDeletion, error) {
	t, err := s.db.AuthorizeWholeOrg(who, access.Manage)
	if err != nil {
		return GroupDeletion{}, err
	}
	return loadDeletion(ctx, routingdb.New(t), id)
}

func loadDeletion(ctx context.Context, q *routingdb.Queries, id uuid.UUID) (GroupDeletion, error) {
	row, err := q.GetGroupUsage(ctx, id)
	if pg.IsNoRows(err) {
		err = fail.Missing("group")
	}
	return GroupDeletion{Members: int(row.Members), Websites: int(row.Websites), LastGroupOf: int(row.Alone), Snippets: int(row.Snippets), Main: row.Main,
		OpenConversations: int(row.Running), HasHistory: row.Had, FAQEntries: int(row.Entries), OverflowSources: row.Overflowing}, err
}

// DeleteGroup deletes a group that never had a conversation, with what GoesWith counts. The main group stays.
func (s *Service) DeleteGroup(ctx context.Context, who access.Actor, id uuid.UUID) error {
	t, err := s.db.AuthorizeWholeOrg(who, access.Manage)
	if err != nil {
		return err
	}
	q := routingdb.New(t)
	deletion, err := loadDeletion(ctx, q, id)
	if err != nil {
		return err
	}
	if why := deletion.BlockedReason(); why != "" {
		return fail.New(fail.Conflict, "%s", why)
	}
	n, err := q.DeleteGroup(ctx, id)
	if pg.IsMissingReference(err) {
		return fail.New(fail.Conflict, "Something has begun to use this group just now, so that it cannot be deleted. Open this page again: it says what.")
	}
	if err == nil && n == 0 {
		return fail.Missing("group")
	}
	if err == nil {
		s.publishGroupsChanged(who.Org())
	}
	return err
}

// Member is somebody who may answer, and its place in a group.
type Member struct {
	ID            uuid.UUID
	Name          string
	Role          access.Role
	Status        Status
	MaxChats      int  // conversations at once, in all groups
	IsMember      bool // belongs to the group by name
	Helper        bool // answers when nobody of the first line can
	GroupMaxChats int  // conversations of this group at once; 0: no limit of its own
}

// ListMembers lists everybody who may answer, for one group.
func (s *Service) ListMembers(ctx context.Context, who access.Actor, group uuid.UUID) ([]Member, error) {
	t, err := s.db.AuthorizeWholeOrg(who, access.Manage)
	if err != nil {
		return nil, err
	}
	rows, err := routingdb.New(t).ListGroupMembers(ctx, group)
	list := make([]Member, len(rows))
	for i, m := range rows {
		list[i] = Member{m.ID, m.Name, access.Role(m.Role), Status(m.Status), int(m.MaxChats), m.Member, m.Helper, 0}
		if m.GroupMaxChats != nil {
			list[i].GroupMaxChats = int(*m.GroupMaxChats)
		}
	}
	return list, err
}

// MaxChatsLimit is the most conversations an agent can be allowed at once.
const MaxChatsLimit = 1_000_000

// SetMember gives somebody its place in a group, or takes it away, and sets its limits.
func (s *Service) SetMember(ctx context.Context, who access.Actor, group uuid.UUID, m Member) error {
	return s.SetMembers(ctx, who, group, []Member{m})
}

// SetMembers does so for several, all or none of them. Fields of the error are named cap-ID and own-ID.
func (s *Service) SetMembers(ctx context.Context, who access.Actor, group uuid.UUID, members []Member) error {
	t, err := s.db.AuthorizeWholeOrg(who, access.Manage)
	if err != nil {
		return err
	}
	var checks fail.Checks
	ids := make([]uuid.UUID, len(members))
	for i, m := range members {
		ids[i] = m.ID
		if m.MaxChats < 1 || m.MaxChats > MaxChatsLimit {
			checks.Add("cap-"+m.ID.String(), "Please give a number from 1 to %d.", MaxChatsLimit)
		}
		if m.GroupMaxChats < 0 || m.GroupMaxChats > MaxChatsLimit {
			checks.Add("own-"+m.ID.String(), "Please give a number from 1 to %d, or leave it empty.", MaxChatsLimit)
		}
	}
	if err := checks.Result(); err != nil {
		return err
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		q := routingdb.New(tx)
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
			if err := q.SetMaxChats(ctx, routingdb.SetMaxChatsParams{UserID: m.ID, MaxChats: int32(m.MaxChats)}); err != nil {
				return err
			}
			if !m.IsMember {
				if err := q.RemoveGroupMember(ctx, routingdb.RemoveGroupMemberParams{GroupID: group, UserID: m.ID}); err != nil {
					return err
				}
				continue
			}
			p := routingdb.SaveGroupMemberParams{GroupID: group, UserID: m.ID, Helper: m.Helper}
			if m.GroupMaxChats > 0 {
				own := int32(m.GroupMaxChats)
				p.MaxChats = &own
			}
			if err := q.SaveGroupMember(ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
	if pg.IsMissingReference(err) {
		return fail.Missing("group")
	}
	if err == nil {
		s.publishGroupsChanged(who.Org())
	}
	return err
}

// RoutingSettings are the organization's settings of routing.
type RoutingSettings struct {
	AwayRequeueAfter  time.Duration // how long an agent who is away may finish what it has
	FormerAgentWindow time.Duration // within which a visitor who returns goes to its former agent
}

// GetSettings returns them.
func (s *Service) GetSettings(ctx context.Context, who access.Actor) (RoutingSettings, error) {
	t, err := s.db.AuthorizeWholeOrg(who, access.Manage)
	if err != nil {
		return RoutingSettings{}, err
	}
	row, err := routingdb.New(t).GetRoutingSettings(ctx)
	return RoutingSettings{time.Duration(row.AwayRequeueSeconds) * time.Second, time.Duration(row.FormerAgentHours) * time.Hour}, err
}

// UpdateSettings changes them.
func (s *Service) UpdateSettings(ctx context.Context, who access.Actor, in RoutingSettings) error {
	t, err := s.db.AuthorizeWholeOrg(who, access.Manage)
	if err != nil {
		return err
	}
	var checks fail.Checks
	if in.AwayRequeueAfter < 0 || in.AwayRequeueAfter > 24*time.Hour {
		checks.Add("hand_back", "Please give 0 to 1440 minutes.")
	}
	if in.FormerAgentWindow < 0 || in.FormerAgentWindow > 365*24*time.Hour {
		checks.Add("former", "Please give 0 to 8760 hours.")
	}
	if err := checks.Result(); err != nil {
		return err
	}
	err = routingdb.New(t).SetRoutingSettings(ctx, routingdb.SetRoutingSettingsParams{AwayRequeueSeconds: int32(in.AwayRequeueAfter / time.Second), FormerAgentHours: int32(in.FormerAgentWindow / time.Hour)})
	if err == nil {
		s.publishGroupsChanged(who.Org())
	}
	return err
}
