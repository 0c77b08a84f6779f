package page

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/fail"
	"parley/app/platform/forms"
	"parley/templates/errorpage"
)

// staleError says that what a form is about was changed, or is gone, since the form was shown.
type staleError struct {
	deleted bool
	current *pageForm
	others  []*pageForm
	changed []string // that are not what they were
}

func (e *staleError) Error() string { return "the form is older than what is stored" }

// refuseStale answers a form that is older than what is stored: what was changed, by whom and when, with everything that was typed.
func (s *Service) refuseStale(req *Request, e *staleError) error {
	f, ctx := req.form, forms.WithoutSubmission(req.Request().Context())
	edits, err := s.listEdits(ctx, req, e)
	if err != nil {
		return err
	}
	if e.deleted {
		by := edits.author(func(x forms.Edit) bool { return strings.HasSuffix(x.Form, "/remove") })
		return s.Render(req, http.StatusNotFound, errorpage.Deleted(by, f.enteredFields(), req.site.parentPage(f.page)))
	}
	var notice strings.Builder
	if err := errorpage.Stale(e.changes(f, edits)).Render(ctx, &notice); err != nil {
		return err
	}
	text, path, err := s.renderPage(ctx, req, f.page)
	if err != nil {
		return err
	}
	fill := &prefill{entered: f.entered, notice: notice.String(), showsStored: true, skip: func(name string) bool {
		if before, known := f.snapshot.Fields[name]; known {
			return same(f.entered[name], before) // not touched: it shows what is stored
		}
		return f.entered[name] == nil
	}}
	text = rewriteForms(path, text, s.hiddenFields(req, parseForms(path, text), f.page, nil), map[string]*prefill{f.key: fill})
	req.Response().Header().Set("Cache-Control", "no-store")
	return req.HTML(http.StatusConflict, text)
}

// editList is who has changed what a stale form is about, the newest first.
type editList struct {
	list []forms.Edit
	user uuid.UUID // who is told
}

// listEdits returns who has changed what a form is about since it was shown; nobody if the form does not say what it showed: then it is
// not known whether who sends it has ever seen it.
func (s *Service) listEdits(ctx context.Context, req *Request, e *staleError) (editList, error) {
	f := req.form
	if f.snapshot == nil {
		return editList{}, nil
	}
	path := pathOf(f.page)
	about := []string{f.path, f.key, path, path + "/remove", f.key + "/remove"}
	var fields []string
	for _, name := range e.changed {
		if hasID(name) {
			fields = append(fields, name)
		}
	}
	for _, o := range e.others {
		about = append(about, o.action)
	}
	if e.current != nil {
		about = append(about, e.current.action)
		for _, name := range e.changed {
			if c := e.current.fields[name]; c != nil && c.versionOf != "" {
				about = append(about, path+"/"+c.value)
			}
		}
	}
	list, err := s.forms.ListEdits(ctx, req.Actor, f.snapshot.At.Add(-clockSkew), about, fields)
	return editList{list, req.ID()}, err
}

// author returns who made the newest matching edit, and when; the zero Author if there is none.
func (l editList) author(matches func(forms.Edit) bool) errorpage.Author {
	for _, x := range l.list {
		if matches(x) {
			a := errorpage.Author{Name: x.ByName, When: ago(time.Since(x.At))}
			if x.By == l.user {
				a.Name = "You"
			}
			return a
		}
	}
	return errorpage.Author{}
}

// changes returns what was changed, as the page shows it.
func (e *staleError) changes(f *submission, edits editList) errorpage.Changes {
	c := errorpage.Changes{By: edits.author(func(forms.Edit) bool { return true }), Deletes: strings.HasSuffix(f.path, "/remove")}
	for _, name := range e.changed {
		field := e.current.field(name)
		if field.versionOf != "" {
			c.Fields = append(c.Fields, errorpage.Change{Label: field.label, Before: "as you saw it", After: "changed",
				By: edits.author(func(x forms.Edit) bool { return strings.HasSuffix(x.Form, field.value) })})
			continue
		}
		_, wasThere := f.snapshot.Fields[name]
		c.Fields = append(c.Fields, errorpage.Change{Field: name, Label: field.label,
			Before: field.display(f.snapshot.Fields[name]), After: field.display(field.values),
			By: edits.author(func(x forms.Edit) bool { return slices.Contains(x.Fields, name) }),
			Edited: e.current.fields[name] != nil && !same(f.entered[name], f.snapshot.Fields[name]) && (wasThere ||
				f.entered[name] != nil)})
	}
	for _, o := range e.others {
		for _, name := range changedFields(f.snapshot.Others[o.key], o, nil) {
			field := o.field(name)
			c.Fields = append(c.Fields, errorpage.Change{Label: field.label,
				Before: field.display(f.snapshot.Others[o.key][name]), After: field.display(field.values),
				By: edits.author(func(x forms.Edit) bool { return x.Form == o.action && slices.Contains(x.Fields, name) })})
		}
	}
	return c
}

// refuseBadSnapshot answers a form that says of itself that it showed what this server has not shown to who sends it. Whether somebody else
// has changed something cannot be seen, so the page is shown as it is now, with what was typed.
func (s *Service) refuseBadSnapshot(req *Request) error {
	f := req.form
	f.snapshotText = ""
	text, path, err := s.renderPage(forms.WithoutSubmission(req.Request().Context()), req, f.page)
	if err != nil && fail.KindOf(err) != fail.NotFound && fail.KindOf(err) != fail.Forbidden {
		return err
	}
	const message = "We could not check whether this form is up to date, so nothing was saved. Check what you entered, then save again."
	fill := &prefill{entered: f.entered, showsStored: true, skip: func(name string) bool { return f.entered[name] == nil },
		notice: `<p class="notice bad" role="alert" data-stale tabindex="-1">` + message + `</p>`}
	list := parseForms(path, text)
	if findForm(list, f.key) == nil {
		return fail.New(fail.Conflict,
			"We could not check whether this form is up to date, so nothing was saved. Reload the page.")
	}
	text = rewriteForms(path, text, s.hiddenFields(req, list, f.page, nil), map[string]*prefill{f.key: fill})
	req.Response().Header().Set("Cache-Control", "no-store")
	return req.HTML(http.StatusConflict, text)
}

// clockSkew is how far the clocks of servers and of the database may be apart.
const clockSkew = 5 * time.Second

// ago words how long ago something was.
func ago(d time.Duration) string {
	n, unit := int(d.Minutes()), "minute"
	switch {
	case d < time.Minute:
		n, unit = max(1, int(d.Seconds())), "second"
	case d >= 48*time.Hour:
		n, unit = int(d.Hours())/24, "day"
	case d >= time.Hour:
		n, unit = int(d.Hours()), "hour"
	}
	if n != 1 {
		unit += "s"
	}
	return strconv.Itoa(n) + " " + unit + " ago"
}

// hasID reports whether a field's name has the id of what it belongs to: it means the same in other forms.
func hasID(name string) bool {
	return len(name) > 36 && uuid.Validate(name[len(name)-36:]) == nil
}

// enteredFields lists what was typed into a form that cannot be shown any more.
func (f *submission) enteredFields() (list []errorpage.FormField) {
	for _, name := range slices.Sorted(maps.Keys(f.entered)) {
		for _, value := range f.entered[name] {
			if f.snapshot != nil && same([]string{value}, f.snapshot.Fields[name]) || strings.TrimSpace(value) == "" ||
				uuid.Validate(value) == nil || isSecretField(name) {
				continue
			}
			list = append(list, errorpage.FormField{Name: name, Value: value})
		}
	}
	return list
}
