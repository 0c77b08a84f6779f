package web

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/fail"
	"parley/app/faq"
	"parley/app/files"
	"parley/templates/admin"
)

func (s *Server) snippets(v *visit) error {
	return s.snippetsWith(v, admin.SnippetsPage{}, http.StatusOK)
}

func (s *Server) snippetsWith(v *visit, p admin.SnippetsPage, status int) error {
	ctx := v.Request().Context()
	lines, err := s.queue.Lines(ctx, v.Actor)
	if err != nil {
		return err
	}
	if p.List, err = s.faq.Snippets(ctx, v.Actor, v.groupsOf(lines)); err != nil {
		return err
	}
	if v.Actor.May(access.Manage) {
		places, err := s.places(ctx, v)
		if err != nil {
			return err
		}
		p.Groups, p.Customers = places.Groups, places.Customers
	}
	p.Viewer = v.viewer()
	return s.draw(v, status, admin.Snippets(p))
}

func (s *Server) addSnippet(v *visit) error {
	done, err := s.whole(v, agentsMost)
	if err != nil {
		return err
	}
	defer done()
	in := faq.Snippet{Name: v.FormValue("name"), Keys: v.FormValue("keys"), Body: v.FormValue("body")}
	switch to := v.FormValue("for"); to {
	case "me", "":
		in.User = v.ID()
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
		err = s.saveSnippet(v, in)
	}
	if err != nil {
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		return s.snippetsWith(v, admin.SnippetsPage{Add: f}, status)
	}
	return v.back("/snippets")
}

func (s *Server) updateSnippet(v *visit) error {
	done, err := s.whole(v, agentsMost)
	if err != nil {
		return err
	}
	defer done()
	id, err := v.id("id", "snippet")
	if err != nil {
		return err
	}
	in := faq.Snippet{ID: id, Name: v.FormValue("name"), Keys: v.FormValue("keys"), Body: v.FormValue("body")}
	r := v.reading()
	in.NoFile = r.on("no_file")
	if _, there := v.sent["file"]; there && in.NoFile {
		r.Add("file", "Choose a file, or none: not both.")
	}
	if err = r.Result(); err == nil {
		err = s.saveSnippet(v, in)
	}
	if err != nil {
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		return s.snippetsWith(v, admin.SnippetsPage{Edit: id, Form: f}, status)
	}
	return v.back("/snippets")
}

// saveSnippet keeps a snippet with the file of its form.
func (s *Server) saveSnippet(v *visit, in faq.Snippet) (err error) {
	file, err := s.attach(v, "file", files.OfSnippet, files.Sorts, agentsMost)
	if err != nil {
		if e := fail.As(err); e != nil && e.Kind != fail.Busy {
			return fail.Field("file", "%s", e.Message)
		}
		return err
	}
	in.File = file.ID
	if err = s.faq.SaveSnippet(v.Request().Context(), v.Actor, in); err != nil && file.ID != uuid.Nil {
		s.drop(v, v.Actor, file, err)
	}
	return err
}

func (s *Server) removeSnippet(v *visit) error {
	id, err := v.id("id", "snippet")
	if err != nil {
		return err
	}
	if err := s.faq.RemoveSnippet(v.Request().Context(), v.Actor, id); err != nil {
		return err
	}
	return v.back("/snippets")
}

func (s *Server) tags(v *visit) error { return s.tagsWith(v, admin.TagsPage{}, http.StatusOK) }

func (s *Server) tagsWith(v *visit, p admin.TagsPage, status int) (err error) {
	if p.List, err = s.chat.AllTags(v.Request().Context(), v.Actor); err != nil {
		return err
	}
	p.Viewer = v.viewer()
	return s.draw(v, status, admin.Tags(p))
}

// tagged answers to a change of tags: the list again, or what was wrong with the one that was changed (the zero id: the new one).
func (s *Server) tagged(v *visit, of uuid.UUID, err error) error {
	if err != nil {
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		return s.tagsWith(v, admin.TagsPage{Of: of, Form: f}, status)
	}
	return v.back("/admin/tags")
}

func (s *Server) addTag(v *visit) error {
	return s.tagged(v, uuid.Nil, s.chat.AddTag(v.Request().Context(), v.Actor, v.FormValue("name")))
}

func (s *Server) renameTag(v *visit) error {
	id, err := v.id("id", "tag")
	if err != nil {
		return err
	}
	return s.tagged(v, id, s.chat.RenameTag(v.Request().Context(), v.Actor, id, v.FormValue("name")))
}

func (s *Server) removeTag(v *visit) error {
	id, err := v.id("id", "tag")
	if err != nil {
		return err
	}
	return s.tagged(v, id, s.chat.RemoveTag(v.Request().Context(), v.Actor, id))
}
