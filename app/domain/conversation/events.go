package conversation

import (
	"github.com/google/uuid"

	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/events"
)

func tagSubject(id uuid.UUID, name string) events.Subject {
	return events.Subject{Type: events.Tag, ID: id, Name: name}
}

func tagCreated(id uuid.UUID, name string) events.Event {
	return events.Event{Kind: events.TagCreated, Subject: tagSubject(id, name), After: events.TagState{Name: name}}
}

func tagRenamed(id uuid.UUID, before, name string) events.Event {
	return events.Event{Kind: events.TagRenamed, Subject: tagSubject(id, name), Before: events.TagState{Name: before}, After: events.TagState{Name: name}}
}

func tagDeleted(id uuid.UUID, name string) events.Event {
	return events.Event{Kind: events.TagDeleted, Subject: tagSubject(id, name), Before: events.TagState{Name: name}}
}

func blockAdded(p conversationdb.SaveBlockParams, row conversationdb.SaveBlockRow) events.Event {
	state := events.BlockState{Visitor: p.VisitorID, Reason: p.Reason, Until: p.Until}
	if p.Network != nil {
		state.Network = *p.Network
	}
	return events.Event{Kind: events.BlockAdded, Subject: blockSubject(row.ID, state.Network, row.VisitorName), Customer: row.CustomerID, After: state}
}

func blockRemoved(id uuid.UUID, row conversationdb.DeleteBlockRow) events.Event {
	return events.Event{Kind: events.BlockRemoved, Subject: blockSubject(id, row.Network, row.VisitorName), Customer: row.CustomerID,
		Before: events.BlockState{Visitor: row.VisitorID, Network: row.Network, Reason: row.Reason, Until: row.Until}}
}

// blockSubject is a block, called by what it keeps out.
func blockSubject(id uuid.UUID, network, visitorName string) events.Subject {
	name := network
	if name == "" {
		name = visitorName
	}
	return events.Subject{Type: events.Block, ID: id, Name: name}
}
