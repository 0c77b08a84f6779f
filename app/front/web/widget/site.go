package widget

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"parley/app/front/web/page"
	"parley/app/platform/fail"
)

// siteResponse answers the launcher's question: may this page show the widget, and with which settings?
type siteResponse struct {
	Website *SiteSettings `json:"website,omitempty"`
	Refused string        `json:"refused,omitempty"`
}

// Site answers with 200 even when it refuses, and lets the page read the refusal, so that the page's console shows one clear line
// instead of the browser's own.
func (h *Handlers) Site(c echo.Context) error {
	r := c.Request()
	origin := Origin(r)
	header := c.Response().Header()
	header.Set("Vary", "Origin")
	page.AllowOrigin(c)
	site, err := h.org.LookUpWebsite(r.Context(), c.QueryParam("key"), origin)
	if e := fail.As(err); e != nil {
		header.Set("Cache-Control", "no-store")
		return c.JSON(http.StatusOK, siteResponse{Refused: e.Message})
	}
	if err != nil {
		return err
	}
	h.org.RecordWidgetLoad(r.Context(), site, origin)
	header.Set("Cache-Control", "public, max-age=60")
	lang := c.QueryParam("lang")
	if len(lang) > 35 {
		lang = ""
	}
	out, err := h.Settings(r.Context(), site, lang)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, siteResponse{Website: out})
}

// launcherLabels is what the launcher is called, by language.
var launcherLabels = map[string]string{"de": "Chat öffnen", "fr": "Ouvrir le chat", "es": "Abrir el chat",
	"nl": "Chat openen", "pt": "Abrir o chat", "it": "Apri la chat", "pl": "Otwórz czat",
	"tr": "Sohbeti aç", "ar": "فتح الدردشة"}
