package account

import (
	"net/http"
	"slices"

	"parley/app/domain/identity"
	"parley/app/front/web/page"
	"parley/app/platform/fail"
	"parley/app/platform/keys"
	view "parley/templates/manage"
	"parley/templates/ui"
)

// Preferences shows a team member's own preferences.
func (h *Handlers) Preferences(req *page.Request) error {
	f := ui.Form{}
	if req.QueryParam("saved") != "" {
		f.Saved = "Saved. Reload the desk if it is open."
	}
	p, err := h.identity.GetPreferences(req.Request().Context(), req.Actor)
	if err != nil {
		return err
	}
	return req.Respond(http.StatusOK, view.Preferences(view.PreferencesPage{Viewer: view.Viewer{Viewer: req.Viewer(),
		ID: req.Actor.ID()}, Preferences: p, Form: f}))
}

// SetPreferences changes a team member's own preferences.
func (h *Handlers) SetPreferences(req *page.Request) error {
	all, err := req.FormParams()
	if err != nil {
		return fail.New(fail.Invalid, "This request could not be read. Reload the page and try again.")
	}
	r := req.FormReader()
	in := identity.Preferences{DelaySending: r.IsChecked("undo"), Keys: map[string]string{}}
	for _, header := range identity.NotificationKinds {
		if !slices.Contains(all["sound"], header.ID) {
			in.WithoutSound = append(in.WithoutSound, header.ID)
		}
		if !slices.Contains(all["notice"], header.ID) {
			in.WithoutNotification = append(in.WithoutNotification, header.ID)
		}
	}
	for _, c := range keys.Commands {
		if req.FormValue("usual") == "" && all.Has("key-"+c.ID) {
			in.Keys[c.ID] = req.FormValue("key-" + c.ID)
		}
	}
	if err = r.Result(); err == nil {
		err = h.teams.SetPreferences(req.Request().Context(), req.Actor, in)
	}
	if err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		in.Keys = nil // the form has them
		return req.Respond(status, view.Preferences(view.PreferencesPage{Viewer: view.Viewer{Viewer: req.Viewer(),
			ID: req.Actor.ID()}, Preferences: in, Form: f}))
	}
	return req.RedirectTo("/preferences?saved=1")
}
