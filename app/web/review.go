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

	"parley/app/archive"
	"parley/app/fail"
	"parley/templates/review"
)

// reviewFields are what the archive can be narrowed by, as the form and the addresses of its pages name them.
var reviewFields = []string{"q", "customer", "website", "group", "agent", "tag", "rating", "from", "to"}

func (s *Server) past(v *visit) error {
	ctx := v.Request().Context()
	p := review.ListPage{Viewer: v.who()}
	filter, from, err := pastFilter(v)
	if err == nil {
		p.Page, err = s.listPast(ctx, v, filter, from)
	}
	status := http.StatusOK
	if p.Form, status, err = form(v, err, reviewFields...); err != nil {
		return err
	}
	if p.Choices, err = s.archive.Choices(ctx, v.Actor); err != nil {
		return err
	}
	given := url.Values{}
	for _, name := range reviewFields {
		if value := p.Form.Values[name]; value != "" {
			given.Set(name, value)
		}
	}
	p.Sought, p.Narrowed = given.Get("q"), len(given) > 0
	if p.Page.More {
		given.Set("after", placeText(p.Page.Next))
		p.Next = "/review?" + given.Encode()
	}
	p.Later = v.QueryParam("after") != ""
	return s.draw(v, status, review.List(p))
}

// pastFilter reads what is asked for. What the form offers is an id each, but for a reviewer's agents.
func pastFilter(v *visit) (f archive.Filter, from archive.Place, err error) {
	var wrong fail.Checks
	id := func(name string) uuid.UUID {
		text := v.QueryParam(name)
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
		text := v.QueryParam(name)
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
	rating := v.QueryParam("rating")
	if rating != "" && !slices.ContainsFunc(archive.Ratings, func(c archive.Choice) bool { return c.Value == rating }) {
		wrong.Add("rating", "Please choose one of these.")
	}
	f = archive.Filter{Rating: rating, Text: v.QueryParam("q"), Customer: id("customer"), Website: id("website"), Group: id("group"), Tag: id("tag"), From: day("from"), Until: day("to")}
	if v.Actor.Narrow() != uuid.Nil {
		name, err := fail.OptionalLine("the agent's name", v.QueryParam("agent"), 100)
		f.AgentName = name
		wrong.Err("agent", err)
	} else {
		f.Agent = id("agent")
	}
	if !f.Until.IsZero() {
		f.Until = f.Until.AddDate(0, 0, 1) // that day, too
		if f.Until.Before(f.From) {
			wrong.Add("to", "This is before the first day.")
		}
	}
	return f, place(v.QueryParam("after")), wrong.Result()
}

// placeText is a place in the archive as an address has it.
func placeText(p archive.Place) string {
	if p.Skip > 0 {
		return strconv.Itoa(p.Skip)
	}
	return p.Before.UTC().Format(time.RFC3339Nano) + "_" + p.ID.String()
}

// place reads it again; anything else is the beginning.
func place(text string) (p archive.Place) {
	if skip, err := strconv.Atoi(text); err == nil {
		return archive.Place{Skip: skip}
	}
	before, after, _ := strings.Cut(text, "_")
	at, err := time.Parse(time.RFC3339Nano, before)
	id, bad := uuid.Parse(after)
	if err != nil || bad != nil {
		return p
	}
	return archive.Place{Before: at, ID: id}
}

func (s *Server) transcript(v *visit) error {
	id, err := v.id("id", "conversation")
	if err != nil {
		return err
	}
	sought := strings.ToValidUTF8(v.QueryParam("q"), "")
	c, err := s.archive.ReadPart(v.Request().Context(), v.Actor, id, sought, archive.Part{After: seq(v.QueryParam("after")), Before: seq(v.QueryParam("before"))})
	if err != nil {
		return err
	}
	return s.draw(v, http.StatusOK, review.Transcript(v.who(), c, sought))
}

// export hands out one conversation as a file.
func (s *Server) export(v *visit) error {
	id, err := v.id("id", "conversation")
	if err != nil {
		return err
	}
	format := v.Param("format")
	if format != "json" && format != "txt" {
		return fail.Missing("file")
	}
	release, err := s.heavy.Acquire(v.Request().Context(), v.Actor.Org())
	if err != nil {
		return err
	}
	defer release()
	kind := map[string]string{"txt": "text/plain; charset=utf-8", "json": "application/json"}[format]
	return v.written(s.archive.Export(v.Request().Context(), v.Actor, id, format, v.patient(), func(c archive.Record) {
		h := v.Response().Header()
		h.Set("Content-Type", kind)
		h.Set("Content-Disposition", `attachment; filename="`+c.FileName(format)+`"`)
		h.Set("Cache-Control", "no-store")
	}))
}

// listPast lists closed conversations. Searches with words are heavy work.
func (s *Server) listPast(ctx context.Context, v *visit, f archive.Filter, from archive.Place) (archive.Page, error) {
	if f.Text != "" {
		release, err := s.heavy.Acquire(ctx, v.Actor.Org())
		if err != nil {
			return archive.Page{}, err
		}
		defer release()
	}
	return s.archive.List(ctx, v.Actor, f, from)
}

// written is how an answer ends that was written piece by piece: one that is not whole is cut off, so that nobody takes it for whole.
func (v *visit) written(err error) error {
	if err != nil && v.Response().Committed {
		slog.Debug("an export was cut off", "route", v.Path(), "error", err)
		panic(http.ErrAbortHandler)
	}
	return err
}

// patient writes an answer that may be long to whoever goes on reading it.
func (v *visit) patient() io.Writer {
	return &patient{v.Response(), http.NewResponseController(v.Response())}
}

type patient struct {
	to      io.Writer
	control *http.ResponseController
}

// Write implements io.Writer. It fails if nothing of it is read for some time.
func (p *patient) Write(b []byte) (int, error) {
	if err := p.control.SetWriteDeadline(time.Now().Add(readIn)); err != nil {
		return 0, err
	}
	return p.to.Write(b)
}

// readIn is how long who asked for something may leave a piece of it unread.
const readIn = 30 * time.Second
