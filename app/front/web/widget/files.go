package widget

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"parley/app/front/web/page"
	"parley/app/platform/fail"
	assets "parley/widget"
)

// File serves the two files that customers' pages name. Their addresses stay, so browsers ask for them again after five minutes; what
// is unchanged is not sent again.
func (h *Handlers) File(c echo.Context) error {
	return serveFile(c, assets.Files[strings.TrimPrefix(c.Path(), "/")], "public, max-age=300")
}

// Part serves the parts that the launcher loads; their names carry their content's hash.
func (h *Handlers) Part(c echo.Context) error {
	file, there := assets.Parts[c.Param("file")]
	if !there {
		return fail.Missing("file")
	}
	return serveFile(c, file, "public, max-age=31536000, immutable")
}

func serveFile(c echo.Context, file assets.File, cache string) error {
	h := c.Response().Header()
	h.Set("Cache-Control", cache)
	h.Set("ETag", file.ETag)
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Vary", "Accept-Encoding")
	page.LimitWriteTime(c)
	if c.Request().Header.Get("If-None-Match") == file.ETag {
		return c.NoContent(http.StatusNotModified)
	}
	return file.Serve(c.Response(), c.Request(), file.Type)
}
