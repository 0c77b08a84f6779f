package conversation

import (
	"parley/app/domain/conversation/internal/conversationdb"
)

// eventRow is what every statement that writes a message returns. sqlc gives each statement a type of its own, of this shape.
type eventRow = conversationdb.TakeConversationRow

func toMessageEvent(r eventRow) MessageEvent {
	return MessageEvent{toMessage(r.MessageRow), toConversation(r.ConversationRow)}
}

func toMessage(r conversationdb.MessageRow) Message {
	m := Message{
		r.ConversationID,
		int(r.Seq),
		r.MessageID,
		Kind(r.Kind),
		Author(r.Author),
		r.AuthorName,
		r.Body,
		r.CreatedAt,
		0,
		Change(r.Changed),
	}
	if r.OfSeq != nil {
		m.TargetSeq = int(*r.OfSeq)
	}
	return m
}

func toConversation(r conversationdb.ConversationRow) Conversation {
	c := Conversation{ID: r.ConversationID, State: State(r.State), Visitor: r.VisitorID, VisitorName: r.VisitorName,
		AgentName: r.AgentName, LastSeq: int(r.LastSeq), LastText: r.LastText, LastAt: r.LastAt, StartedAt: r.StartedAt,
		Website: r.WebsiteID, Customer: r.CustomerID, WebsiteName: r.WebsiteName, PageURL: r.PageUrl,
		PageTitle: r.PageTitle, Language: r.Language, Group: r.GroupID, StateReason: r.StateReason, OfferNote: r.OfferNote}
	if r.OfferedTo != nil && r.OfferedUntil != nil {
		c.OfferedTo, c.OfferedUntil = *r.OfferedTo, *r.OfferedUntil
	}
	if r.QueuedAt != nil {
		c.QueuedAt = *r.QueuedAt
	}
	if r.AgentID != nil {
		c.Agent = *r.AgentID
	}
	if r.WaitingSince != nil {
		c.WaitingSince = *r.WaitingSince
	}
	return c
}

// toEventRow gives a row of SendMessages the shape of the other statements' rows: it lists its columns itself.
func toEventRow(r conversationdb.SendMessagesRow) eventRow {
	return eventRow{
		MessageRow: conversationdb.MessageRow{
			ConversationID: r.ConversationID,
			Seq:            r.Seq,
			MessageID:      r.MessageID,
			Kind:           r.Kind,
			Author:         r.Author,
			AuthorName:     r.AuthorName,
			Body:           r.Body,
			CreatedAt:      r.CreatedAt,
		},
		ConversationRow: conversationdb.ConversationRow{
			ConversationID: r.ConversationID,
			State:          r.State,
			VisitorID:      r.VisitorID,
			AgentID:        r.AgentID,
			AgentName:      r.AgentName,
			LastSeq:        r.LastSeq,
			LastText:       r.LastText,
			LastAt:         r.LastAt,
			WaitingSince:   r.WaitingSince,
			StartedAt:      r.StartedAt,
			WebsiteID:      r.WebsiteID,
			CustomerID:     r.CustomerID,
			WebsiteName:    r.WebsiteName,
			VisitorName:    r.VisitorName,
			PageUrl:        r.PageUrl,
			PageTitle:      r.PageTitle,
			Language:       r.Language,
			GroupID:        r.GroupID,
			StateReason:    r.StateReason,
			OfferedTo:      r.OfferedTo,
			OfferedUntil:   r.OfferedUntil,
			OfferNote:      r.OfferNote,
			QueuedAt:       r.QueuedAt,
		},
	}
}
