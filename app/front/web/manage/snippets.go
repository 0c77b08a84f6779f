package manage

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/attachment"
	"parley/app/domain/faq"
	"parley/app/front/web/page"
	"parley/app/front/web/upload"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	view "parley/templates/manage"
)

// Snippets shows the snippets that the team member sees.
func (h *Handlers) Snippets(req *page.Request) error {
	return h.renderSnippets(req, view.SnippetsPage{}, http.StatusOK)
}

func (h *Handlers) renderSnippets(req *page.Request, p view.SnippetsPage, status int) error {
	ctx := req.Request().Context()
	queues, err := h.routing.VisibleQueues(ctx, req.Actor)
	if err != nil {
		return err
	}
	if p.List, err = h.faq.ListSnippets(ctx, req.Actor, faq.ScopeOf(req.Actor, queues.Groups)); err != nil {
		return err
	}
	if req.Actor.CanFully(access.SnippetSave) {
		places, err := h.scopeChoices(ctx, req)
		if err != nil {
			return err
		}
		p.Groups, p.Customers = places.Groups, places.Customers
	}
	p.Viewer = viewer(req)
	return req.Respond(status, view.Snippets(p))
}

// AddSnippet adds a snippet.
func (h *Handlers) AddSnippet(req *page.Request) error {
	done, err := req.ReadMultipart(attachment.MaxAgentFileBytes)
	if err != nil {
		return err
	}
	defer done()
	in := faq.Snippet{Name: req.FormValue("name"), Keys: req.FormValue("keys"), Body: req.FormValue("body")}
	switch to := req.FormValue("for"); to {
	case "me", "":
		in.User = req.ID()
	case "all":
	default:
		customer, is := strings.CutPrefix(to, "customer:")
		id, bad := uuid.Parse(customer)
		if bad != nil || id == uuid.Nil {
			err = fail.Field("for", "This group or customer no longer exists. Choose another one.")
		} else if is {
			in.Customer = id
		} else {
			in.Group = id
		}
	}
	if err == nil {
		err = h.saveSnippet(req, in)
	}
	if err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		return h.renderSnippets(req, view.SnippetsPage{Add: f}, status)
	}
	return req.RedirectTo("/snippets")
}

// UpdateSnippet changes a snippet.
func (h *Handlers) UpdateSnippet(req *page.Request) error {
	done, err := req.ReadMultipart(attachment.MaxAgentFileBytes)
	if err != nil {
		return err
	}
	defer done()
	id, err := req.ParamID("id", "snippet")
	if err != nil {
		return err
	}
	in := faq.Snippet{ID: id, Name: req.FormValue("name"), Keys: req.FormValue("keys"), Body: req.FormValue("body")}
	in.RemoveFile = req.FormReader().IsChecked("no_file")
	if err := h.saveSnippet(req, in); err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		return h.renderSnippets(req, view.SnippetsPage{Edit: id, Form: f}, status)
	}
	return req.RedirectTo("/snippets")
}

func (h *Handlers) saveSnippet(req *page.Request, in faq.Snippet) error {
	return h.attachments.SaveSnippet(req.Request().Context(), req.Actor, in, upload.FormFile(req, "file"))
}

// RemoveSnippet deletes a snippet.
func (h *Handlers) RemoveSnippet(req *page.Request) error {
	id, err := req.ParamID("id", "snippet")
	if err != nil {
		return err
	}
	if err := h.faq.RemoveSnippet(req.Request().Context(), req.Actor, id); err != nil {
		return err
	}
	return req.RedirectTo("/snippets")
}
