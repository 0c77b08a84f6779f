package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/group"
	"parley/app/domain/routing"
	"parley/templates/manage"
	"parley/templates/ui"
)

func (s *Server) groupsPage(req *request) error {
	return s.renderGroups(req, ui.Form{}, ui.Form{}, http.StatusOK)
}

func (s *Server) renderGroups(req *request, add, rules ui.Form, status int) (err error) {
	ctx := req.Request().Context()
	p := manage.GroupsPage{Viewer: req.viewer(), Add: add, RulesForm: rules}
	if p.Monitor, err = s.routing.GetMonitor(ctx, req.Actor); err != nil {
		return err
	}
	if p.Rules, err = s.routing.GetSettings(ctx, req.Actor); err != nil {
		return err
	}
	return s.render(req, status, manage.Groups(p))
}

func (s *Server) addGroup(req *request) error {
	id, err := s.groups.Create(req.Request().Context(), req.Actor, req.FormValue("name"))
	if err != nil {
		f, status, err := refusedForm(req, err, "name")
		if err != nil {
			return err
		}
		return s.renderGroups(req, f, ui.Form{}, status)
	}
	return req.redirectTo("/admin/groups/" + id.String())
}

func (s *Server) setRoutingRules(req *request) error {
	r := req.formReader()
	in := routing.Settings{AwayRequeueAfter: time.Duration(r.requiredNumber("hand_back", "minutes", 0, 1440)) * time.Minute, FormerAgentWindow: time.Duration(r.requiredNumber("former", "hours", 0, 8760)) * time.Hour}
	err := r.Result()
	if err == nil {
		err = s.routing.UpdateSettings(req.Request().Context(), req.Actor, in)
	}
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		return s.renderGroups(req, ui.Form{}, f, status)
	}
	return req.redirectTo("/admin/groups")
}

func (s *Server) group(req *request) error {
	f := ui.Form{}
	if req.QueryParam("saved") != "" {
		f.Saved = "Saved. It holds from the next conversation on."
	}
	return s.renderGroupForm(req, f, http.StatusOK)
}

func (s *Server) renderGroupForm(req *request, f ui.Form, status int) error {
	p := manage.GroupPage{Form: f}
	if req.QueryParam("members") != "" {
		p.MembersForm.Saved = "Saved."
	}
	return s.renderGroup(req, p, status)
}

func (s *Server) renderGroup(req *request, p manage.GroupPage, status int) error {
	id, err := req.paramID("id", "group")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	g, b, err := s.routing.GetGroupInfo(ctx, req.Actor, id)
	if err != nil {
		return err
	}
	members, err := s.groups.ListMembers(ctx, req.Actor, id)
	if err != nil {
		return err
	}
	if p.DeletedWith, err = s.groups.GetDeletion(ctx, req.Actor, id); err != nil {
		return err
	}
	p.Viewer, p.Group, p.Monitor, p.Members = req.viewer(), g, b, members
	return s.render(req, status, manage.Group(p))
}

func (s *Server) updateGroup(req *request) error {
	id, err := req.paramID("id", "group")
	if err != nil {
		return err
	}
	in, err := req.readGroupSettings(id)
	if err == nil {
		err = s.groups.Update(req.Request().Context(), req.Actor, id, in)
	}
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		return s.renderGroupForm(req, f, status)
	}
	return req.redirectTo("/admin/groups/" + id.String() + "?saved=1")
}

// readGroupSettings reads the form of a group.
func (req *request) readGroupSettings(id uuid.UUID) (group.Settings, error) {
	r := req.formReader()
	in := group.Settings{Name: req.FormValue("name"), Everyone: r.isChecked("everyone"), Automatic: r.isChecked("automatic"), Picking: r.isChecked("picking"),
		Overflow: r.id("overflow"), OverflowAfter: time.Duration(r.requiredNumber("after", "seconds", 0, 86400)) * time.Second}
	var err error
	if in.Priority, err = strconv.Atoi(req.FormValue("priority")); err != nil {
		r.Add("priority", "Please choose one of the priorities.")
	}
	zone := strings.TrimSpace(req.FormValue("zone"))
	if in.Hours.Zone, err = time.LoadLocation(zone); err != nil || in.Hours.Zone == time.Local || zone == "" {
		r.Add("zone", "This time zone is not known. Please write one such as Europe/Berlin or UTC.")
	}
	for day := range in.Hours.Week {
		in.Hours.Week[day], err = group.ParseDay(req.FormValue(manage.DayField(day)))
		r.AddError(manage.DayField(day), err)
	}
	in.Hours.Holidays, err = group.ParseHolidays(req.FormValue("holidays"))
	r.AddError("holidays", err)
	if err := r.Merge(in.Validate(id)); err != nil {
		return in, err
	}
	return in, r.Result()
}

