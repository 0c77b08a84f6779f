package web

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"parley/app/domain/assist/compose"
	"parley/app/domain/conversation"
	"parley/app/domain/faq"
)

// scriptSnippet is one as the desk's script wants it.
type scriptSnippet struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
	Keys string    `json:"keys,omitempty"`
	Body string    `json:"body"`           // its beginning
	File string    `json:"file,omitempty"` // name of the file that comes along

	Customer string `json:"customer,omitempty"` // only for this one's conversations
}

func (s *Server) snippetsForScript(ctx context.Context, req *request, queues conversation.QueueScope) (string, error) {
	list, err := s.faq.ListSnippets(ctx, req.Actor, req.snippetGroups(queues))
	if err != nil {
		return "", err
	}
	out := []scriptSnippet{}
	type name struct {
		text     string
		customer uuid.UUID
	}
	seen := map[name]bool{}
	for _, x := range list { // of the same name the nearest comes first
		if !seen[name{x.Name, x.Customer}] {
			seen[name{x.Name, x.Customer}] = true
			s := scriptSnippet{ID: x.ID, Name: x.Name, Keys: x.Keys, Body: firstLine(x.Body, 80), File: x.FileName}
			if x.Customer != uuid.Nil {
				s.Customer = x.Customer.String()
			}
			out = append(out, s)
		}
	}
	b, err := json.Marshal(out)
	return string(b), err
}

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
	f.Greeting = compose.Greeting(c.Language, s.routing.LocalTime(ctx, req.Actor, c.Group).Hour())
	return f, nil
}
