package desk

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/platform/access"
)

// Snippet is a snippet as the desk's script gets it. Its text is asked for when it is used.
type Snippet struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
	Keys string    `json:"keys,omitempty"`
	Body string    `json:"body"`           // its first line, at most 80 characters
	File string    `json:"file,omitempty"` // name of the file that comes along

	Customer string `json:"customer,omitempty"` // whose conversations it is for; empty: all
}

// loadSnippets reads the snippets of an agent. Of several with the same name and customer only the nearest is there.
func (s *Service) loadSnippets(ctx context.Context, actor access.Actor, queues conversation.QueueScope) ([]Snippet, error) {
	list, err := s.faq.ListSnippets(ctx, actor, faq.ScopeOf(actor, queues.Groups)) // the nearest first
	if err != nil {
		return nil, err
	}
	type key struct {
		name     string
		customer uuid.UUID
	}
	snippets, seen := []Snippet{}, map[key]bool{}
	for _, x := range list {
		k := key{x.Name, x.Customer}
		if seen[k] {
			continue
		}
		seen[k] = true
		snippet := Snippet{ID: x.ID, Name: x.Name, Keys: x.Keys, Body: firstLine(x.Body, 80), File: x.FileName}
		if x.Customer != uuid.Nil {
			snippet.Customer = x.Customer.String()
		}
		snippets = append(snippets, snippet)
	}
	return snippets, nil
}

// firstLine returns the first line of a text, at most max characters of it.
func firstLine(s string, max int) string {
	s, _, _ = strings.Cut(s, "\n")
	if r := []rune(s); len(r) > max {
		return string(r[:max])
	}
	return s
}
