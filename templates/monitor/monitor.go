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
	"parley/app/front/desk"
	"parley/templates/ui"
)

// PageView is the live monitor for somebody.
type PageView struct {
	ui.Viewer
	View    desk.MonitorView
	Choices desk.MonitorChoices
	Monitor routing.Monitor
}

func (p PageView) filtered() bool { return p.View.MonitorFilter != routing.MonitorFilter{} }

// wallAddress is the same for a big screen.
func (p PageView) wallAddress() string {
	v := p.View
	v.Wall = true
	return v.Address("/monitor")
}

// allAddress is the same without a filter.
func (p PageView) allAddress() string {
	v := p.View
	v.MonitorFilter = routing.MonitorFilter{}
	return v.Address("/monitor")
}

func queueOrderAddress(v desk.MonitorView, order desk.MonitorOrder) string {
	v.QueueOrder = order
	return v.Address("/monitor")
}

func agentOrderAddress(v desk.MonitorView, order desk.MonitorOrder) string {
	v.AgentOrder = order
	return v.Address("/monitor")
}

// agentOrders are the orders in which agents can be listed.
var agentOrders = []struct {
	order desk.MonitorOrder
	label string
}{{desk.ByName, "Name"}, {desk.ByLoad, "Load"}, {desk.ByWorkload, "Workload"}, {desk.ByWait, "Longest wait"}}

// sortDirection returns the direction of an order, as aria-sort has it.
func sortDirection(order desk.MonitorOrder) string {
	if order == desk.ByName {
		return "ascending"
	}
	return "descending"
}

// choiceOptions are the choices of a filter, after the one that narrows nothing.
func choiceOptions(all string, list []routing.MonitorChoice) []ui.Option {
	o := []ui.Option{{Label: all}}
	for _, c := range list {
		o = append(o, ui.Option{Value: c.ID.String(), Label: c.Name})
	}
	return o
}

// idText returns an id as a form has it; empty for the zero id.
func idText(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}

func countOrDash(n int) string {
	if n == 0 {
		return "–"
	}
	return ui.Count(n)
}

// activity says what those of an agent's chats wait for that the view shows.
func activity(a routing.AgentInfo) string {
	shown := len(a.Conversations) + a.MoreConversations
	switch {
	case a.OpenChats == 0:
		return "No open chats"
	case shown == 0:
		return "Only chats that the filter hides"
	case a.AwaitingReply == 0:
		return "All answered"
	case a.AwaitingReply == shown:
		return fmt.Sprintf("%d waiting for a reply", shown)
	}
	return fmt.Sprintf("%d waiting for a reply, %d answered", a.AwaitingReply, shown-a.AwaitingReply)
}

func openChats(m routing.Monitor) (n int) {
	for _, a := range m.Agents {
		n += len(a.Conversations) + a.MoreConversations
	}
	return n
}

func onlineAgents(m routing.Monitor) (n int) {
	for _, a := range m.Agents {
		if a.Status == presence.Online && !a.Unresponsive {
			n++
		}
	}
	return n
}

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
	case a.Status == presence.Away && a.AwayReason != "":
		return "Away (" + a.AwayReason + ")"
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
