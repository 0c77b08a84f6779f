package manage

import (
	"slices"
	"strings"

	"parley/app/domain/group"
	"parley/app/front/web/page"
	view "parley/templates/manage"
)

// SetMembers changes the rows of a group's members that are other than they were.
func (h *Handlers) SetMembers(req *page.Request) error {
	id, err := req.ParamID("id", "group")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	if _, _, err := h.routing.GetGroupInfo(ctx, req.Actor, id); err != nil {
		return err
	}
	members, err := h.groups.ListMembers(ctx, req.Actor, id)
	if err != nil {
		return err
	}
	r := req.FormReader()
	var changed []group.Member
	for _, m := range members {
		capField, ownField, placeField := view.MemberField("cap", m.ID), view.MemberField("own", m.ID),
			view.MemberField("place", m.ID)
		if !r.Has(capField) && !r.Has(placeField) { // came while the page was open
			continue
		}
		place := r.Choice(placeField, "", "first", "helper")
		now := group.Member{ID: m.ID, Name: m.Name, Role: m.Role, IsMember: place != "", Helper: place == "helper",
			MaxChats:      r.RequiredNumber(capField, "conversations", 1, group.MaxChatsLimit),
			GroupMaxChats: r.Number(ownField, "conversations", 1, group.MaxChatsLimit, 0)}
		if now != m {
			changed = append(changed, now)
		}
	}
	all, _ := req.FormParams()
	for name := range all {
		if text, is := strings.CutPrefix(name, view.MembershipPrefix); is && !slices.ContainsFunc(members,
			func(m group.Member) bool { return m.ID.String() == text }) {
			r.Add("",
				"A team member in the list can no longer answer, so nothing was saved. The list is now up to date. Save it again.")
		}
	}
	if err = r.Result(); err == nil && len(changed) > 0 {
		err = h.groups.SetMembers(ctx, req.Actor, id, changed)
	}
	if err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		return h.renderGroup(req, view.GroupPage{MembersForm: f}, status)
	}
	return req.RedirectTo("/admin/groups/" + id.String() + "?members=1#members")
}
