package widget

import (
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"parley/app/domain/org"
	"parley/app/front/web/page"
)

// RedeemReturnLink takes the one-time code of a mailed link, and answers with the token of the visitor whose conversations it leads
// to. The widget sends it only once a person has done something on the page, and by POST: programs that check links in mails cannot
// use it up.
func (h *Handlers) RedeemReturnLink(c echo.Context, site *org.WidgetWebsite) error {
	r := c.Request()
	header := c.Response().Header()
	header.Set("Vary", "Origin")
	header.Set("Cache-Control", "no-store")
	page.AllowOrigin(c)
	var in struct {
		Code string `json:"code"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return frameError(err, "The request is not a JSON object with a code.")
	}
	token, err := h.live.RedeemReturnCode(r.Context(), site, c.RealIP(), in.Code)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]string{"token": token})
}
