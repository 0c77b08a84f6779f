package page

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// saveLock returns which saves wait for each other: all of an organization's management, where one page shows what another changes;
// elsewhere those of a page, and of preferences those of a user.
func (req *Request) saveLock() string {
	if strings.HasPrefix(req.Request().URL.Path, "/admin/") {
		return ""
	}
	if path := req.Request().URL.Path; path != "/preferences" {
		return path
	}
	return req.ID().String()
}

// hash returns the same for two requests of one form with the same fields and files. Somebody who goes back and types something else does
// not send the same form again.
func (f *submission) hash(req *Request) [32]byte {
	parts := []string{f.id, f.path, req.ID().String()}
	for _, name := range slices.Sorted(maps.Keys(req.Files)) {
		parts = append(parts, name, req.Files[name].FileName, string(req.Files[name].sum))
	}
	return formHash(req.Request().PostForm, parts...)
}

// formHash returns the same for the same fields and parts.
func formHash(fields url.Values, parts ...string) [32]byte {
	h := sha256.New()
	put := func(list ...string) {
		fmt.Fprintf(h, "%d;", len(list))
		for _, s := range list {
			fmt.Fprintf(h, "%d %s ", len(s), s)
		}
	}
	put(parts...)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		put(name)
		put(fields[name]...)
	}
	return [32]byte(h.Sum(nil))
}

func truncate(s string, most int) string { return s[:min(len(s), most)] }
