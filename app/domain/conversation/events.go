package conversation

import (
	"context"
	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/bus"
	"time"

	"github.com/google/uuid"
)

func toMessageEvents[R conversationdb.AssignConversationsRow | conversationdb.RequeueConversationsRow | conversationdb.MoveInQueueRow](rows []R) []MessageEvent {
	list := make([]MessageEvent, len(rows))
	for i, row := range rows {
		list[i] = toMessageEvent(eventRow(row))
	}
	return list
}

// PublishAll tells every screen what Give, Requeue or Reline has said.
func (s *Service) PublishAll(ctx context.Context, org uuid.UUID, list []MessageEvent) {
	events := make([]bus.Event, len(list))
	for i, event := range list {
		events[i] = busEvent(org, event)
	}
	s.bus.Publish(events...)
	s.flushEvents(ctx)
}

// flushEvents waits a moment until the other processes know. What an agent does comes by a request, whose process may die right
// after it has answered: nobody would come back to it and ring again, as a visitor's socket does.
func (s *Service) flushEvents(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	s.bus.Flush(ctx)
}

// RepublishMessage rings for what was said before: whoever comes back after a loss does it, because the process that should have
// rung may be gone. Who has seen it does nothing.
func (s *Service) RepublishMessage(org, conversation, visitor uuid.UUID, seq int) {
	s.bus.Publish(bus.Event{Kind: bus.Conversation, Org: org, Conversation: conversation, Visitor: visitor, Seq: seq})
}

// publish tells every screen what was said.
func (s *Service) publish(org uuid.UUID, event MessageEvent) { s.bus.Publish(busEvent(org, event)) }

func busEvent(org uuid.UUID, s MessageEvent) bus.Event {
	return bus.Event{Kind: bus.Conversation, Org: org, Conversation: s.Snapshot.ID, Visitor: s.Snapshot.Visitor, User: s.Snapshot.Agent, Seq: s.Seq, Local: s}
}
