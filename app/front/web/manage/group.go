package manage

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/group"
	"parley/app/front/web/page"
	view "parley/templates/manage"
	"parley/templates/ui"
)

// Group shows a group with its members.
func (h *Handlers) Group(req *page.Request) error {
	f := ui.Form{}
	if req.QueryParam("saved") != "" {
		f.Saved = "Saved. Changes apply to new conversations."
	}
	return h.renderGroupForm(req, f, http.StatusOK)
}

func (h *Handlers) renderGroupForm(req *page.Request, f ui.Form, status int) error {
	p := view.GroupPage{Form: f}
	if req.QueryParam("members") != "" {
		p.MembersForm.Saved = "Saved."
	}
	return h.renderGroup(req, p, status)
}

func (h *Handlers) renderGroup(req *page.Request, p view.GroupPage, status int) error {
	id, err := req.ParamID("id", "group")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	g, b, err := h.routing.GetGroupInfo(ctx, req.Actor, id)
	if err != nil {
		return err
	}
	members, err := h.groups.ListMembers(ctx, req.Actor, id)
	if err != nil {
		return err
	}
	if p.DeletedWith, err = h.groups.GetDeletion(ctx, req.Actor, id); err != nil {
		return err
	}
	p.Viewer, p.Group, p.Monitor, p.Members = viewer(req), g, b, members
	return req.Respond(status, view.Group(p))
}

// UpdateGroup changes a group's settings.
func (h *Handlers) UpdateGroup(req *page.Request) error {
	id, err := req.ParamID("id", "group")
	if err != nil {
		return err
	}
	in, err := readGroupSettings(req, id)
	if err == nil {
		err = h.groups.Update(req.Request().Context(), req.Actor, id, in)
	}
	if err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		return h.renderGroupForm(req, f, status)
	}
	return req.RedirectTo("/admin/groups/" + id.String() + "?saved=1")
}

// readGroupSettings reads the form of a group.
func readGroupSettings(req *page.Request, id uuid.UUID) (group.Settings, error) {
	r := req.FormReader()
	in := group.Settings{Name: req.FormValue("name"), Everyone: r.IsChecked("everyone"),
		Automatic: r.IsChecked("automatic"), Picking: r.IsChecked("picking"),
		Overflow: r.UUID("overflow"), OverflowAfter: time.Duration(r.RequiredNumber("after", "seconds", 0, 86400)) * time.Second}
	var err error
	if in.Priority, err = strconv.Atoi(req.FormValue("priority")); err != nil {
		r.Add("priority", "Choose a priority.")
	}
	zone := strings.TrimSpace(req.FormValue("zone"))
	if in.Hours.Zone, err = time.LoadLocation(zone); err != nil || in.Hours.Zone == time.Local || zone == "" {
		r.Add("zone", "This time zone does not exist. Enter one such as Europe/Berlin or UTC.")
	}
	for day := range in.Hours.Week {
		in.Hours.Week[day], err = group.ParseDay(req.FormValue(view.DayField(day)))
		r.AddError(view.DayField(day), err)
	}
	in.Hours.Holidays, err = group.ParseHolidays(req.FormValue("holidays"))
	r.AddError("holidays", err)
	if err := r.Merge(in.Validate(id)); err != nil {
		return in, err
	}
	return in, r.Result()
}

// RemoveGroup deletes a group.
func (h *Handlers) RemoveGroup(req *page.Request) error {
	id, err := req.ParamID("id", "group")
	if err != nil {
		return err
	}
	if err := h.groups.Delete(req.Request().Context(), req.Actor, id); err != nil {
		f, status, err := page.RefusedForm(req, err)
		if err != nil {
			return err
		}
		return h.renderGroupForm(req, f, status)
	}
	return req.RedirectTo("/admin/groups")
}
