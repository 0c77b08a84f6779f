package manage

import (
	"net/http"
	"slices"
	"time"

	"parley/app/domain/conversation"
	"parley/app/front/web/page"
	view "parley/templates/manage"
)

// Ratings sums up visitors' ratings in a range of days; the last 30 by default.
func (h *Handlers) Ratings(req *page.Request) error {
	p := view.RatingsPage{By: req.QueryParam("by"), Viewer: viewer(req)}
	if !slices.Contains(conversation.RatingDimensions, p.By) {
		p.By = conversation.RatingDimensions[0]
	}
	today := time.Now().UTC().Truncate(24 * time.Hour)
	day := func(name string, otherwise time.Time) time.Time {
		if t, err := time.Parse(time.DateOnly, req.QueryParam(name)); err == nil && t.Year() > 2000 && t.Year() < 9000 {
			return t
		}
		return otherwise
	}
	p.From, p.To = day("from", today.AddDate(0, 0, -29)), day("to", today)
	var err error
	if p.List, p.Comments, err = h.conversations.RatingReport(req.Request().Context(), req.Actor, p.By, p.From,
		p.To.AddDate(0, 0, 1)); err != nil {
		return err
	}
	return req.Respond(http.StatusOK, view.Ratings(p))
}
