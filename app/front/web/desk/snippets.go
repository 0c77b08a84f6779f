package desk

import (
	"context"

	"parley/app/domain/assist/compose"
	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/front/web/page"
)

// UseSnippet answers with a snippet's text for a conversation.
func (h *Handlers) UseSnippet(req *page.Request) error {
	c, err := h.loadWritableConversation(req)
	if err != nil {
		return err
	}
	id, err := req.ParamID("snippet", "snippet")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	queues, err := h.routing.VisibleQueues(ctx, req.Actor)
	if err != nil {
		return err
	}
	fields, err := h.placeholderValues(ctx, req, c)
	if err != nil {
		return err
	}
	of := faq.ScopeOf(req.Actor, queues.Groups)
	of.Customer = c.Customer
	text, err := h.faq.ExpandSnippet(ctx, req.Actor, id, of, fields)
	if err != nil {
		return err
	}
	return req.SendText(text)
}

// placeholderValues returns what placeholders stand for in a conversation.
func (h *Handlers) placeholderValues(ctx context.Context, req *page.Request,
	c conversation.Conversation) (faq.PlaceholderValues, error) {
	around, err := h.conversations.GetDetails(ctx, req.Actor, c.ID)
	if err != nil {
		return faq.PlaceholderValues{}, err
	}
	f := faq.PlaceholderValues{Visitor: c.VisitorName, Agent: c.AgentName, Website: around.Website,
		Customer: around.Customer, Data: around.Data}
	if f.Visitor == "" {
		f.Visitor = around.Name
	}
	if f.Agent == "" || c.Agent != req.ID() {
		f.Agent = req.Name
	}
	f.Greeting = compose.Greeting(c.Language, h.groups.LocalTime(ctx, req.Actor, c.Group).Hour())
	return f, nil
}
