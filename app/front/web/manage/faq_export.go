package manage

import (
	"parley/app/front/web/page"
)

// ExportFAQ sends all FAQ entries as a file.
func (h *Handlers) ExportFAQ(req *page.Request) error {
	release, err := h.heavyWork.Acquire(req.Request().Context(), req.Actor.Org())
	if err != nil {
		return err
	}
	defer release()
	format, kind := "csv", "text/csv; charset=utf-8"
	if req.QueryParam("format") == "json" {
		format, kind = "json", "application/json"
	}
	header := req.Response().Header()
	header.Set("Content-Type", kind)
	header.Set("Content-Disposition", `attachment; filename="faq.`+format+`"`)
	header.Set("Cache-Control", "no-store")
	return req.FinishStream(h.faq.Export(req.Request().Context(), req.Actor, format, req.StreamWriter()))
}
