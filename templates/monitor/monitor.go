// Package monitor renders the live monitor: queues, agents, who has which conversation, and why.
package monitor

import (
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/routing"
	"parley/templates/ui"
)

func visitorName(t routing.ConversationInfo) string { return ui.VisitorName(t.VisitorName, t.Visitor) }

// freeSlots returns how many more conversations a group's agents can have.
func freeSlots(g routing.GroupInfo) string {
	if g.FreeCapacity < 0 {
		return "–"
	}
	return strconv.Itoa(g.FreeCapacity)
}

// queueState says in a few words whether a group's agents can take conversations.
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

// assignedText says how an agent got a conversation.
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

// endedText says why an agent no longer has a conversation.
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
