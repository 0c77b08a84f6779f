package web

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"parley/app/front/web/page"
	"parley/app/platform/fail"
	"parley/static"
	"parley/templates/demo"
)

// service answers what belongs to no audience: probes, static files, the demo shop.
type service struct {
	ready    func(ctx context.Context) error
	degraded func() string
	pages    *page.Service
	hasDemo  bool
	shopKey  string // the demo shop's widget key
}

// healthz says that this process runs.
func (s *service) healthz(c echo.Context) error { return c.String(http.StatusOK, "alive\n") }

// readyz says whether this process can serve. One that serves a part only stays in: taking it out would not mend that, and all processes
// would be out at once.
func (s *service) readyz(c echo.Context) error {
	if err := s.ready(c.Request().Context()); err != nil {
		return c.String(http.StatusServiceUnavailable, err.Error()+"\n")
	}
	if what := s.degraded(); what != "" {
		return c.String(http.StatusOK, "ready, but "+what+"\n")
	}
	return c.String(http.StatusOK, "ready\n")
}

// staticFile serves a script, a stylesheet or an icon. Its address carries its content's hash.
func (s *service) staticFile(c echo.Context) error {
	file, ok := static.File(c.Param("hash"), c.Param("name"))
	if !ok {
		return fail.Missing("file")
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	page.LimitWriteTime(c)
	return file.Serve(c.Response(), c.Request(), file.Type)
}

// demoShop shows the demo's shop; fail.NotFound outside demo mode.
func (s *service) demoShop(c echo.Context) error {
	if !s.hasDemo {
		return fail.Missing("page")
	}
	return s.pages.Render(c, http.StatusOK, demo.Shop(s.shopKey))
}
