package manage

import (
	"net/http"

	"parley/app/front/web/page"
	view "parley/templates/manage"
)

// Rights shows which role may do what.
func (h *Handlers) Rights(req *page.Request) error {
	return req.Respond(http.StatusOK, view.Rights(viewer(req)))
}
