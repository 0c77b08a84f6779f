package archive

import (
	"context"

	"parley/app/platform/access"
	"parley/app/platform/events"
)

// recordExport records that a team member exports a conversation.
func (s *Service) recordExport(ctx context.Context, actor access.Actor, c Record, format string) error {
	return events.RecordAlone(ctx, s.db.As(actor.AsSystem("record an export")), actor, events.Event{
		Kind:     events.ConversationExported,
		Subject:  events.Subject{Type: events.Conversation, ID: c.ID, Name: c.VisitorName},
		Customer: c.Customer,
		After:    events.ExportState{Format: format},
	})
}
