package desk

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"parley/app/platform/fail"
	"parley/static"
)

// Manifest lets browsers install the desk as a program of its own.
func (h *Handlers) Manifest(c echo.Context) error {
	type icon struct {
		Src     string `json:"src"`
		Sizes   string `json:"sizes"`
		Type    string `json:"type"`
		Purpose string `json:"purpose,omitempty"`
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=3600")
	return c.JSON(http.StatusOK, struct {
		Name       string `json:"name"`
		ShortName  string `json:"short_name"`
		StartURL   string `json:"start_url"`
		Scope      string `json:"scope"`
		Display    string `json:"display"`
		Background string `json:"background_color"`
		Theme      string `json:"theme_color"`
		Icons      []icon `json:"icons"`
	}{"Parley desk", "Parley", "/desk", "/", "standalone", "#f3f6f6", "#0b6e6e", []icon{{static.Address("icon.svg"), "any",
		"image/svg+xml", ""}}})
}

// ServiceWorker serves the script that shows notifications. Its address must stay the same.
func (h *Handlers) ServiceWorker(c echo.Context) error {
	file, ok := static.Named("worker.js")
	if !ok {
		return fail.Missing("file")
	}
	c.Response().Header().Set("Cache-Control", "no-cache")
	return file.Serve(c.Response(), c.Request(), file.Type)
}
