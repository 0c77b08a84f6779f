package web

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	view "parley/templates/desk"
)

// aside shows what is known around a conversation; with ?only=page, what the visitor's page says.
func (s *Server) aside(req *request) error {
	if req.QueryParam("only") == "page" {
		return s.asideOfPage(req)
	}
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	p, err := s.screens.LoadAside(req.Request().Context(), req.Actor, id)
	if err != nil {
		return err
	}
	return s.render(req, http.StatusOK, view.Aside(p, time.Now()))
}

func (s *Server) asideOfPage(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	p, err := s.screens.LoadAsideVisitor(req.Request().Context(), req.Actor, id)
	if err != nil {
		return err
	}
	return s.render(req, http.StatusOK, view.AsideVisitorUpdate(p, time.Now()))
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
	earlier, err := s.screens.LoadEarlier(req.Request().Context(), req.Actor, id, other)
	if err != nil {
		return err
	}
	return s.render(req, http.StatusOK, view.Earlier(earlier))
}

func (s *Server) addConversationTag(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	if err := s.conversations.Tag(req.Request().Context(), req.Actor, id, req.FormValue("tag")); err != nil {
		return err
	}
	return s.renderConversationTags(req, id)
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
	return s.renderConversationTags(req, id)
}

func (s *Server) renderConversationTags(req *request, id uuid.UUID) error {
	p, err := s.screens.LoadAside(req.Request().Context(), req.Actor, id)
	if err != nil {
		return err
	}
	return s.render(req, http.StatusOK, view.TagsUpdate(p))
}
