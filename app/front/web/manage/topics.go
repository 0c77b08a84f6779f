package manage

import (
	"slices"
	"strconv"

	"github.com/google/uuid"

	"parley/app/domain/group"
	"parley/app/front/web/page"
	view "parley/templates/manage"
)

// SetTopic lets a group answer for a website, or changes how.
func (h *Handlers) SetTopic(req *page.Request) error {
	id, err := req.ParamID("id", "website")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	w, err := h.org.GetWebsite(ctx, req.Actor, id)
	if err != nil {
		return err
	}
	topics, err := h.groups.ListWebsiteGroups(ctx, req.Actor, w.ID)
	if err != nil {
		return err
	}
	r := req.FormReader()
	labels, err := group.ParseLabels(req.FormValue("labels"))
	if err := r.Merge(err); err != nil {
		return err
	}
	in := group.WebsiteGroup{Group: r.UUID("group"), Labels: labels}
	if text := req.FormValue("priority"); text != "" {
		if in.Priority, err = strconv.Atoi(text); err != nil || in.Priority < -2 || in.Priority > 2 {
			r.Add("priority", "Choose a priority.")
		}
	}
	if in.Group == uuid.Nil {
		r.Add("group", "Choose a group.")
	}
	if err = r.Result(); err == nil {
		err = h.groups.SetWebsiteGroup(ctx, req.Actor, id, in)
	}
	if err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		p := view.WebsitePage{Topic: f}
		if slices.ContainsFunc(topics, func(x group.WebsiteGroup) bool { return x.Group == in.Group }) {
			p.TopicOf = in.Group
		}
		return h.renderWebsite(req, p, status)
	}
	return req.RedirectTo("/admin/websites/" + id.String() + "#topics")
}

// RemoveTopic lets a group answer for a website no more.
func (h *Handlers) RemoveTopic(req *page.Request) error {
	id, err := req.ParamID("id", "website")
	if err != nil {
		return err
	}
	group, err := req.ParamID("group", "group")
	if err != nil {
		return err
	}
	if err := h.groups.RemoveWebsiteGroup(req.Request().Context(), req.Actor, id, group); err != nil {
		return err
	}
	return req.RedirectTo("/admin/websites/" + id.String() + "#topics")
}
