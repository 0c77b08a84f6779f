// Package board draws what a supervisor watches: lines, agents, who is on what, and why.
package board

import (
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"parley/app/chat"
	"parley/app/queue"
	"parley/templates/ui"
)

// WhyPage explains who has had a conversation.
type WhyPage struct {
	ui.Viewer
	Conversation chat.Conversation
	History      []queue.Had
}

func visitorName(t queue.TalkInfo) string { return ui.Visitor(t.Name, t.Visitor) }

func free(g queue.GroupInfo) string {
	if g.Free < 0 {
		return "–"
	}
	return strconv.Itoa(g.Free)
}

// state says in a word how a group's line does.
func state(g queue.GroupInfo) string {
	switch {
	case !g.Open:
		return "closed"
	case g.Online == 0:
		return "nobody is online"
	case !g.Automatic:
		return "taken by hand"
	case g.Free < 0:
		return fmt.Sprintf("%d online", g.Online)
	case g.Able == 0:
		return "everybody has all allowed"
	}
	return fmt.Sprintf("%d of %d can take one", g.Able, g.Online)
}

// how says in words how an agent got a conversation.
func how(h queue.Had) string {
	by := ""
	if h.By != "" && h.By != h.Agent {
		by = " by " + h.By
	}
	switch h.How {
	case chat.ByRouting:
		return "given by the rule"
	case chat.ByNext:
		return "took the next one"
	case chat.ByPick:
		return "chose it from the line"
	case chat.ByOffer:
		return "accepted it"
	case chat.ByOrder:
		return "given" + by
	case chat.ByTakeOver:
		return "took it over"
	}
	return h.How
}

// end says in words how an agent's time with it ended.
func end(h queue.Had) string {
	switch h.Finish {
	case "":
		return "has it now"
	case "closed":
		return "closed it"
	case chat.ByReturn:
		return "gave it back"
	case chat.ByLoss:
		return "lost the connection"
	case chat.ByAway:
		return "was away for too long"
	case chat.ByTakeBack:
		return "it was taken back"
	case chat.ByTransfer:
		return "handed it over"
	case chat.ByTakeOver, chat.ByOrder:
		return "a supervisor gave it to somebody else"
	}
	return h.Finish
}

func talkID(id uuid.UUID) string { return "talk-" + id.String() }
