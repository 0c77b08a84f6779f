package manage

import (
	"net/http"

	"github.com/google/uuid"

	"parley/app/front/web/page"
	view "parley/templates/manage"
)

// Tags shows the tags and how often they are used.
func (h *Handlers) Tags(req *page.Request) error {
	return h.renderTags(req, view.TagsPage{}, http.StatusOK)
}

func (h *Handlers) renderTags(req *page.Request, p view.TagsPage, status int) (err error) {
	if p.List, err = h.conversations.TagUsage(req.Request().Context(), req.Actor); err != nil {
		return err
	}
	p.Viewer = viewer(req)
	return req.Respond(status, view.Tags(p))
}

// finishTagChange answers a change of tags: with the list, or with what was wrong with the tag that was to be changed (the zero id:
// the new one).
func (h *Handlers) finishTagChange(req *page.Request, of uuid.UUID, err error) error {
	if err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		return h.renderTags(req, view.TagsPage{Tag: of, Form: f}, status)
	}
	return req.RedirectTo("/admin/tags")
}

// AddTag adds a tag.
func (h *Handlers) AddTag(req *page.Request) error {
	return h.finishTagChange(req, uuid.Nil, h.conversations.CreateTag(req.Request().Context(), req.Actor, req.FormValue("name")))
}

// RenameTag renames a tag.
func (h *Handlers) RenameTag(req *page.Request) error {
	id, err := req.ParamID("id", "tag")
	if err != nil {
		return err
	}
	return h.finishTagChange(req, id, h.conversations.RenameTag(req.Request().Context(), req.Actor, id, req.FormValue("name")))
}

// RemoveTag deletes a tag.
func (h *Handlers) RemoveTag(req *page.Request) error {
	id, err := req.ParamID("id", "tag")
	if err != nil {
		return err
	}
	return h.finishTagChange(req, id, h.conversations.DeleteTag(req.Request().Context(), req.Actor, id))
}
