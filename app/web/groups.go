package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/queue"
	"parley/templates/admin"
	"parley/templates/ui"
)

func (s *Server) groups(v *visit) error {
	return s.groupsWith(v, ui.Form{}, ui.Form{}, http.StatusOK)
}

func (s *Server) groupsWith(v *visit, add, rules ui.Form, status int) (err error) {
	ctx := v.Request().Context()
	p := admin.GroupsPage{Viewer: v.viewer(), Add: add, RulesForm: rules}
	if p.Board, err = s.queue.Board(ctx, v.Actor); err != nil {
		return err
	}
	if p.Rules, err = s.queue.Rules(ctx, v.Actor); err != nil {
		return err
	}
	return s.draw(v, status, admin.Groups(p))
}

func (s *Server) addGroup(v *visit) error {
	id, err := s.queue.AddGroup(v.Request().Context(), v.Actor, v.FormValue("name"))
	if err != nil {
		f, status, err := form(v, err, "name")
		if err != nil {
			return err
		}
		return s.groupsWith(v, f, ui.Form{}, status)
	}
	return v.back("/admin/groups/" + id.String())
}

func (s *Server) setRules(v *visit) error {
	r := v.reading()
	in := queue.Rules{HandBack: time.Duration(r.needed("hand_back", "minutes", 0, 1440)) * time.Minute, Former: time.Duration(r.needed("former", "hours", 0, 8760)) * time.Hour}
	err := r.Result()
	if err == nil {
		err = s.queue.SetRules(v.Request().Context(), v.Actor, in)
	}
	if err != nil {
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		return s.groupsWith(v, ui.Form{}, f, status)
	}
	return v.back("/admin/groups")
}

func (s *Server) group(v *visit) error {
	f := ui.Form{}
	if v.QueryParam("saved") != "" {
		f.Saved = "Saved. It holds from the next conversation on."
	}
	return s.groupWith(v, f, http.StatusOK)
}

func (s *Server) groupWith(v *visit, f ui.Form, status int) error {
	p := admin.GroupPage{Form: f}
	if v.QueryParam("members") != "" {
		p.MembersForm.Saved = "Saved."
	}
	return s.groupAgain(v, p, status)
}

func (s *Server) groupAgain(v *visit, p admin.GroupPage, status int) error {
	id, err := v.id("id", "group")
	if err != nil {
		return err
	}
	ctx := v.Request().Context()
	g, b, err := s.queue.Group(ctx, v.Actor, id)
	if err != nil {
		return err
	}
	members, err := s.queue.Members(ctx, v.Actor, id)
	if err != nil {
		return err
	}
	if p.Goes, err = s.queue.GoesWith(ctx, v.Actor, id); err != nil {
		return err
	}
	p.Viewer, p.Group, p.Board, p.Members = v.viewer(), g, b, members
	return s.draw(v, status, admin.Group(p))
}

func (s *Server) updateGroup(v *visit) error {
	id, err := v.id("id", "group")
	if err != nil {
		return err
	}
	in, err := v.groupSettings(id)
	if err == nil {
		err = s.queue.UpdateGroup(v.Request().Context(), v.Actor, id, in)
	}
	if err != nil {
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		return s.groupWith(v, f, status)
	}
	return v.back("/admin/groups/" + id.String() + "?saved=1")
}

// groupSettings reads the form of a group.
func (v *visit) groupSettings(id uuid.UUID) (queue.Settings, error) {
	r := v.reading()
	in := queue.Settings{Name: v.FormValue("name"), Everyone: r.on("everyone"), Automatic: r.on("automatic"), Picking: r.on("picking"),
		Overflow: r.id("overflow"), After: time.Duration(r.needed("after", "seconds", 0, 86400)) * time.Second}
	var err error
	if in.Priority, err = strconv.Atoi(v.FormValue("priority")); err != nil {
		r.Add("priority", "Please choose one of the priorities.")
	}
	zone := strings.TrimSpace(v.FormValue("zone"))
	if in.Hours.Zone, err = time.LoadLocation(zone); err != nil || in.Hours.Zone == time.Local || zone == "" {
		r.Add("zone", "This time zone is not known. Please write one such as Europe/Berlin or UTC.")
	}
	for day := range in.Hours.Week {
		in.Hours.Week[day], err = queue.ParseDay(v.FormValue(admin.DayField(day)))
		r.Err(admin.DayField(day), err)
	}
	in.Hours.Holidays, err = queue.ParseHolidays(v.FormValue("holidays"))
	r.Err("holidays", err)
	if err := r.Take(in.Check(id)); err != nil {
		return in, err
	}
	return in, r.Result()
}

