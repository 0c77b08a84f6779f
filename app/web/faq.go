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

	"parley/app/access"
	"parley/app/fail"
	"parley/app/faq"
	"parley/templates/admin"
	"parley/templates/ui"
)

// faqList shows the catalogue.
func (s *Server) faqList(v *visit) error {
	ctx := v.Request().Context()
	query, err := fail.OptionalLine("what you look for", v.QueryParam("q"), 200)
	if err != nil {
		return err
	}
	edits, err := s.faq.MayEdit(ctx, v.Actor)
	if err != nil {
		return err
	}
	p := admin.FAQPage{Viewer: v.viewer(), MayEdit: edits}
	filter := map[string]string{}
	for _, name := range []string{"category", "state", "language"} {
		if filter[name], err = fail.OptionalLine("the filter", v.QueryParam(name), 200); err != nil {
			return err
		}
	}
	category, chosen := strings.CutPrefix(filter["category"], "=")
	p.Filter = faq.Filter{Query: query, Category: category, HasCategory: chosen, State: faq.State(filter["state"]), Language: filter["language"],
		Scope: faq.Scope{Customer: v.asked("customer"), Website: v.asked("website"), Group: v.asked("group")}}
	if !chosen {
		p.Filter.Category = ""
	}
	if n, err := strconv.Atoi(v.QueryParam("page")); err == nil && n > 1 {
		p.Filter.Page = n - 1
	}
	if n := v.QueryParam("changed"); n != "" {
		p.Done = n + " entries changed."
	} else if v.QueryParam("removed") != "" {
		p.Done = "The entry is deleted."
	}
	if p.List, p.Total, err = s.faq.List(ctx, v.Actor, p.Filter); err != nil {
		return err
	}
	if p.Counts, err = s.faq.Counts(ctx, v.Actor); err != nil {
		return err
	}
	if p.Categories, err = s.faq.Categories(ctx, v.Actor); err != nil {
		return err
	}
	if p.Fit, err = s.faq.Fit(ctx, v.Actor); err != nil {
		return err
	}
	if p.Places, err = s.places(ctx, v); err != nil {
		return err
	}
	return s.draw(v, http.StatusOK, admin.FAQ(p))
}

// asked reads an id from the address; what is none is the zero id.
func (v *visit) asked(name string) uuid.UUID {
	id, err := uuid.Parse(v.QueryParam(name))
	if err != nil {
		return uuid.Nil
	}
	return id
}

// places is what a scope can be chosen from; agents do not choose.
func (s *Server) places(ctx context.Context, v *visit) (p admin.Places, err error) {
	if !v.Actor.May(access.Manage) {
		return p, nil
	}
	if p.Customers, err = s.org.Customers(ctx, v.Actor); err != nil {
		return p, err
	}
	if p.Websites, err = s.org.AllWebsites(ctx, v.Actor); err != nil {
		return p, err
	}
	p.Groups, err = s.queue.Names(ctx, v.Actor)
	return p, err
}

func (s *Server) newEntry(v *visit) error {
	edits, err := s.faq.MayEdit(v.Request().Context(), v.Actor)
	if err != nil {
		return err
	}
	if !edits {
		return fail.New(fail.Forbidden, "Agents of your organization may not edit FAQ entries. Ask a manager.")
	}
	return s.entryWith(v, faq.Entry{State: faq.Live}, ui.Form{}, http.StatusOK)
}

func (s *Server) entry(v *visit) error {
	id, err := v.id("id", "FAQ entry")
	if err != nil {
		return err
	}
	e, err := s.faq.Entry(v.Request().Context(), v.Actor, id)
	if err != nil {
		return err
	}
	f := ui.Form{}
	if v.QueryParam("saved") != "" {
		f.Saved = map[faq.State]string{faq.Live: "Saved. It is suggested from now on.", faq.Review: "Saved. A manager reads it before it is suggested.", faq.Draft: "Saved as a draft."}[e.State]
	}
	return s.entryWith(v, e, f, http.StatusOK)
}

