package group

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/group/internal/groupdb"
	"parley/app/platform/events"
)

func groupSubject(id uuid.UUID, name string) events.Subject {
	return events.Subject{Type: events.Group, ID: id, Name: name}
}

func groupCreated(id uuid.UUID, row groupdb.GetGroupRow) events.Event {
	return events.Event{Kind: events.GroupCreated, Subject: groupSubject(id, row.Name), After: groupState(row)}
}

func groupChanged(id uuid.UUID, before, now groupdb.GetGroupRow) events.Event {
	return events.Event{Kind: events.GroupChanged, Subject: groupSubject(id, now.Name), Before: groupState(before), After: groupState(now)}
}

func groupDeleted(id uuid.UUID, row groupdb.GetGroupRow) events.Event {
	return events.Event{Kind: events.GroupDeleted, Subject: groupSubject(id, row.Name), Before: groupState(row)}
}

// groupState is a group for an event.
func groupState(row groupdb.GetGroupRow) events.GroupState {
	hours := DecodeHours(row.TimeZone, row.Hours, row.Holidays)
	state := events.GroupState{
		Name:            row.Name,
		Everyone:        row.Everyone,
		Automatic:       row.Automatic,
		Picking:         row.Picking,
		Priority:        int(row.Priority),
		Overflow:        row.OverflowID,
		OverflowSeconds: int(row.OverflowAfter),
		TimeZone:        row.TimeZone,
		Holidays:        row.Holidays,
	}
	for day, spans := range hours.Week {
		if len(spans) == 0 {
			continue
		}
		if state.Hours == nil {
			state.Hours = map[string]string{}
		}
		state.Hours[strings.ToLower(time.Weekday(day).String())] = FormatDay(spans)
	}
	return state
}

// membersChanged is the event of a change of memberships: before and now list the same team members in the same order. Who has not
// changed is left out.
func membersChanged(id uuid.UUID, name string, before, now []groupdb.ListMembershipsRow) events.Event {
	var left, right []events.GroupMember
	for i, row := range now {
		if was, is := groupMember(before[i]), groupMember(row); was != is {
			left, right = append(left, was), append(right, is)
		}
	}
	return events.Event{Kind: events.GroupMembersChanged, Subject: groupSubject(id, name),
		Before: events.GroupMembersState{Members: left}, After: events.GroupMembersState{Members: right}}
}

func groupMember(row groupdb.ListMembershipsRow) events.GroupMember {
	m := events.GroupMember{ID: row.ID, Name: row.Name, Member: row.Member, Helper: row.Helper, MaxChats: int(row.MaxChats)}
	if row.GroupMaxChats != nil {
		m.GroupMaxChats = int(*row.GroupMaxChats)
	}
	return m
}

// websiteGroupSet is the event of a group that answers for a website, or does so in another way. before is nil if it did not.
func websiteGroupSet(website uuid.UUID, w groupdb.LockWebsiteRow, before, now *events.WebsiteGroupState) events.Event {
	e := events.Event{Kind: events.WebsiteGroupSet, Subject: websiteSubject(website, w), Customer: w.CustomerID, After: *now}
	if before != nil {
		e.Before = *before
	}
	return e
}

func websiteGroupRemoved(website uuid.UUID, w groupdb.LockWebsiteRow, before *events.WebsiteGroupState) events.Event {
	return events.Event{Kind: events.WebsiteGroupRemoved, Subject: websiteSubject(website, w), Customer: w.CustomerID, Before: *before}
}

func websiteSubject(website uuid.UUID, w groupdb.LockWebsiteRow) events.Subject {
	return events.Subject{Type: events.Website, ID: website, Name: w.Name}
}

// websiteGroupState is a website's group for an event.
func websiteGroupState(id uuid.UUID, row groupdb.GetWebsiteGroupRow) (*events.WebsiteGroupState, error) {
	state := &events.WebsiteGroupState{Group: row.Name, GroupID: id, Priority: int(row.Priority), Position: int(row.Position)}
	return state, json.Unmarshal(row.Labels, &state.Labels)
}
