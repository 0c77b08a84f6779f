package web

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/faq"
	"parley/app/domain/files"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/templates/manage"
)

func (s *Server) snippets(req *request) error {
	return s.renderSnippets(req, manage.SnippetsPage{}, http.StatusOK)
}

func (s *Server) renderSnippets(req *request, p manage.SnippetsPage, status int) error {
	ctx := req.Request().Context()
	queues, err := s.routing.VisibleQueues(ctx, req.Actor)
	if err != nil {
		return err
	}
	if p.List, err = s.faq.ListSnippets(ctx, req.Actor, req.snippetGroups(queues)); err != nil {
		return err
	}
	if req.Actor.CanFully(access.SnippetSave) {
		places, err := s.scopeChoices(ctx, req)
		if err != nil {
			return err
		}
		p.Groups, p.Customers = places.Groups, places.Customers
	}
	p.Viewer = req.viewer()
	return s.render(req, status, manage.Snippets(p))
}

func (s *Server) addSnippet(req *request) error {
	done, err := s.readMultipart(req, maxAgentFileBytes)
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
			err = fail.Field("for", "This group or customer does not exist any more. Choose again.")
		} else if is {
			in.Customer = id
		} else {
			in.Group = id
		}
	}
	if err == nil {
		err = s.saveSnippet(req, in)
	}
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		return s.renderSnippets(req, manage.SnippetsPage{Add: f}, status)
	}
	return req.redirectTo("/snippets")
}

func (s *Server) updateSnippet(req *request) error {
	done, err := s.readMultipart(req, maxAgentFileBytes)
	if err != nil {
		return err
	}
	defer done()
	id, err := req.paramID("id", "snippet")
	if err != nil {
		return err
	}
	in := faq.Snippet{ID: id, Name: req.FormValue("name"), Keys: req.FormValue("keys"), Body: req.FormValue("body")}
	r := req.formReader()
	in.RemoveFile = r.isChecked("no_file")
	if _, there := req.files["file"]; there && in.RemoveFile {
		r.Add("file", "Choose a file, or none: not both.")
	}
	if err = r.Result(); err == nil {
		err = s.saveSnippet(req, in)
	}
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		return s.renderSnippets(req, manage.SnippetsPage{Edit: id, Form: f}, status)
	}
	return req.redirectTo("/snippets")
}

// saveSnippet keeps a snippet with the file of its form.
func (s *Server) saveSnippet(req *request, in faq.Snippet) (err error) {
	file, err := s.storeFormFile(req, "file", files.ForSnippet, files.Categories, maxAgentFileBytes)
	if err != nil {
		if e := fail.As(err); e != nil && e.Kind != fail.Busy {
			return fail.Field("file", "%s", e.Message)
		}
		return err
	}
	in.File = file.ID
	if err = s.faq.SaveSnippet(req.Request().Context(), req.Actor, in); err != nil && file.ID != uuid.Nil {
		s.discardFile(req, req.Actor, file, err)
	}
	return err
}

func (s *Server) removeSnippet(req *request) error {
	id, err := req.paramID("id", "snippet")
	if err != nil {
		return err
	}
	if err := s.faq.RemoveSnippet(req.Request().Context(), req.Actor, id); err != nil {
		return err
	}
	return req.redirectTo("/snippets")
}

func (s *Server) tags(req *request) error { return s.renderTags(req, manage.TagsPage{}, http.StatusOK) }

func (s *Server) renderTags(req *request, p manage.TagsPage, status int) (err error) {
	if p.List, err = s.conversations.TagUsage(req.Request().Context(), req.Actor); err != nil {
		return err
	}
	p.Viewer = req.viewer()
	return s.render(req, status, manage.Tags(p))
}

// finishTagChange answers to a change of tags: the list again, or what was wrong with the one that was changed (the zero id: the new one).
func (s *Server) finishTagChange(req *request, of uuid.UUID, err error) error {
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		return s.renderTags(req, manage.TagsPage{Tag: of, Form: f}, status)
	}
	return req.redirectTo("/admin/tags")
}

func (s *Server) addTag(req *request) error {
	return s.finishTagChange(req, uuid.Nil, s.conversations.CreateTag(req.Request().Context(), req.Actor, req.FormValue("name")))
}

func (s *Server) renameTag(req *request) error {
	id, err := req.paramID("id", "tag")
	if err != nil {
		return err
	}
	return s.finishTagChange(req, id, s.conversations.RenameTag(req.Request().Context(), req.Actor, id, req.FormValue("name")))
}

func (s *Server) removeTag(req *request) error {
	id, err := req.paramID("id", "tag")
	if err != nil {
		return err
	}
	return s.finishTagChange(req, id, s.conversations.DeleteTag(req.Request().Context(), req.Actor, id))
}
