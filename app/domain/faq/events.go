package faq

import (
	"github.com/google/uuid"

	"parley/app/platform/bus"
)

// maxEntryEvents is how many entries are published one by one; of more, every process reads all again.
const maxEntryEvents = 20

// publishEntries publishes that entries have changed.
func (s *Service) publishEntries(org uuid.UUID, ids ...uuid.UUID) {
	if len(ids) > maxEntryEvents {
		s.bus.Publish(bus.Event{Kind: bus.FAQ, Org: org, Text: eventAll})
		return
	}
	for _, id := range ids {
		s.bus.Publish(bus.Event{Kind: bus.FAQ, Org: org, Text: eventEntry + id.String()})
	}
}

const (
	eventAll    = "all"
	eventEntry  = "entry "
	eventChoice = "choice "
)
