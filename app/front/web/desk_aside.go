package web

import (
	"net/http"
	"time"

	"parley/app/platform/access"
	view "parley/templates/desk"
)

// aside shows what is known around a conversation; with ?only=page, what the visitor's page says.
func (s *Server) aside(req *request) error {
	if req.QueryParam("only") == "page" {
		return s.asideOfPage(req)
	}
	p, err := s.loadAside(req)
	if err != nil {
		return err
	}
	return s.render(req, http.StatusOK, view.Aside(p, time.Now()))
}

func (s *Server) asideOfPage(req *request) (err error) {
	var p view.AsideView
	if p.Conversation, err = s.loadConversation(req); err != nil {
		return err
	}
	if p.Details, err = s.conversations.GetDetails(req.Request().Context(), req.Actor, p.Conversation.ID); err != nil {
		return err
	}
	p.CanBlock = req.Actor.Can(access.Monitor)
	return s.render(req, http.StatusOK, view.AsideVisitorUpdate(p, time.Now()))
}

func (s *Server) loadAside(req *request) (p view.AsideView, err error) {
	if p.Conversation, err = s.loadConversation(req); err != nil {
		return p, err
	}
	ctx := req.Request().Context()
	if p.Details, err = s.conversations.GetDetails(ctx, req.Actor, p.Conversation.ID); err != nil {
		return p, err
	}
	if p.AllTags, err = s.conversations.Tags(ctx, req.Actor); err != nil {
		return p, err
	}
	if p.CanBlock = req.Actor.Can(access.Monitor); p.CanBlock {
		if p.IsBlocked, err = s.visitors.IsBlocked(ctx, req.Actor, p.Conversation.Visitor); err != nil {
			return p, err
		}
	}
	p.ModelConfigured, err = s.assist.HasModel(ctx, req.Actor)
	return p, err
}

func (s *Server) earlierConversation(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	other, err := req.paramID("other", "conversation")
	if err != nil {
		return err
	}
	messages, err := s.conversations.PreviousThread(req.Request().Context(), req.Actor, id, other)
	if err != nil {
		return err
	}
	return s.render(req, http.StatusOK, view.Earlier(view.EarlierConversation{Conversation: other, Messages: messages}))
}

func (s *Server) addConversationTag(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	if err := s.conversations.Tag(req.Request().Context(), req.Actor, id, req.FormValue("tag")); err != nil {
		return err
	}
	return s.renderConversationTags(req)
}

func (s *Server) removeConversationTag(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	tag, err := req.paramID("tag", "tag")
	if err != nil {
		return err
	}
	if err := s.conversations.Untag(req.Request().Context(), req.Actor, id, tag); err != nil {
		return err
	}
	return s.renderConversationTags(req)
}

func (s *Server) renderConversationTags(req *request) error {
	p, err := s.loadAside(req)
	if err != nil {
		return err
	}
	return s.render(req, http.StatusOK, view.TagsUpdate(p))
}
