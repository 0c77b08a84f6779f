package archive

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/archive"
	"parley/app/front/web/page"
	"parley/app/platform/fail"
	"parley/app/platform/validate"
	view "parley/templates/archive"
)

// filterFields are what the archive can be filtered by, as the form and the addresses of its pages name them.
var filterFields = []string{"q", "customer", "website", "group", "agent", "tag", "rating", "from", "to"}

// List shows closed conversations that match the filter, a page at a time.
func (h *Handlers) List(req *page.Request) error {
	ctx := req.Request().Context()
	p := view.ListPage{Viewer: req.Viewer()}
	filter, from, err := readFilter(req)
	if err == nil {
		p.Page, err = h.search(ctx, req, filter, from)
	}
	status := http.StatusOK
	if p.Form, status, err = page.RefusedForm(req, err, filterFields...); err != nil {
		return err
	}
	if p.Choices, err = h.archive.Choices(ctx, req.Actor); err != nil {
		return err
	}
	given := url.Values{}
	for _, name := range filterFields {
		if value := p.Form.Values[name]; value != "" {
			given.Set(name, value)
		}
	}
	p.Query, p.Filtered = given.Get("q"), len(given) > 0
	if p.Page.HasMore {
		given.Set("after", formatCursor(p.Page.Next))
		p.Next = "/archive?" + given.Encode()
	}
	p.HasPrevious = req.QueryParam("after") != ""
	return req.Respond(status, view.List(p))
}

// readFilter reads the filter. The form has ids, but for a reviewer the names of agents.
func readFilter(req *page.Request) (f archive.Filter, from archive.Cursor, err error) {
	var wrong fail.Checks
	id := func(name string) uuid.UUID { return req.FilterID(&wrong, name) }
	rating := req.QueryParam("rating")
	if rating != "" && !slices.ContainsFunc(archive.RatingChoices, func(c archive.Choice) bool { return c.Value == rating }) {
		wrong.Add("rating", "This rating does not exist. Choose one from the list.")
	}
	f = archive.Filter{Rating: rating, Text: req.QueryParam("q"), Customer: id("customer"), Website: id("website"),
		Group: id("group"), Tag: id("tag"), From: req.FilterDay(&wrong, "from"), Until: req.FilterDay(&wrong, "to")}
	if req.Actor.ScopeID() != uuid.Nil {
		name, err := validate.OptionalLine("the agent's name", req.QueryParam("agent"), 100)
		f.AgentName = name
		wrong.AddError("agent", err)
	} else {
		f.Agent = id("agent")
	}
	if !f.Until.IsZero() {
		f.Until = f.Until.AddDate(0, 0, 1) // that day, too
		if f.Until.Before(f.From) {
			wrong.Add("to", "This day is before the first one. Choose a later day.")
		}
	}
	return f, parseCursor(req.QueryParam("after")), wrong.Result()
}

// formatCursor returns a cursor as addresses have it.
func formatCursor(p archive.Cursor) string {
	if p.Skip > 0 {
		return strconv.Itoa(p.Skip)
	}
	return p.Before.UTC().Format(time.RFC3339Nano) + "_" + p.ID.String()
}

// parseCursor reads what formatCursor has returned. Anything else is the beginning of the list.
func parseCursor(text string) (p archive.Cursor) {
	if skip, err := strconv.Atoi(text); err == nil {
		return archive.Cursor{Skip: skip}
	}
	before, after, _ := strings.Cut(text, "_")
	at, err := time.Parse(time.RFC3339Nano, before)
	id, bad := uuid.Parse(after)
	if err != nil || bad != nil {
		return p
	}
	return archive.Cursor{Before: at, ID: id}
}

// search lists closed conversations. Searches with words are heavy work.
func (h *Handlers) search(ctx context.Context, req *page.Request, f archive.Filter, from archive.Cursor) (archive.Page, error) {
	if f.Text != "" {
		release, err := h.heavyWork.Acquire(ctx, req.Actor.Org())
		if err != nil {
			return archive.Page{}, err
		}
		defer release()
	}
	return h.archive.List(ctx, req.Actor, f, from)
}
