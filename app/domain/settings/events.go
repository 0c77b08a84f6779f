package settings

import (
	"encoding/json"

	"parley/app/platform/events"
)

// widgetChanged is the event of a change of what websites inherit, or of one website's widget.
func widgetChanged(a *Applied) events.Event {
	e := events.Event{Kind: events.SettingsChanged, Customer: a.subject.customer, Before: widgetState(&a.Before), After: widgetState(&a.After),
		Subject: events.Subject{Type: events.Organization, ID: a.subject.id, Name: a.subject.name}}
	switch a.subject.place.level {
	case CustomerLevel:
		e.Subject.Type = events.Customer
	case WebsiteLevel:
		e.Kind, e.Subject.Type = events.WidgetChanged, events.Website
	}
	return e
}

// widgetState is settings for an event.
func widgetState(w *Widget) events.WidgetState {
	return events.WidgetState{TimeZone: w.General.Zone, Language: w.General.Language, TypingPreview: w.General.TypingPreview,
		Appearance: asJSON(w.Appearance), Greeting: w.Greetings.Standard, Greetings: asJSON(w.Greetings.List), Holidays: w.Greetings.Holidays,
		Invitation: asJSON(w.Invitation), Questions: asJSON(w.PreChat.Questions), Privacy: w.PreChat.Privacy, Files: asJSON(w.Files),
		Rating: asJSON(w.Closing.Rating), Mail: asJSON(w.Mail), MailOff: w.Closing.MailDisabled, WarnAfter: w.Closing.WarnAfterMinutes,
		EndAfter: w.Closing.EndAfterMinutes, ProofOfWork: w.Security.ProofOfWork, Texts: asJSON(w.Texts)}
}

// asJSON is a part of the settings as JSON; nil if nothing in it is set.
func asJSON(part any) json.RawMessage {
	b, err := json.Marshal(part)
	if text := string(b); err != nil || text == "null" || text == "{}" || text == "[]" {
		return nil
	}
	return b
}