func (s *Server) entryWith(v *visit, e faq.Entry, f ui.Form, status int) (err error) {
	ctx := v.Request().Context()
	edits, err := s.faq.MayEdit(ctx, v.Actor)
	if err != nil {
		return err
	}
	p := admin.FAQEntryPage{Viewer: v.viewer(), Entry: e, Form: f, MayEdit: edits}
	if p.Categories, err = s.faq.Categories(ctx, v.Actor); err != nil {
		return err
	}
	if p.Places, err = s.places(ctx, v); err != nil {
		return err
	}
	if e.ID != uuid.Nil {
		if p.Examples, p.Former, p.Uses, err = s.faq.About(ctx, v.Actor, e.ID); err != nil {
			return err
		}
	}
	return s.draw(v, status, admin.FAQEntry(p))
}

// saveEntry keeps what the form says: a new entry at /faq/new, else the one of the address.
func (s *Server) saveEntry(v *visit) error {
	ctx := v.Request().Context()
	before := faq.Entry{State: faq.Live}
	if v.Param("id") != "" {
		id, err := v.id("id", "FAQ entry")
		if err != nil {
			return err
		}
		if before, err = s.faq.Entry(ctx, v.Actor, id); err != nil {
			return err
		}
	}
	e, err := v.entryForm(before)
	id := e.ID
	if err == nil {
		id, _, err = s.faq.Save(ctx, v.Actor, e)
	}
	if err != nil {
		f, status, err := v.typed(v.inNew(err))
		if err != nil {
			return err
		}
		return s.entryWith(v, before, f, status)
	}
	return v.back("/faq/" + id.String() + "?saved=1")
}

