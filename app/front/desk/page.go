package desk

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/identity"
	"parley/app/domain/routing"
	"parley/app/platform/access"
	"parley/app/platform/keys"
)

// Page is a desk as it is first loaded.
type Page struct {
	Screen
	Panes           []Pane // of Open, in its order
	Today           routing.DayTotals
	Preferences     identity.Preferences
	Commands        []keys.Command // with the agent's own keys
	Snippets        []Snippet
	AutomaticDrafts bool // drafts are made without being asked for where no FAQ entry is sure
}

// LoadPage reads the whole of an agent's desk.
func (s *Service) LoadPage(ctx context.Context, actor access.Actor) (p Page, err error) {
	if p.Screen, err = s.LoadScreen(ctx, actor, FirstWholePanes); err != nil {
		return p, err
	}
	if p.Panes, err = s.loadPanes(ctx, actor, p.Screen); err != nil {
		return p, err
	}
	if p.Today, err = s.routing.GetDayTotals(ctx, actor); err != nil {
		return p, err
	}
	if p.Preferences, err = s.identity.GetPreferences(ctx, actor); err != nil {
		return p, err
	}
	p.Commands = keys.WithOverrides(p.Preferences.Keys)
	if p.Snippets, err = s.loadSnippets(ctx, actor, p.QueueScope); err != nil {
		return p, err
	}
	p.AutomaticDrafts = s.assist.IsAutomatic(ctx, actor)
	return p, nil
}

// loadPanes reads the panes of a page. How far visitors have read is told when the page's socket opens.
func (s *Service) loadPanes(ctx context.Context, actor access.Actor, screen Screen) ([]Pane, error) {
	open := screen.Open()
	whole := FirstWholePanes(open)
	cursors := make(map[uuid.UUID]int, len(whole))
	for _, c := range whole {
		cursors[c.ID] = 0
	}
	threads, err := s.conversations.Threads(ctx, actor, cursors)
	if err != nil {
		return nil, err
	}
	panes := make([]Pane, len(open))
	for i, row := range screen.OwnRows() {
		panes[i] = Pane{
			Conversation: row.Conversation,
			Viewer:       actor.ID(),
			Visibility:   row.Visibility,
			Participants: screen.Participants[row.ID],
			Messages:     threads[row.ID],
			Suggestions:  screen.Suggestions[row.ID],
			Light:        i >= len(whole),
		}
	}
	return panes, nil
}
