package assist

import (
	"github.com/google/uuid"

	"parley/app/domain/assist/internal/assistdb"
	"parley/app/platform/events"
)

func modelChanged(org uuid.UUID, before assistdb.LockModelRow, isNew bool, in ModelSettings) events.Event {
	event := events.Event{
		Kind:    events.ModelChanged,
		Subject: modelSubject(org, in.Model),
		After: events.ModelState{
			Address:   in.BaseURL,
			Model:     in.Model,
			Enabled:   in.Enabled,
			Automatic: in.Automatic,
			Mask:      in.Mask,
			Budget:    in.Budget,
			NewKey:    in.Key != "",
		},
	}
	if !isNew {
		event.Before = modelState(before)
	}
	return event
}

func modelRemoved(org uuid.UUID, row assistdb.DeleteModelRow) events.Event {
	return events.Event{Kind: events.ModelRemoved, Subject: modelSubject(org, row.Model), Before: modelState(assistdb.LockModelRow(row))}
}

func modelSubject(org uuid.UUID, name string) events.Subject {
	return events.Subject{Type: events.LanguageModel, ID: org, Name: name}
}

func modelState(row assistdb.LockModelRow) events.ModelState {
	return events.ModelState{
		Address:   row.BaseUrl,
		Model:     row.Model,
		Enabled:   row.Enabled,
		Automatic: row.Automatic,
		Mask:      row.Mask,
		Budget:    int(row.Budget),
	}
}
