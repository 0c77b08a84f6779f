package conversation

import (
	"github.com/google/uuid"

	"parley/app/platform/events"
)

func tagSubject(id uuid.UUID, name string) events.Subject {
	return events.Subject{Type: events.Tag, ID: id, Name: name}
}

func tagCreated(id uuid.UUID, name string) events.Event {
	return events.Event{Kind: events.TagCreated, Subject: tagSubject(id, name), After: events.TagState{Name: name}}
}

func tagRenamed(id uuid.UUID, before, name string) events.Event {
	return events.Event{
		Kind:    events.TagRenamed,
		Subject: tagSubject(id, name),
		Before:  events.TagState{Name: before},
		After:   events.TagState{Name: name},
	}
}

func tagDeleted(id uuid.UUID, name string) events.Event {
	return events.Event{Kind: events.TagDeleted, Subject: tagSubject(id, name), Before: events.TagState{Name: name}}
}
