// Package desk draws the agent's screen. Every fragment is one component with one id, whether it is loaded with the page,
// answered, pushed or recovered.
package desk

import (
	"net/url"
	"strings"

	"github.com/google/uuid"

	"parley/app/chat"
)

// Page is what the desk shows when it is loaded.
type Page struct {
	UserName string
	OrgName  string
	Manages  bool // has a way to the management
	Reviews  bool
	Line     []chat.Conversation
	Own      []chat.Conversation
	Threads  map[uuid.UUID][]chat.Message
}

// Title names a conversation: the visitor's name, or one that can be told apart from others at a glance.
func Title(c chat.Conversation) string {
	if c.VisitorName != "" {
		return c.VisitorName
	}
	return "Visitor " + strings.ToUpper(c.Visitor.String()[32:])
}

// where is the page the visitor is on, short.
func where(c chat.Conversation) string {
	u, err := url.Parse(c.PageURL)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Host + strings.TrimSuffix(u.Path, "/")
}

// pageLink is the visitor's page, if it is a web address.
func pageLink(c chat.Conversation) string {
	u, err := url.Parse(c.PageURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.String()
}
