package manage

import (
	"parley/app/front/web/page"
	view "parley/templates/manage"
)

// viewer returns what a page of the management says of who looks at it.
func viewer(req *page.Request) view.Viewer {
	return view.Viewer{Viewer: req.Viewer(), ID: req.Actor.ID()}
}
