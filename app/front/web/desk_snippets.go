package web

import (
	"context"

	"parley/app/domain/assist/compose"
	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	screens "parley/app/front/desk"
)

// useSnippet answers with a snippet's text for a conversation.
func (s *Server) useSnippet(req *request) error {
	c, err := s.loadWritableConversation(req)
	if err != nil {
		return err
	}
	id, err := req.paramID("snippet", "snippet")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	queues, err := s.routing.VisibleQueues(ctx, req.Actor)
	if err != nil {
		return err
	}
	fields, err := s.placeholderValues(ctx, req, c)
	if err != nil {
		return err
	}
	of := req.snippetGroups(queues)
	of.Customer = c.Customer
	text, err := s.faq.ExpandSnippet(ctx, req.Actor, id, of, fields)
	if err != nil {
		return err
	}
	return req.sendText(text)
}

// placeholderValues is what placeholders stand for in a conversation.
func (s *Server) placeholderValues(ctx context.Context, req *request, c conversation.Conversation) (faq.PlaceholderValues, error) {
	around, err := s.conversations.GetDetails(ctx, req.Actor, c.ID)
	if err != nil {
		return faq.PlaceholderValues{}, err
	}
	f := faq.PlaceholderValues{Visitor: c.VisitorName, Agent: c.AgentName, Website: around.Website, Customer: around.Customer, Data: around.Data}
	if f.Visitor == "" {
		f.Visitor = around.Name
	}
	if f.Agent == "" || c.Agent != req.ID() {
		f.Agent = req.Name
	}
	f.Greeting = compose.Greeting(c.Language, s.groups.LocalTime(ctx, req.Actor, c.Group).Hour())
	return f, nil
}

// snippetGroups says whose snippets the team member sees, from the queues that it sees.
func (req *request) snippetGroups(queues conversation.QueueScope) faq.SnippetScope {
	return screens.SnippetScope(req.Actor, queues)
}
