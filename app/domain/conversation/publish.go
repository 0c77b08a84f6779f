package conversation

import (
	"context"
	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/bus"
	"time"

	"github.com/google/uuid"
)

func toMessageEvents[R conversationdb.AssignConversationsRow | conversationdb.RequeueConversationsRow | conversationdb.MoveInQueueRow](
	rows []R,
) []MessageEvent {
	list := make([]MessageEvent, len(rows))
	for i, row := range rows {
		list[i] = toMessageEvent(eventRow(row))
	}
	return list
}

// PublishAll publishes the events that Assign, Requeue or MoveToQueue returned, after the commit.
func (s *Service) PublishAll(ctx context.Context, org uuid.UUID, list []MessageEvent) {
	events := make([]bus.Event, len(list))
	for i, event := range list {
		events[i] = busEvent(org, event)
	}
	s.bus.Publish(events...)
	s.flushEvents(ctx)
}

// flushEvents waits, for a second at most, until the events are sent to the other processes. What an agent does comes by a request, whose
// process may end right after the response: no client would come back and have it published again, as a visitor's socket does.
func (s *Service) flushEvents(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	s.bus.Flush(ctx)
}

// RepublishMessage publishes a stored message again. A client that comes back after a loss causes it, because the process that stored the
// message may have ended before it published it. Screens that show the message ignore it.
func (s *Service) RepublishMessage(org, conversation, visitor uuid.UUID, seq int) {
	s.bus.Publish(bus.Event{Kind: bus.Conversation, Org: org, Conversation: conversation, Visitor: visitor, Seq: seq})
}

// publish publishes a message.
func (s *Service) publish(org uuid.UUID, event MessageEvent) { s.bus.Publish(busEvent(org, event)) }

func busEvent(org uuid.UUID, s MessageEvent) bus.Event {
	return bus.Event{
		Kind:         bus.Conversation,
		Org:          org,
		Conversation: s.Snapshot.ID,
		Visitor:      s.Snapshot.Visitor,
		User:         s.Snapshot.Agent,
		Seq:          s.Seq,
		Local:        s,
	}
}
