package web

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"parley/app/assist/compose"
	"parley/app/chat"
	"parley/app/faq"
)

// snippet is one as the desk's script wants it.
type snippet struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
	Keys string    `json:"keys,omitempty"`
	Body string    `json:"body"`           // its beginning
	File string    `json:"file,omitempty"` // name of the file that comes along

	Customer string `json:"customer,omitempty"` // only for this one's conversations
}

func (s *Server) snippetsForScript(ctx context.Context, v *visit, lines chat.Lines) (string, error) {
	list, err := s.faq.Snippets(ctx, v.Actor, v.groupsOf(lines))
	if err != nil {
		return "", err
	}
	out := []snippet{}
	type name struct {
		text     string
		customer uuid.UUID
	}
	seen := map[name]bool{}
	for _, x := range list { // of the same name the nearest comes first
		if !seen[name{x.Name, x.Customer}] {
			seen[name{x.Name, x.Customer}] = true
			s := snippet{ID: x.ID, Name: x.Name, Keys: x.Keys, Body: firstLine(x.Body, 80), File: x.FileName}
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
func (s *Server) useSnippet(v *visit) error {
	c, err := s.ownTalk(v)
	if err != nil {
		return err
	}
	id, err := v.id("snippet", "snippet")
	if err != nil {
		return err
	}
	ctx := v.Request().Context()
	lines, err := s.queue.Lines(ctx, v.Actor)
	if err != nil {
		return err
	}
	fields, err := s.fields(ctx, v, c)
	if err != nil {
		return err
	}
	of := v.groupsOf(lines)
	of.Customer = c.Customer
	text, err := s.faq.UseSnippet(ctx, v.Actor, id, of, fields)
	if err != nil {
		return err
	}
	return v.plain(text)
}

// fields is what placeholders stand for in a conversation.
func (s *Server) fields(ctx context.Context, v *visit, c chat.Conversation) (faq.Fields, error) {
	around, err := s.chat.Around(ctx, v.Actor, c.ID)
	if err != nil {
		return faq.Fields{}, err
	}
	f := faq.Fields{Visitor: c.VisitorName, Agent: c.AgentName, Website: around.Website, Customer: around.Customer, Data: around.Data}
	if f.Visitor == "" {
		f.Visitor = around.Name
	}
	if f.Agent == "" || c.Agent != v.ID() {
		f.Agent = v.Name
	}
	f.Greeting = compose.Greeting(c.Language, s.queue.LocalTime(ctx, v.Actor, c.Group).Hour())
	return f, nil
}
