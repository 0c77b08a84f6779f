package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/archive"
	"parley/app/platform/fail"
	"parley/app/platform/validate"
	"parley/templates/review"
)

// archiveFilterFields are what the archive can be narrowed by, as the form and the addresses of its pages name them.
var archiveFilterFields = []string{"q", "customer", "website", "group", "agent", "tag", "rating", "from", "to"}

func (s *Server) archiveList(req *request) error {
	ctx := req.Request().Context()
	p := review.ListPage{Viewer: req.baseViewer()}
	filter, from, err := archiveFilter(req)
	if err == nil {
		p.Page, err = s.searchArchive(ctx, req, filter, from)
	}
	status := http.StatusOK
	if p.Form, status, err = refusedForm(req, err, archiveFilterFields...); err != nil {
		return err
	}
	if p.Choices, err = s.archive.Choices(ctx, req.Actor); err != nil {
		return err
	}
	given := url.Values{}
	for _, name := range archiveFilterFields {
		if value := p.Form.Values[name]; value != "" {
			given.Set(name, value)
		}
	}
	p.Query, p.Filtered = given.Get("q"), len(given) > 0
	if p.Page.HasMore {
		given.Set("after", formatCursor(p.Page.Next))
		p.Next = "/review?" + given.Encode()
	}
	p.HasPrevious = req.QueryParam("after") != ""
	return s.render(req, status, review.List(p))
}

// archiveFilter reads what is asked for. What the form offers is an id each, but for a reviewer's agents.
func archiveFilter(req *request) (f archive.Filter, from archive.Cursor, err error) {
	var wrong fail.Checks
	id := func(name string) uuid.UUID {
		text := req.QueryParam(name)
		if text == "" {
			return uuid.Nil
		}
		id, err := uuid.Parse(text)
		if err != nil {
			wrong.Add(name, "Please choose one of these.")
		}
		return id
	}
	day := func(name string) time.Time {
		text := req.QueryParam(name)
		if text == "" {
			return time.Time{}
		}
		day, err := time.Parse(time.DateOnly, text)
		if err != nil || day.Year() < 1970 || day.Year() > 9000 {
			wrong.Add(name, "Please enter a date like 2026-01-31.")
			return time.Time{}
		}
		return day
	}
	rating := req.QueryParam("rating")
	if rating != "" && !slices.ContainsFunc(archive.RatingChoices, func(c archive.Choice) bool { return c.Value == rating }) {
		wrong.Add("rating", "Please choose one of these.")
	}
	f = archive.Filter{Rating: rating, Text: req.QueryParam("q"), Customer: id("customer"), Website: id("website"), Group: id("group"), Tag: id("tag"), From: day("from"), Until: day("to")}
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
			wrong.Add("to", "This is before the first day.")
		}
	}
	return f, parseCursor(req.QueryParam("after")), wrong.Result()
}

// formatCursor is a place in the archive as an address has it.
func formatCursor(p archive.Cursor) string {
	if p.Skip > 0 {
		return strconv.Itoa(p.Skip)
	}
	return p.Before.UTC().Format(time.RFC3339Nano) + "_" + p.ID.String()
}

// parseCursor reads it again; anything else is the beginning.
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

func (s *Server) transcript(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	sought := strings.ToValidUTF8(req.QueryParam("q"), "")
	c, err := s.archive.GetPage(req.Request().Context(), req.Actor, id, sought, archive.MessageCursor{After: parseSeq(req.QueryParam("after")), Before: parseSeq(req.QueryParam("before"))})
	if err != nil {
		return err
	}
	return s.render(req, http.StatusOK, review.Transcript(req.baseViewer(), c, sought))
}

// exportConversation hands out one conversation as a file.
func (s *Server) exportConversation(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	format := req.Param("format")
	if format != "json" && format != "txt" {
		return fail.Missing("file")
	}
	release, err := s.heavyWork.Acquire(req.Request().Context(), req.Actor.Org())
	if err != nil {
		return err
	}
	defer release()
	kind := map[string]string{"txt": "text/plain; charset=utf-8", "json": "application/json"}[format]
	return req.finishStream(s.archive.Export(req.Request().Context(), req.Actor, id, format, req.streamWriter(), func(c archive.Record) {
		h := req.Response().Header()
		h.Set("Content-Type", kind)
		h.Set("Content-Disposition", `attachment; filename="`+c.FileName(format)+`"`)
		h.Set("Cache-Control", "no-store")
	}))
}

// searchArchive lists closed conversations. Searches with words are heavy work.
func (s *Server) searchArchive(ctx context.Context, req *request, f archive.Filter, from archive.Cursor) (archive.Page, error) {
	if f.Text != "" {
		release, err := s.heavyWork.Acquire(ctx, req.Actor.Org())
		if err != nil {
			return archive.Page{}, err
		}
		defer release()
	}
	return s.archive.List(ctx, req.Actor, f, from)
}

// finishStream is how an answer ends that was written piece by piece: one that is not whole is cut off, so that nobody takes it for whole.
func (req *request) finishStream(err error) error {
	if err != nil && req.Response().Committed {
		slog.Debug("an export was cut off", "route", req.Path(), "error", err)
		panic(http.ErrAbortHandler)
	}
	return err
}

// streamWriter writes an answer that may be long to whoever goes on reading it.
func (req *request) streamWriter() io.Writer {
	return &deadlineWriter{req.Response(), http.NewResponseController(req.Response())}
}

type deadlineWriter struct {
	to      io.Writer
	control *http.ResponseController
}

// Write implements io.Writer. It fails if nothing of it is read for some time.
func (p *deadlineWriter) Write(b []byte) (int, error) {
	if err := p.control.SetWriteDeadline(time.Now().Add(readTimeout)); err != nil {
		return 0, err
	}
	return p.to.Write(b)
}

// readTimeout is how long who asked for something may leave a piece of it unread.
const readTimeout = 30 * time.Second
