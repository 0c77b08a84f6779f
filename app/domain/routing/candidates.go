package routing

import (
	"slices"

	"parley/app/domain/presence"
)

// reasonAgainst says why a candidate cannot take a conversation, in words for a manager; "" if it can. A nil conversation asks
// whether the candidate can take any.
func (w *planner) reasonAgainst(c candidate, t *Conversation) string {
	a, l := &w.Agents[c.agent], &w.agents[c.agent]
	switch membership := &a.Memberships[c.membership]; {
	case t != nil && !a.mayServe(t.Customer):
		return "no access to this customer"
	case a.Unresponsive || l.unresponsive:
		return "not responding"
	case l.open >= a.MaxChats:
		return "at the chat limit"
	case membership.MaxChats > 0 && w.openInGroup(c) >= membership.MaxChats:
		return "at the chat limit of this group"
	case t != nil && t.RequeuedFrom == c.agent && w.Now-t.RequeuedAt < requeueCooldown:
		return "it was just requeued from this agent"
	}
	return ""
}

// candidates appends to a list the agents of a group who can take a conversation: the helpers only if no other member can.
func (w *planner) candidates(group int, t *Conversation, list []candidate) []candidate {
	helpers := false
	for _, c := range w.groups[group].online {
		if w.isHelper(c) {
			helpers = true
		} else if w.reasonAgainst(c, t) == "" {
			list = append(list, c)
		}
	}
	if len(list) > 0 || !helpers {
		return list
	}
	for _, c := range w.groups[group].online {
		if w.isHelper(c) && w.reasonAgainst(c, t) == "" {
			list = append(list, c)
		}
	}
	return list
}

func (w *planner) isHelper(c candidate) bool {
	return w.Agents[c.agent].Memberships[c.membership].Helper
}

// anyConversationOf returns a conversation that stands for any of a customer, to ask who could take one.
func anyConversationOf(customer int) *Conversation {
	return &Conversation{Customer: customer, Agent: -1, FormerAgent: -1, RequeuedFrom: -1}
}

// capacityShareUsed reports whether a customer has as many conversations with agents as its capacity share allows.
func (w *planner) capacityShareUsed(customer int) bool {
	if customer < 0 {
		return false
	}
	share := w.Customers[customer].CapacityShare
	return share > 0 && w.openByCustomer[customer] >= share
}

// passedOver lists the agents of the group who could not take a conversation, at most maxPassedOver, with the reasons.
func (w *planner) passedOver(t *Conversation) (list []PassedOverAgent) {
	for i := range w.Agents {
		a := &w.Agents[i]
		membership := slices.IndexFunc(a.Memberships, func(m Membership) bool { return m.Group == t.Group })
		if membership < 0 || a.Status == presence.Offline || len(list) == maxPassedOver {
			continue
		}
		reason := string(presence.Away)
		if a.Status == presence.Online {
			reason = w.reasonAgainst(candidate{i, membership}, t)
		}
		if reason != "" {
			list = append(list, PassedOverAgent{a.ID, reason})
		}
	}
	return list
}
