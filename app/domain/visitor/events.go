package visitor

import (
	"github.com/google/uuid"

	"parley/app/domain/visitor/internal/visitordb"
	"parley/app/platform/events"
)

func blockAdded(p visitordb.SaveBlockParams, row visitordb.SaveBlockRow) events.Event {
	state := events.BlockState{Visitor: p.VisitorID, Reason: p.Reason, Until: p.Until}
	if p.Network != nil {
		state.Network = *p.Network
	}
	return events.Event{
		Kind:     events.BlockAdded,
		Subject:  blockSubject(row.ID, state.Network, row.VisitorName),
		Customer: row.CustomerID,
		After:    state,
	}
}

func blockRemoved(id uuid.UUID, row visitordb.DeleteBlockRow) events.Event {
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