func (s *Server) removeGroup(v *visit) error {
	id, err := v.id("id", "group")
	if err != nil {
		return err
	}
	if err := s.queue.RemoveGroup(v.Request().Context(), v.Actor, id); err != nil {
		f, status, err := form(v, err)
		if err != nil {
			return err
		}
		return s.groupWith(v, f, status)
	}
	return v.back("/admin/groups")
}

// setMembers changes the rows of a group's members that are other than they were.
func (s *Server) setMembers(v *visit) error {
	id, err := v.id("id", "group")
	if err != nil {
		return err
	}
	ctx := v.Request().Context()
	if _, _, err := s.queue.Group(ctx, v.Actor, id); err != nil {
		return err
	}
	members, err := s.queue.Members(ctx, v.Actor, id)
	if err != nil {
		return err
	}
	r := v.reading()
	var changed []queue.Member
	for _, m := range members {
		capField, ownField, placeField := admin.MemberField("cap", m.ID), admin.MemberField("own", m.ID), admin.MemberField("place", m.ID)
		if !r.posted(capField) && !r.posted(placeField) { // came while the page was open
			continue
		}
		place := r.choice(placeField, "", "first", "helper")
		now := queue.Member{ID: m.ID, Name: m.Name, Role: m.Role, Status: m.Status, In: place != "", Helper: place == "helper",
			Cap: r.needed(capField, "conversations", 1, queue.CapMost), Own: r.number(ownField, "conversations", 1, queue.CapMost, 0)}
		if now.Own > 0 && place == "" {
			r.Add(ownField, "This limit is one for members of the group. Choose a place, or leave it empty.")
		}
		if now != m {
			changed = append(changed, now)
		}
	}
	all, _ := v.FormParams()
	for name := range all {
		if text, is := strings.CutPrefix(name, admin.MemberPlace); is && !slices.ContainsFunc(members, func(m queue.Member) bool { return m.ID.String() == text }) {
			r.Add("", "Somebody in the list cannot answer any more, so nothing was changed. The list below is up to date: save it again.")
		}
	}
	if err = r.Result(); err == nil && len(changed) > 0 {
		err = s.queue.SetMembers(ctx, v.Actor, id, changed)
	}
	if err != nil {
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		return s.groupAgain(v, admin.GroupPage{MembersForm: f}, status)
	}
	return v.back("/admin/groups/" + id.String() + "?members=1#members")
}

func (s *Server) setShare(v *visit) error {
	id, err := v.id("id", "customer")
	if err != nil {
		return err
	}
	r := v.reading()
	share := r.number("share", "conversations", 1, 1_000_000, 0)
	if err = r.Result(); err == nil {
		err = s.org.SetShare(v.Request().Context(), v.Actor, id, share)
	}
	if err != nil {
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		return s.customerWith(v, f, ui.Form{}, status)
	}
	return v.back("/admin/customers/" + id.String())
}

// setSubject lets a group answer for a website, or changes how. The form of a group that is there already says so.
func (s *Server) setSubject(v *visit) error {
	id, err := v.id("id", "website")
	if err != nil {
		return err
	}
	ctx := v.Request().Context()
	w, err := s.org.Website(ctx, v.Actor, id)
	if err != nil {
		return err
	}
	there, err := s.queue.Subjects(ctx, v.Actor, w.ID)
	if err != nil {
		return err
	}
	r := v.reading()
	labels, err := queue.ParseLabels(v.FormValue("labels"))
	if err := r.Take(err); err != nil {
		return err
	}
	in := queue.Subject{Group: r.id("group"), Labels: labels}
	if text := v.FormValue("priority"); text != "" {
		if in.Priority, err = strconv.Atoi(text); err != nil || in.Priority < -2 || in.Priority > 2 {
			r.Add("priority", "Please choose one of the priorities.")
		}
	}
	if in.Group == uuid.Nil {
		r.Add("group", "Please choose a group.")
	}
	place := slices.IndexFunc(there, func(x queue.Subject) bool { return x.Group == in.Group })
	if place < 0 {
		place = len(there)
	}
	if err = r.Result(); err == nil {
		err = s.queue.SetSubject(ctx, v.Actor, id, in, place)
	}
	if err != nil {
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		p := admin.WebsitePage{Subject: f}
		if place < len(there) {
			p.SubjectOf = in.Group
		}
		return s.websiteAgain(v, p, status)
	}
	return v.back("/admin/websites/" + id.String() + "#subjects")
}

func (s *Server) removeSubject(v *visit) error {
	id, err := v.id("id", "website")
	if err != nil {
		return err
	}
	group, err := v.id("group", "group")
	if err != nil {
		return err
	}
	if err := s.queue.RemoveSubject(v.Request().Context(), v.Actor, id, group); err != nil {
		return err
	}
	return v.back("/admin/websites/" + id.String() + "#subjects")
}
