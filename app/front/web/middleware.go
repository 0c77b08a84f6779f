package web

import (
	"time"

	"github.com/labstack/echo/v4"

	"parley/app/front/web/page"
	"parley/app/front/web/session"
	"parley/app/platform/clientnet"
)

// securityHeaders sets the headers of every answer, and notes in the request's context where it comes from. secure: browsers come by HTTPS.
func securityHeaders(secure bool) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.SetRequest(c.Request().WithContext(clientnet.WithAddress(c.Request().Context(), c.RealIP())))
			h := c.Response().Header()
			h.Set("Content-Security-Policy", page.ContentPolicy)
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
			if secure {
				h.Set("Strict-Transport-Security", "max-age=31536000")
			}
			return next(c)
		}
	}
}

// observe tells report how long an answer took, by the route's pattern. Sockets, and polls that wait for something to say, are left out.
func observe(report func(method, route string, status int, took time.Duration)) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		if report == nil {
			return next
		}
		return func(c echo.Context) error {
			begun, res := time.Now(), c.Response()
			if err := next(c); err != nil {
				c.Error(err)
			}
			if c.QueryParam("wait") != "" || session.IsSocket(c.Request()) && !res.Committed {
				return nil
			}
			route := c.Path()
			if route == "" {
				route = "none"
			}
			report(c.Request().Method, route, res.Status, time.Since(begun))
			return nil
		}
	}
}
