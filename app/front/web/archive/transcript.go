package archive

import (
	"net/http"
	"strings"

	"parley/app/domain/archive"
	"parley/app/front/web/page"
	view "parley/templates/archive"
)

// Transcript shows one closed conversation, and marks the words that were searched for.
func (h *Handlers) Transcript(req *page.Request) error {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	sought := strings.ToValidUTF8(req.QueryParam("q"), "")
	c, err := h.archive.GetPage(req.Request().Context(), req.Actor, id, sought,
		archive.MessageCursor{After: page.ParseMessageNumber(req.QueryParam("after")),
			Before: page.ParseMessageNumber(req.QueryParam("before"))})
	if err != nil {
		return err
	}
	return req.Respond(http.StatusOK, view.Transcript(req.Viewer(), c, sought))
}