// entryForm reads the form; what it does not show stays as it was. A language whose question and answer are both empty is taken out.
func (v *visit) entryForm(before faq.Entry) (faq.Entry, error) {
	r := v.reading()
	e := before
	if text := v.FormValue("version"); text != "" || before.ID != uuid.Nil {
		e.Version, _ = strconv.Atoi(text) // what is none fits no entry that is there
	}
	e.Category = v.FormValue("category")
	e.Texts = []faq.Text{{Language: v.FormValue("language"), Question: v.FormValue("question"), Answer: v.FormValue("answer")}}
	if v.Actor.May(access.Manage) {
		e.State = faq.State(v.FormValue("state"))
		for name, to := range map[string]*uuid.UUID{"customer": &e.Scope.Customer, "website": &e.Scope.Website, "group": &e.Scope.Group} {
			if r.posted(name) {
				*to = r.id(name)
			}
		}
	}
	for _, l := range append(slices.Clone(r.given("languages")), "new") {
		t := faq.Text{Language: l, Question: v.FormValue("question-" + l), Answer: v.FormValue("answer-" + l)}
		if l == "new" {
			if t.Language = v.FormValue("language-new"); t.Language == "" && strings.TrimSpace(t.Question+t.Answer) != "" {
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

// inNew moves what is wrong with a language that the form has no fields for to the fields of the new language.
func (v *visit) inNew(err error) error {
	e := fail.As(err)
	if e == nil {
		return err
	}
	out := *e
	out.Fields = map[string]string{}
	for field, message := range e.Fields {
		if what, _, of := strings.Cut(field, "-"); of && !v.reading().posted(field) && (what == "question" || what == "answer" || what == "language") {
			field = what + "-new"
		}
		out.Fields[field] = message
	}
	return &out
}

func (s *Server) removeEntry(v *visit) error {
	id, err := v.id("id", "FAQ entry")
	if err != nil {
		return err
	}
	if err := s.faq.Remove(v.Request().Context(), v.Actor, id); err != nil {
		return err
	}
	return v.back("/faq?removed=1")
}

func (s *Server) setEntryStates(v *visit) error {
	all, err := v.FormParams()
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
	if len(ids) == 0 {
		return fail.New(fail.Invalid, "Select the entries first, then choose what becomes of them.")
	}
	n, err := s.faq.SetState(v.Request().Context(), v.Actor, ids, faq.State(v.FormValue("state")))
	if err != nil {
		return err
	}
	return v.back("/faq?changed=" + strconv.Itoa(n))
}

func (s *Server) exportFAQ(v *visit) error {
	release, err := s.heavy.Acquire(v.Request().Context(), v.Actor.Org())
	if err != nil {
		return err
	}
	defer release()
	format, kind := "csv", "text/csv; charset=utf-8"
	if v.QueryParam("format") == "json" {
		format, kind = "json", "application/json"
	}
	h := v.Response().Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="faq.`+format+`"`)
	h.Set("Cache-Control", "no-store")
	return v.written(s.faq.Export(v.Request().Context(), v.Actor, format, v.patient()))
}

func (s *Server) importForm(v *visit) error {
	return s.draw(v, http.StatusOK, admin.Import(admin.ImportPage{Viewer: v.viewer()}))
}

// importFAQ looks at a file, or takes it in if it is the one that was looked at. The file is on disk until it is its turn.
func (s *Server) importFAQ(v *visit) error {
	p := admin.FatesPage{}
	remove, err := s.whole(v, faq.ImportBytes)
	if err == nil {
		defer remove()
		var release func()
		if release, err = s.mayImport(v); err == nil {
			defer release()
			p.Fates, p.Notes, p.Digest, p.Done, err = s.takeFile(v)
		}
	}
	status := http.StatusOK
	if err != nil {
		if p.Form, status, err = form(v, err); err != nil {
			return err
		}
	}
	return s.draw(v, status, admin.Fates(p))
}

// mayImport waits until a catalog may be worked on.
func (s *Server) mayImport(v *visit) (release func(), err error) {
	ctx, org := v.Request().Context(), v.Actor.Org()
	ofOrg, err := s.heavy.Acquire(ctx, org)
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

// takeFile reads the catalog of a form that is read.
func (s *Server) takeFile(v *visit) (fates []faq.Fate, notes []string, digest string, done bool, err error) {
	ctx := v.Request().Context()
	file, there := v.sent["file"]
	if !there {
		return nil, nil, "", false, fail.Field("file", "Please choose a file.")
	}
	if file.size > faq.ImportBytes {
		return nil, nil, "", false, fail.Field("file", "The file is larger than %d MB. Divide it.", faq.ImportBytes>>20)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return nil, nil, "", false, fmt.Errorf("read an import: %w", err)
	}
	from, err := faq.ReadFile(file.File)
	if err != nil {
		return nil, nil, "", false, err
	}
	names, err := s.scopeNames(ctx, v)
	if err != nil {
		return nil, nil, "", false, err
	}
	language := shortLanguage(v.FormValue("language"))
	io.WriteString(sum, language)
	digest = hex.EncodeToString(sum.Sum(nil))
	dry := faq.Dry(v.FormValue("digest") != digest)
	fates, err = s.faq.Import(ctx, v.Actor, from.Records, names, language, dry)
	return fates, from.Notes, digest, dry == faq.Really, err
}

// scopeNames is what scopes are called in files.
func (s *Server) scopeNames(ctx context.Context, v *visit) (n faq.Names, err error) {
	places, err := s.places(ctx, v)
	for _, c := range places.Customers {
		n.Customers = append(n.Customers, faq.Place{ID: c.ID, Name: c.Name})
	}
	for _, w := range places.Websites {
		n.Websites = append(n.Websites, faq.Place{ID: w.ID, Name: w.Name, Customer: w.CustomerID, CustomerName: w.CustomerName})
	}
	for _, g := range places.Groups {
		n.Groups = append(n.Groups, faq.Place{ID: g.ID, Name: g.Name})
	}
	return n, err
}
