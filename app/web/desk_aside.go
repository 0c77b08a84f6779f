package web

import (
	"net/http"
	"slices"
	"time"

	"parley/app/access"
	"parley/app/chat"
	view "parley/templates/desk"
)

// aside shows what is known around a conversation; with ?only=page, what the visitor's page says.
func (s *Server) aside(v *visit) error {
	if v.QueryParam("only") == "page" {
		return s.asidePage(v)
	}
	p, err := s.around(v)
	if err != nil {
		return err
	}
	return s.draw(v, http.StatusOK, view.Aside(p, time.Now()))
}

func (s *Server) asidePage(v *visit) (err error) {
	var p view.AsidePage
	if p.Conversation, err = s.talk(v); err != nil {
		return err
	}
	if p.Surroundings, err = s.chat.Around(v.Request().Context(), v.Actor, p.Conversation.ID); err != nil {
		return err
	}
	p.MayBlock = v.Actor.May(access.Watch)
	return s.draw(v, http.StatusOK, view.AsideOfPage(p, time.Now()))
}

func (s *Server) around(v *visit) (p view.AsidePage, err error) {
	if p.Conversation, err = s.talk(v); err != nil {
		return p, err
	}
	ctx := v.Request().Context()
	if p.Surroundings, err = s.chat.Around(ctx, v.Actor, p.Conversation.ID); err != nil {
		return p, err
	}
	if p.AllTags, err = s.chat.Tags(ctx, v.Actor); err != nil {
		return p, err
	}
	if p.MayBlock = v.Actor.May(access.Watch); p.MayBlock {
		blocks, err := s.chat.Blocks(ctx, v.Actor)
		if err != nil {
			return p, err
		}
		p.IsBlocked = slices.ContainsFunc(blocks, func(b chat.Block) bool { return b.Visitor == p.Conversation.Visitor })
	}
	p.Assists, err = s.assist.Writes(ctx, v.Actor)
	return p, err
}

func (s *Server) earlier(v *visit) error {
	id, err := v.id("id", "conversation")
	if err != nil {
		return err
	}
	other, err := v.id("other", "conversation")
	if err != nil {
		return err
	}
	messages, err := s.chat.EarlierThread(v.Request().Context(), v.Actor, id, other)
	if err != nil {
		return err
	}
	return s.draw(v, http.StatusOK, view.Earlier(view.EarlierPage{Conversation: other, Messages: messages}))
}

func (s *Server) tag(v *visit) error {
	id, err := v.id("id", "conversation")
	if err != nil {
		return err
	}
	if err := s.chat.Tag(v.Request().Context(), v.Actor, id, v.FormValue("tag")); err != nil {
		return err
	}
	return s.tagsNow(v)
}

func (s *Server) untag(v *visit) error {
	id, err := v.id("id", "conversation")
	if err != nil {
		return err
	}
	tag, err := v.id("tag", "tag")
	if err != nil {
		return err
	}
	if err := s.chat.Untag(v.Request().Context(), v.Actor, id, tag); err != nil {
		return err
	}
	return s.tagsNow(v)
}

func (s *Server) tagsNow(v *visit) error {
	p, err := s.around(v)
	if err != nil {
		return err
	}
	return s.draw(v, http.StatusOK, view.TagsOf(p))
}
