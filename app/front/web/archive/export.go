package archive

import (
	"parley/app/domain/archive"
	"parley/app/front/web/page"
	"parley/app/platform/fail"
)

// Export sends one conversation as a file.
func (h *Handlers) Export(req *page.Request) error {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	format := req.Param("format")
	if format != "json" && format != "txt" {
		return fail.Missing("file")
	}
	release, err := h.heavyWork.Acquire(req.Request().Context(), req.Actor.Org())
	if err != nil {
		return err
	}
	defer release()
	kind := map[string]string{"txt": "text/plain; charset=utf-8", "json": "application/json"}[format]
	return req.FinishStream(h.archive.Export(req.Request().Context(), req.Actor, id, format, req.StreamWriter(),
		func(c archive.Record) {
			header := req.Response().Header()
			header.Set("Content-Type", kind)
			header.Set("Content-Disposition", `attachment; filename="`+c.FileName(format)+`"`)
			header.Set("Cache-Control", "no-store")
		}))
}
