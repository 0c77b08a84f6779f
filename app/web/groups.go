package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/fail"
	"parley/app/org"
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

// number reads a field that holds a number; what is none is -1, which no setting takes.
func (v *visit) number(field string) int {
	n, err := strconv.Atoi(strings.TrimSpace(v.FormValue(field)))
	if err != nil || n < 0 || n > 1_000_000_000 {
		return -1
	}
	return n
}

// numberOr is number, but for an empty field.
func (v *visit) numberOr(field string, otherwise int) int {
	if strings.TrimSpace(v.FormValue(field)) == "" {
		return otherwise
	}
	if n := v.number(field); n != 0 {
		return n
	}
	return -1
}

func (s *Server) setRules(v *visit) error {
	err := s.queue.SetRules(v.Request().Context(), v.Actor, queue.Rules{HandBack: time.Duration(v.number("hand_back")) * time.Minute,
		Former: time.Duration(v.number("former")) * time.Hour})
	if err != nil {
		f, status, err := form(v, err, "hand_back", "former")
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
	p.Viewer, p.Group, p.Board, p.Members = v.viewer(), g, b, members
	return s.draw(v, status, admin.Group(p))
}

func (s *Server) updateGroup(v *visit) error {
	id, err := v.id("id", "group")
	if err != nil {
		return err
	}
	fields := []string{"name", "everyone", "automatic", "picking", "priority", "overflow", "after", "zone", "holidays"}
	in, err := v.groupSettings()
	if err == nil {
		err = s.queue.UpdateGroup(v.Request().Context(), v.Actor, id, in)
	}
	if err != nil {
		for day := range admin.Days {
			fields = append(fields, admin.DayField(day))
		}
		f, status, err := form(v, err, fields...)
		if err != nil {
			return err
		}
		return s.groupWith(v, f, status)
	}
	return v.back("/admin/groups/" + id.String() + "?saved=1")
}

// groupSettings reads the form of a group.
func (v *visit) groupSettings() (queue.Settings, error) {
	var checks fail.Checks
	in := queue.Settings{Name: v.FormValue("name"), Everyone: v.FormValue("everyone") == "on", Automatic: v.FormValue("automatic") == "on",
		Picking: v.FormValue("picking") == "on", Overflow: v.optionalID("overflow"), After: time.Duration(v.number("after")) * time.Second}
	if in.Overflow == uuid.Nil && v.FormValue("overflow") != "" {
		checks.Add("overflow", "Please choose one of your groups.")
	}
	var err error
	if in.Priority, err = strconv.Atoi(v.FormValue("priority")); err != nil {
		checks.Add("priority", "Please choose one of the priorities.")
	}
	if in.Hours.Zone, err = time.LoadLocation(strings.TrimSpace(v.FormValue("zone"))); err != nil || in.Hours.Zone == time.Local || strings.TrimSpace(v.FormValue("zone")) == "" {
		checks.Add("zone", "This time zone is not known. Please write one such as Europe/Berlin or UTC.")
	}
	for day := range in.Hours.Week {
		if in.Hours.Week[day], err = queue.ParseDay(v.FormValue(admin.DayField(day))); err != nil {
			checks.Err(admin.DayField(day), err)
		}
	}
	in.Hours.Holidays, err = queue.ParseHolidays(v.FormValue("holidays"))
	checks.Err("holidays", err)
	return in, checks.Result()
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
	for _, m := range members {
		place := v.FormValue(admin.MemberField("place", m.ID))
		now := queue.Member{ID: m.ID, Name: m.Name, Role: m.Role, Status: m.Status, In: place != "", Helper: place == "helper",
			Cap: v.number(admin.MemberField("cap", m.ID)), Own: v.numberOr(admin.MemberField("own", m.ID), 0)}
		if now == m || v.FormValue(admin.MemberField("cap", m.ID)) == "" && place == "" { // came while the page was open
			continue
		}
		if err := s.queue.SetMember(ctx, v.Actor, id, now); err != nil {
			f, status, err := form(v, err)
			if err != nil {
				return err
			}
			for _, message := range f.Errors {
				f.Message = m.Name + ": " + message
			}
			return s.groupAgain(v, admin.GroupPage{MembersForm: ui.Form{Message: f.Message}}, status)
		}
	}
	return v.back("/admin/groups/" + id.String() + "?members=1#members")
}

func (s *Server) setShare(v *visit) error {
	id, err := v.id("id", "customer")
	if err != nil {
		return err
	}
	if err := s.org.SetShare(v.Request().Context(), v.Actor, id, v.numberOr("share", 0)); err != nil {
		f, status, err := form(v, err, "share")
		if err != nil {
			return err
		}
		return s.customerWith(v, f, ui.Form{}, status)
	}
	return v.back("/admin/customers/" + id.String())
}

func (s *Server) setSubject(v *visit) error {
	id, err := v.id("id", "website")
	if err != nil {
		return err
	}
	ctx := v.Request().Context()
	labels, err := queue.ParseLabels(v.FormValue("labels"))
	var w org.Website
	if err == nil {
		w, err = s.org.Website(ctx, v.Actor, id)
	}
	priority, place := 0, 0
	if err == nil && v.FormValue("priority") != "" {
		if priority, err = strconv.Atoi(v.FormValue("priority")); err != nil {
			err = fail.Field("priority", "Please choose one of the priorities.")
		}
	}
	if err == nil {
		var there []queue.Subject
		if there, err = s.queue.Subjects(ctx, v.Actor, w.ID); err == nil {
			place = len(there)
			for i, x := range there {
				if x.Group == v.optionalID("group") {
					place = i
				}
			}
		}
	}
	if group := v.optionalID("group"); err == nil && group == uuid.Nil {
		err = fail.Field("group", "Please choose a group.")
	} else if err == nil {
		err = s.queue.SetSubject(ctx, v.Actor, id, queue.Subject{Group: group, Priority: priority, Labels: labels}, place)
	}
	if err != nil {
		f, status, err := form(v, err, "group", "priority", "labels")
		if err != nil {
			return err
		}
		return s.websiteAgain(v, admin.WebsitePage{Subject: f}, status)
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
