package page

import (
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"parley/app/platform/fair"
)

// ContentPolicy is the Content-Security-Policy of every answer that does not set another one.
const ContentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; " +
	"connect-src 'self'; worker-src 'self'; manifest-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// hugePage is the size in bytes from which on pages of an organization wait for one another.
const hugePage = 256 << 10

// hugePageLimits bounds the huge pages of an organization that are held until they are read.
var hugePageLimits = fair.Limits{Total: 256, PerOrganization: 8, MaxWaiting: 8, MaxWait: 10 * time.Second,
	BusyMessage: "Your organization is loading too many large pages at the same time. Try again in 5 seconds."}

// Render answers with a component, drawn as a whole first, so that an error in it is still an error. Its forms get their hidden fields.
func (s *Service) Render(c echo.Context, status int, component templ.Component) error {
	var b strings.Builder
	if err := component.Render(c.Request().Context(), &b); err != nil {
		return err
	}
	req, known := c.(*Request)
	if known && req.renderOnly {
		req.rendered = b.String()
		return nil
	}
	text := s.prepareForms(c, status, b.String())
	c.Response().Header().Set("Cache-Control", "no-store")
	LimitWriteTime(c)
	if known && len(text) > hugePage {
		release, err := s.hugePages.Acquire(c.Request().Context(), req.Actor.Org())
		if err != nil {
			return err
		}
		defer release()
	}
	return c.HTML(status, text)
}

// AllowOrigin lets the page of a website that asks read the answer, whatever it says, and when to ask again.
func AllowOrigin(c echo.Context) {
	if o := c.Request().Header.Get("Origin"); o != "" {
		c.Response().Header().Set("Access-Control-Allow-Origin", o)
		c.Response().Header().Set("Access-Control-Expose-Headers", "Retry-After")
	}
}

// RecoverPanics returns next with a panic turned into an error.
func RecoverPanics(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = panicError(p)
			}
		}()
		return next(c)
	}
}