func (s *Server) removeGroup(req *request) error {
	id, err := req.paramID("id", "group")
	if err != nil {
		return err
	}
	if err := s.groups.Delete(req.Request().Context(), req.Actor, id); err != nil {
		f, status, err := refusedForm(req, err)
		if err != nil {
			return err
		}
		return s.renderGroupForm(req, f, status)
	}
	return req.redirectTo("/admin/groups")
}

// setMembers changes the rows of a group's members that are other than they were.
func (s *Server) setMembers(req *request) error {
	id, err := req.paramID("id", "group")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	if _, _, err := s.routing.GetGroupInfo(ctx, req.Actor, id); err != nil {
		return err
	}
	members, err := s.groups.ListMembers(ctx, req.Actor, id)
	if err != nil {
		return err
	}
	r := req.formReader()
	var changed []group.Member
	for _, m := range members {
		capField, ownField, placeField := manage.MemberField("cap", m.ID), manage.MemberField("own", m.ID), manage.MemberField("place", m.ID)
		if !r.has(capField) && !r.has(placeField) { // came while the page was open
			continue
		}
		place := r.choice(placeField, "", "first", "helper")
		now := group.Member{ID: m.ID, Name: m.Name, Role: m.Role, IsMember: place != "", Helper: place == "helper",
			MaxChats: r.requiredNumber(capField, "conversations", 1, group.MaxChatsLimit), GroupMaxChats: r.number(ownField, "conversations", 1, group.MaxChatsLimit, 0)}
		if now.GroupMaxChats > 0 && place == "" {
			r.Add(ownField, "This limit is one for members of the group. Choose a place, or leave it empty.")
		}
		if now != m {
			changed = append(changed, now)
		}
	}
	all, _ := req.FormParams()
	for name := range all {
		if text, is := strings.CutPrefix(name, manage.MembershipPrefix); is && !slices.ContainsFunc(members, func(m group.Member) bool { return m.ID.String() == text }) {
			r.Add("", "Somebody in the list cannot answer any more, so nothing was changed. The list below is up to date: save it again.")
		}
	}
	if err = r.Result(); err == nil && len(changed) > 0 {
		err = s.groups.SetMembers(ctx, req.Actor, id, changed)
	}
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		return s.renderGroup(req, manage.GroupPage{MembersForm: f}, status)
	}
	return req.redirectTo("/admin/groups/" + id.String() + "?members=1#members")
}

func (s *Server) setCapacityShare(req *request) error {
	id, err := req.paramID("id", "customer")
	if err != nil {
		return err
	}
	r := req.formReader()
	share := r.number("share", "conversations", 1, 1_000_000, 0)
	if err = r.Result(); err == nil {
		err = s.org.SetCapacityShare(req.Request().Context(), req.Actor, id, share)
	}
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		return s.renderCustomer(req, f, ui.Form{}, status)
	}
	return req.redirectTo("/admin/customers/" + id.String())
}

// setSubject lets a group answer for a website, or changes how. The form of a group that is there already says so.
func (s *Server) setSubject(req *request) error {
	id, err := req.paramID("id", "website")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	w, err := s.org.GetWebsite(ctx, req.Actor, id)
	if err != nil {
		return err
	}
	subjects, err := s.groups.ListWebsiteGroups(ctx, req.Actor, w.ID)
	if err != nil {
		return err
	}
	r := req.formReader()
	labels, err := group.ParseLabels(req.FormValue("labels"))
	if err := r.Merge(err); err != nil {
		return err
	}
	in := group.WebsiteGroup{Group: r.id("group"), Labels: labels}
	if text := req.FormValue("priority"); text != "" {
		if in.Priority, err = strconv.Atoi(text); err != nil || in.Priority < -2 || in.Priority > 2 {
			r.Add("priority", "Please choose one of the priorities.")
		}
	}
	if in.Group == uuid.Nil {
		r.Add("group", "Please choose a group.")
	}
	place := slices.IndexFunc(subjects, func(x group.WebsiteGroup) bool { return x.Group == in.Group })
	if place < 0 {
		place = len(subjects)
	}
	if err = r.Result(); err == nil {
		err = s.groups.SetWebsiteGroup(ctx, req.Actor, id, in, place)
	}
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		p := manage.WebsitePage{Subject: f}
		if place < len(subjects) {
			p.SubjectOf = in.Group
		}
		return s.renderWebsite(req, p, status)
	}
	return req.redirectTo("/admin/websites/" + id.String() + "#subjects")
}

func (s *Server) removeSubject(req *request) error {
	id, err := req.paramID("id", "website")
	if err != nil {
		return err
	}
	group, err := req.paramID("group", "group")
	if err != nil {
		return err
	}
	if err := s.groups.RemoveWebsiteGroup(req.Request().Context(), req.Actor, id, group); err != nil {
		return err
	}
	return req.redirectTo("/admin/websites/" + id.String() + "#subjects")
}
