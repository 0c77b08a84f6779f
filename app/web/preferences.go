package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

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
	all, _ := v.FormParams()
	in := identity.Preferences{Undo: v.FormValue("undo") == "on", Keys: map[string]string{}}
	for _, h := range identity.Happenings {
		if !slices.Contains(all["sound"], h.ID) {
			in.Quiet = append(in.Quiet, h.ID)
		}
		if !slices.Contains(all["notice"], h.ID) {
			in.Hidden = append(in.Hidden, h.ID)
		}
	}
	var fields []string
	for _, c := range keys.Commands {
		if v.FormValue("usual") == "" && all.Has("key-"+c.ID) {
			in.Keys[c.ID] = v.FormValue("key-" + c.ID)
		}
		fields = append(fields, "key-"+c.ID)
	}
	err := s.keysTaken(v, in.Keys)
	if err == nil {
		err = s.identity.SetPreferences(v.Request().Context(), v.Actor, in)
	}
	if err != nil {
		f, status, err := form(v, err, fields...)
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
	in := faq.Rules{AgentsEdit: v.FormValue("agents_edit") == "on", Review: v.FormValue("review") == "on", AwayReasons: []string{}}
	for line := range strings.Lines(v.FormValue("away_reasons")) {
		if line = strings.TrimSpace(line); line != "" {
			in.AwayReasons = append(in.AwayReasons, line)
		}
	}
	if err := s.faq.SetRules(v.Request().Context(), v.Actor, in); err != nil {
		f, status, err := form(v, err, "away_reasons")
		if err != nil {
			return err
		}
		return s.deskRulesWith(v, admin.RulesPage{RulesForm: f}, status)
	}
	return v.back("/admin/desk?saved=rules")
}

func (s *Server) setModel(v *visit) error {
	in := assist.Settings{BaseURL: v.FormValue("base_url"), Key: v.FormValue("key"), Model: v.FormValue("model"), Enabled: v.FormValue("enabled") == "on",
		Automatic: v.FormValue("automatic") == "on", Mask: v.FormValue("mask") == "on", Budget: -1}
	if n, err := strconv.Atoi(strings.TrimSpace(v.FormValue("budget"))); err == nil {
		in.Budget = n
	}
	if err := s.assist.SetSettings(v.Request().Context(), v.Actor, in); err != nil {
		f, status, err := form(v, err, "base_url", "model", "budget")
		if err != nil {
			return err
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
