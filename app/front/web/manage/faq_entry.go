package manage

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/faq"
	"parley/app/front/web/page"
	"parley/app/platform/fail"
	view "parley/templates/manage"
	"parley/templates/ui"
)

// NewEntryForm shows the form of a new entry.
func (h *Handlers) NewEntryForm(req *page.Request) error {
	edits, err := h.faq.CanEdit(req.Request().Context(), req.Actor)
	if err != nil {
		return err
	}
	if !edits {
		return fail.New(fail.Forbidden, "Agents of your organization cannot edit FAQ entries. Ask a manager.")
	}
	return h.renderEntry(req, faq.Entry{State: faq.Published}, ui.Form{}, http.StatusOK)
}

// EntryForm shows an FAQ entry.
func (h *Handlers) EntryForm(req *page.Request) error {
	id, err := req.ParamID("id", "FAQ entry")
	if err != nil {
		return err
	}
	e, err := h.faq.GetEntry(req.Request().Context(), req.Actor, id)
	if err != nil {
		return err
	}
	f := ui.Form{}
	if req.QueryParam("saved") != "" {
		f.Saved = map[faq.State]string{faq.Published: "Saved. The entry is published.",
			faq.InReview: "Saved. A manager reviews it before it is published.", faq.Draft: "Saved as a draft."}[e.State]
	}
	return h.renderEntry(req, e, f, http.StatusOK)
}

func (h *Handlers) renderEntry(req *page.Request, e faq.Entry, f ui.Form, status int) (err error) {
	ctx := req.Request().Context()
	edits, err := h.faq.CanEdit(ctx, req.Actor)
	if err != nil {
		return err
	}
	p := view.FAQEntryPage{Viewer: viewer(req), Entry: e, Form: f, CanEdit: edits}
	if p.Categories, err = h.faq.ListCategories(ctx, req.Actor); err != nil {
		return err
	}
	if p.Scopes, err = h.scopeChoices(ctx, req); err != nil {
		return err
	}
	if e.ID != uuid.Nil {
		if p.Examples, p.Versions, p.Usage, err = h.faq.GetHistory(ctx, req.Actor, e.ID); err != nil {
			return err
		}
	}
	return req.Respond(status, view.FAQEntry(p))
}

// SaveEntry saves what the form says: a new entry at /faq/new, else the one that the address names.
func (h *Handlers) SaveEntry(req *page.Request) error {
	ctx := req.Request().Context()
	before := faq.Entry{State: faq.Published}
	if req.Param("id") != "" {
		id, err := req.ParamID("id", "FAQ entry")
		if err != nil {
			return err
		}
		if before, err = h.faq.GetEntry(ctx, req.Actor, id); err != nil {
			return err
		}
	}
	e, err := readEntry(req, before)
	id := e.ID
	if err == nil {
		id, _, err = h.faq.SaveEntry(ctx, req.Actor, e)
	}
	if err != nil {
		f, status, err := req.RefusedForm(moveErrorsToNewLanguage(req, err))
		if err != nil {
			return err
		}
		return h.renderEntry(req, before, f, status)
	}
	return req.RedirectTo("/faq/" + id.String() + "?saved=1")
}

// readEntry reads the form; what it does not show stays as it was. A language whose question and answer are both empty is removed.
func readEntry(req *page.Request, before faq.Entry) (faq.Entry, error) {
	r := req.FormReader()
	e := before
	if text := req.FormValue("version"); text != "" || before.ID != uuid.Nil {
		e.Version, _ = strconv.Atoi(text) // what is none fits no entry that is there
	}
	e.Category = req.FormValue("category")
	e.Texts = []faq.Text{{Language: req.FormValue("language"), Question: req.FormValue("question"),
		Answer: req.FormValue("answer")}}
	if r.Has("state") {
		e.State = faq.State(req.FormValue("state"))
	}
	for name, to := range map[string]*uuid.UUID{"customer": &e.Scope.Customer, "website": &e.Scope.Website,
		"group": &e.Scope.Group} {
		if r.Has(name) {
			*to = r.UUID(name)
		}
	}
	for _, l := range append(slices.Clone(r.Values("languages")), "new") {
		t := faq.Text{Language: l, Question: req.FormValue("question-" + l), Answer: req.FormValue("answer-" + l)}
		if l == "new" {
			if t.Language = req.FormValue("language-new"); t.Language == "" && strings.TrimSpace(t.Question+t.Answer) != "" {
				r.Add("language-new", "Enter the language of this question, such as en, de or pt-br.")
			}
			if strings.TrimSpace(t.Language) != "" && strings.TrimSpace(t.Question+t.Answer) == "" {
				r.Add("question-new", "Enter the question and answer in this language, or clear the language.")
			}
		}
		if strings.TrimSpace(t.Question+t.Answer) != "" {
			e.Texts = append(e.Texts, t)
		}
	}
	return e, r.Result()
}

// moveErrorsToNewLanguage moves errors of a language that the form has no fields for to the fields of the new language.
func moveErrorsToNewLanguage(req *page.Request, err error) error {
	e := fail.As(err)
	if e == nil {
		return err
	}
	out := *e
	out.Fields = map[string]string{}
	for field, message := range e.Fields {
		if what, _, of := strings.Cut(field, "-"); of && !req.FormReader().Has(field) && (what == "question" ||
			what == "answer" || what == "language") {
			field = what + "-new"
		}
		out.Fields[field] = message
	}
	return &out
}

// RemoveEntry deletes an FAQ entry.
func (h *Handlers) RemoveEntry(req *page.Request) error {
	id, err := req.ParamID("id", "FAQ entry")
	if err != nil {
		return err
	}
	if err := h.faq.RemoveEntry(req.Request().Context(), req.Actor, id); err != nil {
		return err
	}
	return req.RedirectTo("/faq?removed=1")
}
