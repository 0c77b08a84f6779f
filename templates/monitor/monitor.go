// Package board draws what a supervisor watches: lines, agents, who is on what, and why.
package monitor

import (
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/routing"
	"parley/templates/ui"
)

// HistoryPage explains who has had a conversation.
type HistoryPage struct {
	ui.Viewer
	Conversation conversation.Conversation
	History      []routing.AssignmentRecord
}

func visitorName(t routing.ConversationInfo) string { return ui.VisitorName(t.VisitorName, t.Visitor) }

func freeSlots(g routing.GroupInfo) string {
	if g.FreeCapacity < 0 {
		return "–"
	}
	return strconv.Itoa(g.FreeCapacity)
}

// queueState says in a word how a group's line does.
func queueState(g routing.GroupInfo) string {
	switch {
	case !g.Open:
		return "closed"
	case g.OnlineAgents == 0:
		return "nobody is online"
	case !g.Automatic:
		return "taken by hand"
	case g.FreeCapacity < 0:
		return fmt.Sprintf("%d online", g.OnlineAgents)
	case g.AvailableAgents == 0:
		return "everybody has all allowed"
	}
	return fmt.Sprintf("%d of %d can take one", g.AvailableAgents, g.OnlineAgents)
}

// assignedText says in words how an agent got a conversation.
func assignedText(h routing.AssignmentRecord) string {
	by := ""
	if h.ByName != "" && h.ByName != h.AgentName {
		by = " by " + h.ByName
	}
	switch h.How {
	case conversation.ReasonRouting:
		return "given by the rule"
	case conversation.ReasonTakeNext:
		return "took the next one"
	case conversation.ReasonPick:
		return "chose it from the line"
	case conversation.ReasonOfferAccepted:
		return "accepted it"
	case conversation.ReasonAssigned:
		return "given" + by
	case conversation.ReasonTakeOver:
		return "took it over"
	}
	return h.How
}

// endedText says in words how an agent's time with it ended.
func endedText(h routing.AssignmentRecord) string {
	switch h.EndReason {
	case "":
		return "has it now"
	case "closed":
		return "closed it"
	case conversation.ReasonReturned:
		return "gave it back"
	case conversation.ReasonConnectionLost:
		return "lost the connection"
	case conversation.ReasonAway:
		return "was away for too long"
	case conversation.ReasonNoReply:
		return "it was taken back"
	case conversation.ReasonTransfer:
		return "handed it over"
	case conversation.ReasonTakeOver, conversation.ReasonAssigned:
		return "a supervisor gave it to somebody else"
	}
	return h.EndReason
}

func rowID(id uuid.UUID) string { return "talk-" + id.String() }
