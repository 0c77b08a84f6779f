package routing

import (
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/bus"
)

// HandleEvents decides anew where something happened that a decision depends on. The process in which it happened decides at
// once; another one with agents of the organization decides a little later, in case that process has died.
func (s *Service) HandleEvents(events []bus.Event) {
	for _, e := range events {
		switch e.Kind {
		case bus.Groups:
			s.websiteAvailability.forget(e.Org)
			s.Trigger(e.Org)
		case bus.Availability, bus.Queue:
			if s.presence.HasAgents(e.Org) {
				s.runWithin(e.Org, retryInterval)
			}
		case bus.Typing:
			if e.User != uuid.Nil {
				s.recordTyping(e.Conversation, e.User)
			}
		case bus.Conversation:
			if posted, local := e.Local.(conversation.MessageEvent); local {
				s.conversationChanged(e.Org, posted)
			} else if s.presence.HasAgents(e.Org) {
				s.changedElsewhere(e)
			}
		}
	}
}

// changedElsewhere handles a conversation's event of another process. An event without a user is a visitor's message.
func (s *Service) changedElsewhere(e bus.Event) {
	if e.User != uuid.Nil {
		s.runWithin(e.Org, requeueAfter*time.Second)
		return
	}
	s.setWaiting(e.Org, true)
	s.runWithin(e.Org, retryInterval)
}

// Resync decides anew for every organization with agents in this process; for one if only is not the zero id.
func (s *Service) Resync(only uuid.UUID) {
	if only == uuid.Nil {
		s.websiteAvailability.forget(uuid.Nil)
	}
	for _, org := range s.presence.Orgs() {
		if only == uuid.Nil || org == only {
			s.Trigger(org)
		}
	}
}

// conversationChanged handles what was committed to a conversation in this process.
func (s *Service) conversationChanged(org uuid.UUID, posted conversation.MessageEvent) {
	text, state := posted.IsContent(), posted.Snapshot.State
	switch {
	case state == conversation.Waiting && (!text || posted.Seq == 1):
		s.setWaiting(org, true)
		s.Trigger(org)
		s.publishQueueChanged(org)
	case state == conversation.Waiting:
	case state == conversation.Open && posted.Kind == conversation.System:
		s.publishQueueChanged(org)
	case state == conversation.Closed, text && posted.Author == conversation.ByAgent:
		if s.mayHaveWaiting(org) {
			s.Trigger(org)
		}
		if state == conversation.Closed {
			s.publishQueueChanged(org)
		}
	case text:
		s.runWithin(org, requeueAfter*time.Second)
	}
}

// publishQueueChanged notifies every process that the queues of an organization have changed.
func (s *Service) publishQueueChanged(org uuid.UUID) {
	s.bus.Publish(bus.Event{Kind: bus.Queue, Org: org})
}
