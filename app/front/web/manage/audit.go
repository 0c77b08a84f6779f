package manage

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"parley/app/domain/audit"
	"parley/app/front/web/page"
	"parley/app/platform/fail"
	"parley/app/platform/validate"
	view "parley/templates/manage"
)

// auditFields are what the audit log can be narrowed by, as the form and the addresses of its pages name them.
var auditFields = []string{"q", "what", "actor", "customer", "subject", "from", "to"}

// Audit shows who changed what.
func (h *Handlers) Audit(req *page.Request) error {
	ctx := req.Request().Context()
	p := view.AuditPage{Viewer: viewer(req)}
	filter, err := auditFilter(req)
	if err == nil {
		before, _ := strconv.ParseInt(req.QueryParam("before"), 10, 64) // anything else is the newest page
		p.Page, err = h.searchAudit(ctx, req, filter, before)
	}
	status := http.StatusOK
	if p.Form, status, err = page.RefusedForm(req, err, auditFields...); err != nil {
		return err
	}
	if p.Choices, err = h.audit.Choices(ctx, req.Actor); err != nil {
		return err
	}
	given := auditQuery(req)
	p.Filtered, p.Query = len(given) > 0, given.Encode()
	if p.Page.Next > 0 {
		given.Set("before", strconv.FormatInt(p.Page.Next, 10))
		p.Next = "/admin/audit?" + given.Encode()
	}
	p.HasNewer = req.QueryParam("before") != ""
	return req.Respond(status, view.Audit(p))
}

// searchAudit returns a page of events. Searching for words is heavy work, which an organization does one after the other.
func (h *Handlers) searchAudit(ctx context.Context, req *page.Request, f audit.Filter, before int64) (audit.Page, error) {
	if f.Text != "" {
		release, err := h.heavyWork.Acquire(ctx, req.Actor.Org())
		if err != nil {
			return audit.Page{}, err
		}
		defer release()
	}
	return h.audit.List(ctx, req.Actor, f, before)
}

// ExportAudit hands out the events of a filter as a file.
func (h *Handlers) ExportAudit(req *page.Request) error {
	filter, err := auditFilter(req)
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	release, err := h.heavyWork.Acquire(ctx, req.Actor.Org())
	if err != nil {
		return err
	}
	defer release()
	header := req.Response().Header()
	header.Set("Content-Type", "text/csv; charset=utf-8")
	header.Set("Content-Disposition", `attachment; filename="audit-log.csv"`)
	header.Set("Cache-Control", "no-store")
	return req.FinishStream(h.audit.Export(ctx, req.Actor, filter, auditQuery(req).Encode(), req.StreamWriter()))
}

// auditQuery is what is asked for, as addresses have it.
func auditQuery(req *page.Request) url.Values {
	given := url.Values{}
	for _, name := range auditFields {
		if value := strings.ToValidUTF8(req.QueryParam(name), ""); value != "" {
			given.Set(name, value)
		}
	}
	return given
}

// auditFilter reads what is asked for. Days are of UTC.
func auditFilter(req *page.Request) (f audit.Filter, err error) {
	var wrong fail.Checks
	f.Text, err = validate.OptionalLine("the search text", req.QueryParam("q"), audit.MaxText)
	wrong.AddError("q", err)
	f.What = req.QueryParam("what")
	f.Actor, f.Customer, f.Subject = req.FilterID(&wrong, "actor"), req.FilterID(&wrong, "customer"), req.FilterID(&wrong, "subject")
	f.From, f.Until = req.FilterDay(&wrong, "from"), req.FilterDay(&wrong, "to")
	if !f.Until.IsZero() {
		f.Until = f.Until.AddDate(0, 0, 1) // that day, too
		if !f.Until.After(f.From) {
			wrong.Add("to", "This date is before the start date.")
		}
	}
	return f, wrong.Result()
}
