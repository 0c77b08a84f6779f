package page

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"parley/app/platform/fail"
)

// formsDeletedBy returns the forms of a page about what a form deletes: their addresses are at or below its own without /remove.
func formsDeletedBy(list []*pageForm, action string) (others []*pageForm) {
	object, is := strings.CutSuffix(action, "/remove")
	if !is {
		return nil
	}
	for _, f := range list {
		if f.action != action && (f.action == object || f.key == object || strings.HasPrefix(f.action, object+"/")) &&
			len(f.fields) > 0 {
			others = append(others, f)
		}
	}
	return others
}

// checkSnapshot returns which fields a form changes; a staleError if what it shows is not what is stored now.
func (s *Service) checkSnapshot(ctx context.Context, req *Request) ([]string, error) {
	f := req.form
	if f.page == "" || f.snapshot == nil {
		return nil, nil
	}
	stale := func(e *staleError) ([]string, error) {
		f.stale = e
		return nil, e
	}
	list, err := s.currentForms(ctx, req, f.page)
	if kind := fail.KindOf(err); err != nil && (kind == fail.NotFound || kind == fail.Forbidden) {
		return stale(&staleError{deleted: true})
	}
	if err != nil {
		return nil, fmt.Errorf("see what is stored: %w", err)
	}
	now := findForm(list, f.key)
	if now == nil {
		return stale(&staleError{deleted: true})
	}
	e := &staleError{current: now, changed: changedFields(f.snapshot.Fields, now, f.entered)}
	for _, o := range formsDeletedBy(list, now.action) {
		if was, there := f.snapshot.Others[o.key]; there && len(changedFields(was, o, nil)) > 0 {
			e.others = append(e.others, o)
		}
	}
	if len(e.changed) > 0 || len(e.others) > 0 {
		return stale(e)
	}
	var fields []string
	for _, name := range now.names {
		if now.fields[name].versionOf == "" && !same(f.entered[name], now.fields[name].values) {
			fields = append(fields, name)
		}
	}
	return fields, nil
}

// changedFields returns the fields that are not what they were, but for those that are what was typed. typed may be nil.
func changedFields(was map[string][]string, now *pageForm, typed map[string][]string) (names []string) {
	is := func(name string, stored []string) {
		before, known := was[name]
		if c := now.fields[name]; c != nil && c.versionOf != "" && !slices.Contains(typed[c.versionOf], c.value) {
			return // of what was not chosen
		}
		if same(before, stored) || !known && (now.independentRows || len(strings.Join(stored, "")) == 0) || typed != nil &&
			same(typed[name], stored) {
			return
		}
		names = append(names, name)
	}
	for _, name := range now.names {
		is(name, now.fields[name].values)
	}
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if _, there := now.fields[name]; !there && !now.independentRows && !strings.Contains(name, " ") &&
			strings.Join(was[name], "") != "" {
			is(name, nil)
		}
	}
	return names
}

// useStoredValues takes what is stored in place of what was typed into the named fields.
func (s *Service) useStoredValues(ctx context.Context, req *Request, names []string) error {
	list, err := s.currentForms(ctx, req, req.form.page)
	if err != nil {
		return err
	}
	now := findForm(list, req.form.key)
	if now == nil {
		return nil // checkSnapshot says that it is gone
	}
	r := req.Request()
	for _, name := range names {
		values := []string{}
		if c := now.fields[name]; c != nil {
			values = c.values
		}
		delete(r.PostForm, name)
		delete(r.Form, name)
		req.form.entered[name] = values
		if len(values) > 0 {
			r.PostForm[name], r.Form[name] = values, values
		}
	}
	return nil
}
