// Package monitor renders the live monitor: queues, agents, who has which conversation, and why.
package monitor

import (
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/presence"
	"parley/app/domain/routing"
	"parley/templates/ui"
)

func visitorName(c routing.ConversationInfo) string { return ui.VisitorName(c.VisitorName, c.Visitor) }

// freeCapacity returns how many more conversations a group's agents can have.
func freeCapacity(g routing.GroupInfo) string {
	if g.FreeCapacity < 0 {
		return "–"
	}
	return strconv.Itoa(g.FreeCapacity)
}

// groupState says in a few words whether a group's agents can take conversations.
func groupState(g routing.GroupInfo) string {
	switch {
	case !g.Open:
		return "Closed"
	case g.OnlineAgents == 0:
		return "No agents online"
	case !g.Automatic:
		return fmt.Sprintf("%d online, manual assignment", g.OnlineAgents)
	case g.FreeCapacity < 0:
		return fmt.Sprintf("%d online", g.OnlineAgents)
	case g.AvailableAgents == 0:
		return "All agents at their limit"
	}
	return fmt.Sprintf("%d of %d available", g.AvailableAgents, g.OnlineAgents)
}

// agentState says in a word or two whether an agent is there.
func agentState(a routing.AgentInfo) string {
	switch {
	case a.Unresponsive:
		return "Not responding"
	case a.Status == presence.Online:
		return "Online"
	case a.Status == presence.Away:
		return "Away"
	}
	return "Offline"
}

// workload returns how long an agent is expected to work on messages without a reply.
func workload(a routing.AgentInfo) string {
	return ui.DurationText(time.Duration(a.Backlog * float64(time.Second)))
}

// assignedText says how an agent got a conversation.
func assignedText(r routing.AssignmentRecord) string {
	by := r.ByName
	if by == r.AgentName {
		by = ""
	}
	return conversation.AssignmentText(r.How, by)
}

// endedText says why and when an agent no longer has a conversation.
func endedText(r routing.AssignmentRecord) string {
	if r.EndReason == "" {
		return "Current assignee"
	}
	text := conversation.AssignmentEndText(r.EndReason)
	if !r.EndedAt.IsZero() {
		text += " after " + ui.DurationText(r.EndedAt.Sub(r.At))
	}
	return text
}

// rowID is the id of a conversation's row.
func rowID(id uuid.UUID) string { return "conversation-" + id.String() }

// address is where something is done with a conversation; an empty action is its assignment history.
func address(id uuid.UUID, action string) string {
	if action != "" {
		action = "/" + action
	}
	return "/monitor/conversations/" + id.String() + action
}
