package page

import (
	"net/url"
	"strings"

	"github.com/google/uuid"

	"parley/app/platform/access"
)

// View is a page that somebody who is logged in can look at.
type View struct {
	Show     Handler
	Action   access.Action // that it is for
	HasForms bool          // it has forms that change something: it is drawn again when one of them is sent
}

// Site says which pages there are.
type Site struct {
	views    map[string]View // by the pattern of the path
	patterns [][]string      // of the paths, divided
}

// NewSite returns the site with these pages, by the pattern of the path, such as /faq/:id.
func NewSite(views map[string]View) *Site {
	s := &Site{views: views}
	for path := range views {
		s.patterns = append(s.patterns, strings.Split(path, "/"))
	}
	return s
}

// What is looked at as the path of a page.
const (
	maxPathLength   = 500 // bytes
	maxPathSegments = 12
)

// splitPath divides the path of an address; nil if there is no page at one like this.
func splitPath(path string) []string {
	if len(path) > maxPathLength || strings.Count(path, "/") > maxPathSegments {
		return nil
	}
	return strings.Split(path, "/")
}

// parentPage returns the next page above an address.
func (s *Site) parentPage(page string) string {
	parts := splitPath(pathOf(page))
	for n := len(parts) - 1; n > 1; n-- {
		if s.isPage(parts[:n]) {
			return strings.Join(parts[:n], "/")
		}
	}
	return "/"
}

// isPage reports whether there is a page at a path.
func (s *Site) isPage(parts []string) bool {
	for _, pattern := range s.patterns {
		if matchesPattern(pattern, parts) {
			return true
		}
	}
	return false
}

func matchesPattern(pattern, path []string) bool {
	if len(pattern) != len(path) {
		return false
	}
	for i := range pattern {
		if pattern[i] != path[i] && (!strings.HasPrefix(pattern[i], ":") || uuid.Validate(path[i]) != nil) {
			return false
		}
	}
	return true
}

// pageFor returns the page to go back to from an address that a form may have been sent to.
func (s *Site) pageFor(address string) string {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxAddressLength || !strings.HasPrefix(u.Path, "/") {
		return "/"
	}
	if s.isPage(splitPath(u.Path)) {
		return pageAddress(u)
	}
	return s.parentPage(u.Path)
}

// flashParams are parameters of addresses that say what has just happened.
var flashParams = []string{"saved", "limited", "members", "changed", "removed", "ended"}

// pageAddress returns the address of a page without what has just happened.
func pageAddress(u *url.URL) string {
	q := u.Query()
	for _, name := range flashParams {
		q.Del(name)
	}
	if len(q) == 0 {
		return u.Path
	}
	return u.Path + "?" + q.Encode()
}

// pathOf returns an address without its query.
func pathOf(page string) string {
	path, _, _ := strings.Cut(page, "?")
	return path
}
