package routing

import (
	"context"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/group"
	"parley/app/platform/access"
	"parley/app/platform/fail"
)

// GroupInfo is a group with its settings and live figures.
type GroupInfo struct {
	ID   uuid.UUID
	Main bool
	group.Settings
	Estimate        GroupEstimate
	QueueAges                   // its whole queue, as far as the filter lets it through
	Queues          []QueueInfo // the same by website
	Open            bool        // by its hours
	OnlineAgents    int
	AvailableAgents int // agents who could take a conversation; for a limited actor OnlineAgents
	FreeCapacity    int // conversations that they could take; -1: not for this actor
}

// ListGroupInfo lists the groups with their live figures, for an actor who may monitor.
func (s *Service) ListGroupInfo(ctx context.Context, actor access.Actor) ([]GroupInfo, error) {
	m, err := s.GetMonitor(ctx, actor)
	return m.Groups, err
}

// GetGroupInfo returns one group, and the live monitor that it is part of; fail.NotFound if there is no such group.
func (s *Service) GetGroupInfo(ctx context.Context, actor access.Actor, id uuid.UUID) (GroupInfo, Monitor, error) {
	m, err := s.GetMonitor(ctx, actor)
	if err != nil {
		return GroupInfo{}, m, err
	}
	for _, g := range m.Groups {
		if g.ID == id {
			return g, m, nil
		}
	}
	return GroupInfo{}, m, fail.Missing("group")
}

func (v *monitorView) groupInfo(i int) GroupInfo {
	g := v.groupRows[i]
	info := GroupInfo{
		ID:   g.ID,
		Main: g.Main,
		Settings: group.Settings{
			Name:          g.Name,
			Everyone:      g.Everyone,
			Automatic:     g.Automatic,
			Picking:       g.Picking,
			Priority:      int(g.Priority),
			OverflowAfter: time.Duration(g.OverflowAfter) * time.Second,
			Hours:         v.hours[i],
		},
		Estimate:     v.Groups[i].GroupEstimate,
		Open:         v.hours[i].Open(time.Now()),
		OnlineAgents: len(v.planner.groups[i].online),
	}
	if g.OverflowID != nil {
		info.Overflow = *g.OverflowID
	}
	info.Queues, info.QueueAges = v.queuesOf(g.ID)
	if v.actor.IsLimited() { // free capacity changes with other customers' conversations
		info.AvailableAgents, info.FreeCapacity = info.OnlineAgents, -1
		return info
	}
	for _, c := range v.planner.groups[i].online {
		if v.planner.reasonAgainst(c, nil) == "" {
			info.AvailableAgents++
			info.FreeCapacity += v.Agents[c.agent].MaxChats - v.planner.agents[c.agent].open
		}
	}
	return info
}
