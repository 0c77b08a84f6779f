package web

import (
	"net/http"
	"slices"

	"parley/app/assist"
	"parley/app/fail"
	"parley/app/faq"
	"parley/app/identity"
	"parley/app/keys"
	"parley/templates/admin"
	"parley/templates/ui"
)

func (s *Server) preferences(v *visit) error {
	f := ui.Form{}
	if v.QueryParam("saved") != "" {
		f.Saved = "Saved. A desk that is open takes it over when it is loaded again."
	}
	p, err := s.identity.Preferences(v.Request().Context(), v.Actor)
	if err != nil {
		return err
	}
	return s.draw(v, http.StatusOK, admin.Preferences(admin.PreferencesPage{Viewer: v.viewer(), Preferences: p, Form: f}))
}

func (s *Server) setPreferences(v *visit) error {
	all, err := v.FormParams()
	if err != nil {
		return fail.New(fail.Invalid, "This request could not be read.")
	}
	r := v.reading()
	in := identity.Preferences{Undo: r.on("undo"), Keys: map[string]string{}}
	for _, h := range identity.Happenings {
		if !slices.Contains(all["sound"], h.ID) {
			in.Quiet = append(in.Quiet, h.ID)
		}
		if !slices.Contains(all["notice"], h.ID) {
			in.Hidden = append(in.Hidden, h.ID)
		}
	}
	for _, c := range keys.Commands {
		if v.FormValue("usual") == "" && all.Has("key-"+c.ID) {
			in.Keys[c.ID] = v.FormValue("key-" + c.ID)
		}
	}
	if err = r.Take(s.keysTaken(v, in.Keys)); err == nil {
		err = r.Result()
	}
	if err == nil {
		err = s.identity.SetPreferences(v.Request().Context(), v.Actor, in)
	}
	if err != nil {
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		in.Keys = nil // the form has them
		return s.draw(v, status, admin.Preferences(admin.PreferencesPage{Viewer: v.viewer(), Preferences: in, Form: f}))
	}
	return v.back("/preferences?saved=1")
}

// keysTaken refuses keys that a snippet has.
func (s *Server) keysTaken(v *visit, chosen map[string]string) error {
	ctx := v.Request().Context()
	lines, err := s.queue.Lines(ctx, v.Actor)
	if err != nil {
		return err
	}
	list, err := s.faq.Snippets(ctx, v.Actor, v.groupsOf(lines))
	if err != nil {
		return err
	}
	var checks fail.Checks
	for id, k := range chosen {
		full, err := keys.Parse(k)
		for _, x := range list {
			if err == nil && full != "" && x.Keys == full {
				checks.Add("key-"+id, "%s inserts the snippet /%s.", full, x.Name)
			}
		}
	}
	return checks.Result()
}

func (s *Server) deskRules(v *visit) error {
	var p admin.RulesPage
	switch v.QueryParam("saved") {
	case "rules":
		p.RulesForm.Saved = "Saved."
	case "model":
		p.ModelForm.Saved = "Saved. Try it at the desk with “Draft an answer”."
	}
	return s.deskRulesWith(v, p, http.StatusOK)
}

func (s *Server) deskRulesWith(v *visit, p admin.RulesPage, status int) (err error) {
	ctx := v.Request().Context()
	if p.Rules, err = s.faq.Rules(ctx, v.Actor); err != nil {
		return err
	}
	if p.Model, p.HasModel, err = s.assist.Settings(ctx, v.Actor); err != nil {
		return err
	}
	p.Viewer = v.viewer()
	return s.draw(v, status, admin.Rules(p))
}

func (s *Server) setDeskRules(v *visit) error {
	r := v.reading()
	in := faq.Rules{AgentsEdit: r.on("agents_edit"), Review: r.on("review"), AwayReasons: append([]string{}, lines(v.FormValue("away_reasons"))...)}
	err := r.Result()
	if err == nil {
		err = s.faq.SetRules(v.Request().Context(), v.Actor, in)
	}
	if err != nil {
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		return s.deskRulesWith(v, admin.RulesPage{RulesForm: f}, status)
	}
	return v.back("/admin/desk?saved=rules")
}

func (s *Server) setModel(v *visit) error {
	r := v.reading()
	in := assist.Settings{BaseURL: v.FormValue("base_url"), Key: v.FormValue("key"), Model: v.FormValue("model"), Enabled: r.on("enabled"),
		Automatic: r.on("automatic"), Mask: r.on("mask"), Budget: r.needed("budget", "tokens", 0, assist.BudgetMost)}
	err := r.Result()
	if err == nil {
		err = s.assist.SetSettings(v.Request().Context(), v.Actor, in)
	}
	if err != nil {
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		if in.Key != "" && f.Errors != nil && f.Errors["key"] == "" {
			f.Errors["key"] = "Enter the key again: it is not shown once it was sent."
		}
		return s.deskRulesWith(v, admin.RulesPage{ModelForm: f}, status)
	}
	return v.back("/admin/desk?saved=model")
}

func (s *Server) removeModel(v *visit) error {
	if err := s.assist.Forget(v.Request().Context(), v.Actor); err != nil {
		return err
	}
	return v.back("/admin/desk")
}
