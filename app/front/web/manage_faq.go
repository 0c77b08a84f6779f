package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/faq"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/validate"
	"parley/templates/manage"
	"parley/templates/ui"
)

// faqList shows the catalogue.
func (s *Server) faqList(req *request) error {
	ctx := req.Request().Context()
	query, err := validate.OptionalLine("what you look for", req.QueryParam("q"), 200)
	if err != nil {
		return err
	}
	edits, err := s.faq.CanEdit(ctx, req.Actor)
	if err != nil {
		return err
	}
	p := manage.FAQPage{Viewer: req.viewer(), CanEdit: edits}
	filter := map[string]string{}
	for _, name := range []string{"category", "state", "language"} {
		if filter[name], err = validate.OptionalLine("the filter", req.QueryParam(name), 200); err != nil {
			return err
		}
	}
	category, chosen := strings.CutPrefix(filter["category"], "=")
	p.Filter = faq.Filter{Query: query, Category: category, HasCategory: chosen, State: faq.State(filter["state"]), Language: filter["language"],
		Scope: faq.Scope{Customer: req.queryID("customer"), Website: req.queryID("website"), Group: req.queryID("group")}}
	if !chosen {
		p.Filter.Category = ""
	}
	if n, err := strconv.Atoi(req.QueryParam("page")); err == nil && n > 1 {
		p.Filter.Page = n - 1
	}
	if n := req.QueryParam("changed"); n != "" {
		p.Notice = n + " entries changed."
	} else if req.QueryParam("removed") != "" {
		p.Notice = "The entry is deleted."
	}
	if p.List, p.Total, err = s.faq.ListEntries(ctx, req.Actor, p.Filter); err != nil {
		return err
	}
	if p.Counts, err = s.faq.CountByState(ctx, req.Actor); err != nil {
		return err
	}
	if p.Categories, err = s.faq.ListCategories(ctx, req.Actor); err != nil {
		return err
	}
	if p.Fit, err = s.faq.GetMemoryFit(ctx, req.Actor); err != nil {
		return err
	}
	if p.Scopes, err = s.scopeChoices(ctx, req); err != nil {
		return err
	}
	return s.render(req, http.StatusOK, manage.FAQ(p))
}

// queryID reads an id from the address; what is none is the zero id.
func (req *request) queryID(name string) uuid.UUID {
	id, err := uuid.Parse(req.QueryParam(name))
	if err != nil {
		return uuid.Nil
	}
	return id
}

// scopeChoices is what a scope can be chosen from; agents do not choose.
func (s *Server) scopeChoices(ctx context.Context, req *request) (p manage.ScopeChoices, err error) {
	if !req.Actor.CanFully(access.FAQEntryUpdate) {
		return p, nil
	}
	if p.Customers, err = s.org.ListCustomers(ctx, req.Actor); err != nil {
		return p, err
	}
	if p.Websites, err = s.org.ListWebsites(ctx, req.Actor); err != nil {
		return p, err
	}
	p.Groups, err = s.groups.List(ctx, req.Actor)
	return p, err
}

func (s *Server) newEntryForm(req *request) error {
	edits, err := s.faq.CanEdit(req.Request().Context(), req.Actor)
	if err != nil {
		return err
	}
	if !edits {
		return fail.New(fail.Forbidden, "Agents of your organization may not edit FAQ entries. Ask a manager.")
	}
	return s.renderEntry(req, faq.Entry{State: faq.Published}, ui.Form{}, http.StatusOK)
}

func (s *Server) editEntryForm(req *request) error {
	id, err := req.paramID("id", "FAQ entry")
	if err != nil {
		return err
	}
	e, err := s.faq.GetEntry(req.Request().Context(), req.Actor, id)
	if err != nil {
		return err
	}
	f := ui.Form{}
	if req.QueryParam("saved") != "" {
		f.Saved = map[faq.State]string{faq.Published: "Saved. It is suggested from now on.", faq.InReview: "Saved. A manager reads it before it is suggested.", faq.Draft: "Saved as a draft."}[e.State]
	}
	return s.renderEntry(req, e, f, http.StatusOK)
}

