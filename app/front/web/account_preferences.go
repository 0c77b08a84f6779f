package web

import (
	"net/http"
	"slices"

	"parley/app/domain/assist"
	"parley/app/domain/faq"
	"parley/app/domain/identity"
	"parley/app/platform/fail"
	"parley/app/platform/keys"
	"parley/templates/manage"
	"parley/templates/ui"
)

func (s *Server) preferences(req *request) error {
	f := ui.Form{}
	if req.QueryParam("saved") != "" {
		f.Saved = "Saved. A desk that is open takes it over when it is loaded again."
	}
	p, err := s.identity.GetPreferences(req.Request().Context(), req.Actor)
	if err != nil {
		return err
	}
	return s.render(req, http.StatusOK, manage.Preferences(manage.PreferencesPage{Viewer: req.viewer(), Preferences: p, Form: f}))
}

func (s *Server) setPreferences(req *request) error {
	all, err := req.FormParams()
	if err != nil {
		return fail.New(fail.Invalid, "This request could not be read.")
	}
	r := req.formReader()
	in := identity.Preferences{DelaySending: r.isChecked("undo"), Keys: map[string]string{}}
	for _, h := range identity.NotificationKinds {
		if !slices.Contains(all["sound"], h.ID) {
			in.WithoutSound = append(in.WithoutSound, h.ID)
		}
		if !slices.Contains(all["notice"], h.ID) {
			in.WithoutNotification = append(in.WithoutNotification, h.ID)
		}
	}
	for _, c := range keys.Commands {
		if req.FormValue("usual") == "" && all.Has("key-"+c.ID) {
			in.Keys[c.ID] = req.FormValue("key-" + c.ID)
		}
	}
	if err = r.Merge(s.checkKeyConflicts(req, in.Keys)); err == nil {
		err = r.Result()
	}
	if err == nil {
		err = s.identity.SetPreferences(req.Request().Context(), req.Actor, in)
	}
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		in.Keys = nil // the form has them
		return s.render(req, status, manage.Preferences(manage.PreferencesPage{Viewer: req.viewer(), Preferences: in, Form: f}))
	}
	return req.redirectTo("/preferences?saved=1")
}

// checkKeyConflicts refuses keys that a snippet has.
func (s *Server) checkKeyConflicts(req *request, chosen map[string]string) error {
	ctx := req.Request().Context()
	queues, err := s.routing.VisibleQueues(ctx, req.Actor)
	if err != nil {
		return err
	}
	list, err := s.faq.ListSnippets(ctx, req.Actor, req.snippetGroups(queues))
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

func (s *Server) deskRules(req *request) error {
	var p manage.RulesPage
	switch req.QueryParam("saved") {
	case "rules":
		p.RulesForm.Saved = "Saved."
	case "model":
		p.ModelForm.Saved = "Saved. Try it at the desk with “Draft an answer”."
	}
	return s.renderDeskRules(req, p, http.StatusOK)
}

func (s *Server) renderDeskRules(req *request, p manage.RulesPage, status int) (err error) {
	ctx := req.Request().Context()
	if p.Rules, err = s.faq.GetDeskRules(ctx, req.Actor); err != nil {
		return err
	}
	if p.Model, p.HasModel, err = s.assist.GetModelSettings(ctx, req.Actor); err != nil {
		return err
	}
	p.Viewer = req.viewer()
	return s.render(req, status, manage.Rules(p))
}

func (s *Server) setDeskRules(req *request) error {
	r := req.formReader()
	in := faq.DeskRules{AgentsEdit: r.isChecked("agents_edit"), Review: r.isChecked("review"), AwayReasons: append([]string{}, nonEmptyLines(req.FormValue("away_reasons"))...)}
	err := r.Result()
	if err == nil {
		err = s.faq.SetDeskRules(req.Request().Context(), req.Actor, in)
	}
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		return s.renderDeskRules(req, manage.RulesPage{RulesForm: f}, status)
	}
	return req.redirectTo("/admin/desk?saved=rules")
}

func (s *Server) setModel(req *request) error {
	r := req.formReader()
	in := assist.ModelSettings{BaseURL: req.FormValue("base_url"), Key: req.FormValue("key"), Model: req.FormValue("model"), Enabled: r.isChecked("enabled"),
		Automatic: r.isChecked("automatic"), Mask: r.isChecked("mask"), Budget: r.requiredNumber("budget", "tokens", 0, assist.MaxBudget)}
	err := r.Result()
	if err == nil {
		err = s.assist.SetModelSettings(req.Request().Context(), req.Actor, in)
	}
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		if in.Key != "" && f.Errors != nil && f.Errors["key"] == "" {
			f.Errors["key"] = "Enter the key again: it is not shown once it was sent."
		}
		return s.renderDeskRules(req, manage.RulesPage{ModelForm: f}, status)
	}
	return req.redirectTo("/admin/desk?saved=model")
}

func (s *Server) removeModel(req *request) error {
	if err := s.assist.RemoveModel(req.Request().Context(), req.Actor); err != nil {
		return err
	}
	return req.redirectTo("/admin/desk")
}
