package web

import (
	"net/http"
	"strings"

	"parley/app/front/web/page"
	"parley/app/platform/access"
)

// movedRoutes are addresses that pages used to have. They lead to where the pages are now, for bookmarks and links in mails.
func movedRoutes() []Route {
	return []Route{
		{get, "/board", loggedIn(access.MonitorRead, moved("/board", "/monitor"))},
		{get, "/board/conversations/:id", loggedIn(access.ConversationReadAssignments, moved("/board", "/monitor"))},
		{get, "/review", loggedIn(access.ArchiveRead, moved("/review", "/archive"))},
		{get, "/review/:id", loggedIn(access.ArchiveRead, moved("/review", "/archive"))},
		{get, "/admin/people", loggedIn(access.TeamMemberRead, moved("/admin/people", "/admin/team"))},
		{get, "/admin/people/:id", loggedIn(access.TeamMemberRead, moved("/admin/people", "/admin/team"))},
	}
}

// moved redirects for good to the same address with another beginning.
func moved(before, now string) page.Handler {
	return func(req *page.Request) error {
		from := req.Request().URL
		to := now + strings.TrimPrefix(from.EscapedPath(), before)
		if from.RawQuery != "" {
			to += "?" + from.RawQuery
		}
		return req.Redirect(http.StatusMovedPermanently, to)
	}
}
