package web

import (
	"net/http"
	"time"

	"parley/app/archive"
	"parley/templates/review"
)

func (s *Server) past(v *visit) error {
	before, _ := time.Parse(time.RFC3339Nano, v.QueryParam("before")) // anything else starts at the newest
	list, err := s.archive.List(v.Request().Context(), v.Actor, before)
	if err != nil {
		return err
	}
	older := ""
	if len(list) == archive.PageSize {
		older = "/review?before=" + list[len(list)-1].ClosedAt.UTC().Format(time.RFC3339Nano)
	}
	return s.draw(v, http.StatusOK, review.List(v.who(), list, older))
}

func (s *Server) transcript(v *visit) error {
	id, err := v.id("id", "conversation")
	if err != nil {
		return err
	}
	c, messages, err := s.archive.Transcript(v.Request().Context(), v.Actor, id)
	if err != nil {
		return err
	}
	return s.draw(v, http.StatusOK, review.Transcript(v.who(), c, messages))
}
