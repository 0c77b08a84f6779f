package manage

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/faq"
	"parley/app/front/web/page"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/validate"
	view "parley/templates/manage"
)

// FAQ shows the list of FAQ entries.
func (h *Handlers) FAQ(req *page.Request) error {
	ctx := req.Request().Context()
	query, err := validate.OptionalLine("the search text", req.QueryParam("q"), 200)
	if err != nil {
		return err
	}
	edits, err := h.faq.CanEdit(ctx, req.Actor)
	if err != nil {
		return err
	}
	p := view.FAQPage{Viewer: viewer(req), CanEdit: edits}
	filter := map[string]string{}
	for _, name := range []string{"category", "state", "language"} {
		if filter[name], err = validate.OptionalLine("the filter", req.QueryParam(name), 200); err != nil {
			return err
		}
	}
	category, chosen := strings.CutPrefix(filter["category"], "=")
	p.Filter = faq.Filter{Query: query, Category: category, HasCategory: chosen, State: faq.State(filter["state"]),
		Language: filter["language"],
		Scope:    faq.Scope{Customer: req.QueryID("customer"), Website: req.QueryID("website"), Group: req.QueryID("group")}}
	if !chosen {
		p.Filter.Category = ""
	}
	if n, err := strconv.Atoi(req.QueryParam("page")); err == nil && n > 1 {
		p.Filter.Page = n - 1
	}
	if n := req.QueryParam("changed"); n != "" {
		p.Notice = n + " entries changed."
	} else if req.QueryParam("removed") != "" {
		p.Notice = "Entry deleted."
	}
	if p.List, p.Total, err = h.faq.ListEntries(ctx, req.Actor, p.Filter); err != nil {
		return err
	}
	if p.Counts, err = h.faq.CountByState(ctx, req.Actor); err != nil {
		return err
	}
	if p.Categories, err = h.faq.ListCategories(ctx, req.Actor); err != nil {
		return err
	}
	if p.Fit, err = h.faq.GetMemoryFit(ctx, req.Actor); err != nil {
		return err
	}
	if p.Scopes, err = h.scopeChoices(ctx, req); err != nil {
		return err
	}
	return req.Respond(http.StatusOK, view.FAQ(p))
}

// scopeChoices returns what a scope can be chosen from; nothing for agents, who do not choose.
func (h *Handlers) scopeChoices(ctx context.Context, req *page.Request) (p view.ScopeChoices, err error) {
	if !req.Actor.CanFully(access.FAQEntryUpdate) {
		return p, nil
	}
	if p.Customers, err = h.org.ListCustomers(ctx, req.Actor); err != nil {
		return p, err
	}
	if p.Websites, err = h.org.ListWebsites(ctx, req.Actor); err != nil {
		return p, err
	}
	p.Groups, err = h.groups.List(ctx, req.Actor)
	return p, err
}

// SetEntryStates changes the state of the selected entries.
func (h *Handlers) SetEntryStates(req *page.Request) error {
	all, err := req.FormParams()
	if err != nil {
		return fail.New(fail.Invalid, "This request could not be read. Reload the page and try again.")
	}
	var ids []uuid.UUID
	for _, text := range all["id"] {
		id, err := uuid.Parse(text)
		if err != nil {
			return fail.New(fail.Invalid,
				"One of the selected entries cannot be read, so nothing was changed. Reload the list and try again.")
		}
		ids = append(ids, id)
	}
	n, err := h.faq.SetState(req.Request().Context(), req.Actor, ids, faq.State(req.FormValue("state")))
	if err != nil {
		return err
	}
	return req.RedirectTo("/faq?changed=" + strconv.Itoa(n))
}