func (s *Server) renderEntry(req *request, e faq.Entry, f ui.Form, status int) (err error) {
	ctx := req.Request().Context()
	edits, err := s.faq.CanEdit(ctx, req.Actor)
	if err != nil {
		return err
	}
	p := manage.FAQEntryPage{Viewer: req.viewer(), Entry: e, Form: f, CanEdit: edits}
	if p.Categories, err = s.faq.ListCategories(ctx, req.Actor); err != nil {
		return err
	}
	if p.Scopes, err = s.scopeChoices(ctx, req); err != nil {
		return err
	}
	if e.ID != uuid.Nil {
		if p.Examples, p.Versions, p.Usage, err = s.faq.GetHistory(ctx, req.Actor, e.ID); err != nil {
			return err
		}
	}
	return s.render(req, status, manage.FAQEntry(p))
}

// saveEntry keeps what the form says: a new entry at /faq/new, else the one of the address.
func (s *Server) saveEntry(req *request) error {
	ctx := req.Request().Context()
	before := faq.Entry{State: faq.Published}
	if req.Param("id") != "" {
		id, err := req.paramID("id", "FAQ entry")
		if err != nil {
			return err
		}
		if before, err = s.faq.GetEntry(ctx, req.Actor, id); err != nil {
			return err
		}
	}
	e, err := req.readEntry(before)
	id := e.ID
	if err == nil {
		id, _, err = s.faq.SaveEntry(ctx, req.Actor, e)
	}
	if err != nil {
		f, status, err := req.refusedForm(req.moveErrorsToNewLanguage(err))
		if err != nil {
			return err
		}
		return s.renderEntry(req, before, f, status)
	}
	return req.redirectTo("/faq/" + id.String() + "?saved=1")
}

// readEntry reads the form; what it does not show stays as it was. A language whose question and answer are both empty is taken out.
func (req *request) readEntry(before faq.Entry) (faq.Entry, error) {
	r := req.formReader()
	e := before
	if text := req.FormValue("version"); text != "" || before.ID != uuid.Nil {
		e.Version, _ = strconv.Atoi(text) // what is none fits no entry that is there
	}
	e.Category = req.FormValue("category")
	e.Texts = []faq.Text{{Language: req.FormValue("language"), Question: req.FormValue("question"), Answer: req.FormValue("answer")}}
	if r.has("state") {
		e.State = faq.State(req.FormValue("state"))
	}
	for name, to := range map[string]*uuid.UUID{"customer": &e.Scope.Customer, "website": &e.Scope.Website, "group": &e.Scope.Group} {
		if r.has(name) {
			*to = r.id(name)
		}
	}
	for _, l := range append(slices.Clone(r.values("languages")), "new") {
		t := faq.Text{Language: l, Question: req.FormValue("question-" + l), Answer: req.FormValue("answer-" + l)}
		if l == "new" {
			if t.Language = req.FormValue("language-new"); t.Language == "" && strings.TrimSpace(t.Question+t.Answer) != "" {
				r.Add("language-new", "Write the language of this question, as in en, de or pt-br.")
			}
			if strings.TrimSpace(t.Language) != "" && strings.TrimSpace(t.Question+t.Answer) == "" {
				r.Add("question-new", "Write the question in this language, and its answer; or empty the language.")
			}
		}
		if strings.TrimSpace(t.Question+t.Answer) != "" {
			e.Texts = append(e.Texts, t)
		}
	}
	return e, r.Result()
}

// moveErrorsToNewLanguage moves what is wrong with a language that the form has no fields for to the fields of the new language.
func (req *request) moveErrorsToNewLanguage(err error) error {
	e := fail.As(err)
	if e == nil {
		return err
	}
	out := *e
	out.Fields = map[string]string{}
	for field, message := range e.Fields {
		if what, _, of := strings.Cut(field, "-"); of && !req.formReader().has(field) && (what == "question" || what == "answer" || what == "language") {
			field = what + "-new"
		}
		out.Fields[field] = message
	}
	return &out
}

func (s *Server) removeEntry(req *request) error {
	id, err := req.paramID("id", "FAQ entry")
	if err != nil {
		return err
	}
	if err := s.faq.RemoveEntry(req.Request().Context(), req.Actor, id); err != nil {
		return err
	}
	return req.redirectTo("/faq?removed=1")
}

