package upload

import (
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"parley/app/domain/files"
	"parley/app/front/web/body"
	"parley/app/front/web/page"
	"parley/app/platform/access"
)

// Download hands out a file to staff, and to a reviewer those of its customer's conversations.
func (s *Service) Download(req *page.Request) error {
	id, err := req.ParamID("id", "file")
	if err != nil {
		return err
	}
	return s.send(req, req.Actor, id)
}

// DownloadLinked hands out a file to whoever has a link that was signed for it.
func (s *Service) DownloadLinked(c echo.Context) error {
	org, id, err := s.links.Verify(c.Param("link"), time.Now())
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	return s.send(c, access.System(org, "hand out a file to who has a link"), id)
}

// send answers with a file so that no browser runs anything of it: what is no image is for saving, and an image stands alone.
func (s *Service) send(c echo.Context, actor access.Actor, id uuid.UUID) error {
	f, content, err := s.files.Open(c.Request().Context(), actor, id)
	if err != nil {
		return err
	}
	defer content.Close()
	h := c.Response().Header()
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=86400, immutable")
	h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
	disposition, mediaType := "attachment", "application/octet-stream"
	if files.IsDisplayable(f.MediaType) {
		disposition, mediaType = "inline", f.MediaType
	}
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": f.Name}))
	if err := http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(body.UploadTimeout)); err != nil {
		return fmt.Errorf("hand out a file: %w", err)
	}
	return c.Stream(http.StatusOK, mediaType, content)
}