func (s *Server) setEntryStates(req *request) error {
	all, err := req.FormParams()
	if err != nil {
		return fail.New(fail.Invalid, "This request could not be read.")
	}
	var ids []uuid.UUID
	for _, text := range all["id"] {
		id, err := uuid.Parse(text)
		if err != nil {
			return fail.New(fail.Invalid, "One of the entries that you selected cannot be read, so nothing was changed. Open the list again.")
		}
		ids = append(ids, id)
	}
	n, err := s.faq.SetState(req.Request().Context(), req.Actor, ids, faq.State(req.FormValue("state")))
	if err != nil {
		return err
	}
	return req.redirectTo("/faq?changed=" + strconv.Itoa(n))
}

func (s *Server) exportFAQ(req *request) error {
	release, err := s.heavyWork.Acquire(req.Request().Context(), req.Actor.Org())
	if err != nil {
		return err
	}
	defer release()
	format, kind := "csv", "text/csv; charset=utf-8"
	if req.QueryParam("format") == "json" {
		format, kind = "json", "application/json"
	}
	h := req.Response().Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="faq.`+format+`"`)
	h.Set("Cache-Control", "no-store")
	return req.finishStream(s.faq.Export(req.Request().Context(), req.Actor, format, req.streamWriter()))
}

func (s *Server) importForm(req *request) error {
	return s.render(req, http.StatusOK, manage.Import(manage.ImportPage{Viewer: req.viewer()}))
}

// importFAQ looks at a file, or takes it in if it is the one that was looked at. The file is on disk until it is its turn.
func (s *Server) importFAQ(req *request) error {
	p := manage.ImportResultPage{}
	remove, err := s.readMultipart(req, faq.MaxImportBytes)
	if err == nil {
		defer remove()
		var release func()
		if release, err = s.acquireImport(req); err == nil {
			defer release()
			p.Rows, p.Notes, p.Digest, p.Done, err = s.importFile(req)
		}
	}
	status := http.StatusOK
	if err != nil {
		if p.Form, status, err = refusedForm(req, err); err != nil {
			return err
		}
	}
	return s.render(req, status, manage.ImportResult(p))
}

// acquireImport waits until a catalog may be worked on.
func (s *Server) acquireImport(req *request) (release func(), err error) {
	ctx, org := req.Request().Context(), req.Actor.Org()
	ofOrg, err := s.heavyWork.Acquire(ctx, org)
	if err != nil {
		return nil, err
	}
	ofAll, err := s.imports.Acquire(ctx, org)
	if err != nil {
		ofOrg()
		return nil, err
	}
	return func() { ofAll(); ofOrg() }, nil
}

// importFile reads the catalog of a form that is read.
func (s *Server) importFile(req *request) (fates []faq.ImportResult, notes []string, digest string, done bool, err error) {
	ctx := req.Request().Context()
	file, there := req.files["file"]
	if !there {
		return nil, nil, "", false, fail.Field("file", "Please choose a file.")
	}
	if file.size > faq.MaxImportBytes {
		return nil, nil, "", false, fail.Field("file", "The file is larger than %d MB. Divide it.", faq.MaxImportBytes>>20)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return nil, nil, "", false, fmt.Errorf("read an import: %w", err)
	}
	from, err := faq.ReadFile(file.File)
	if err != nil {
		return nil, nil, "", false, err
	}
	names, err := s.scopeNames(ctx, req)
	if err != nil {
		return nil, nil, "", false, err
	}
	language := baseLanguage(req.FormValue("language"))
	io.WriteString(sum, language)
	digest = hex.EncodeToString(sum.Sum(nil))
	dry := faq.ImportMode(req.FormValue("digest") != digest)
	fates, err = s.faq.Import(ctx, req.Actor, from.Records, names, language, dry)
	return fates, from.Notes, digest, dry == faq.ImportApply, err
}

// scopeNames is what scopes are called in files.
func (s *Server) scopeNames(ctx context.Context, req *request) (n faq.ScopeNames, err error) {
	places, err := s.scopeChoices(ctx, req)
	for _, c := range places.Customers {
		n.Customers = append(n.Customers, faq.NamedScope{ID: c.ID, Name: c.Name})
	}
	for _, w := range places.Websites {
		n.Websites = append(n.Websites, faq.NamedScope{ID: w.ID, Name: w.Name, Customer: w.CustomerID, CustomerName: w.CustomerName})
	}
	for _, g := range places.Groups {
		n.Groups = append(n.Groups, faq.NamedScope{ID: g.ID, Name: g.Name})
	}
	return n, err
}
