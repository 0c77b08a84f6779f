package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"parley/app/fail"
	"parley/app/org"
	"parley/templates/public"
	"parley/widget"
)

// widgetFile serves the two files that customers' pages name. Their addresses stay, so they are asked for again after five
// minutes; what is unchanged is not sent again.
func (s *Server) widgetFile(c echo.Context) error {
	return serveWidget(c, widget.Files[strings.TrimPrefix(c.Path(), "/")], "public, max-age=300")
}

// widgetPart serves the parts that the launcher loads; their names carry their content's hash.
func (s *Server) widgetPart(c echo.Context) error {
	file, there := widget.Parts[c.Param("file")]
	if !there {
		return fail.Missing("file")
	}
	return serveWidget(c, file, "public, max-age=31536000, immutable")
}

func serveWidget(c echo.Context, file widget.File, cache string) error {
	h := c.Response().Header()
	h.Set("Cache-Control", cache)
	h.Set("ETag", file.ETag)
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Vary", "Accept-Encoding")
	if c.Request().Header.Get("If-None-Match") == file.ETag {
		return c.NoContent(http.StatusNotModified)
	}
	if strings.Contains(c.Request().Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		return c.Blob(http.StatusOK, file.Type, file.Gzip)
	}
	return c.Blob(http.StatusOK, file.Type, file.Bytes)
}

// siteOut is the launcher's one question: may this page show the widget, and with which settings?
type siteOut struct {
	Website *siteSettings `json:"website,omitempty"`
	Refused string        `json:"refused,omitempty"`
}

type siteSettings struct {
	Name          string `json:"name"`
	Greeting      string `json:"greeting"`
	TypingPreview bool   `json:"typing_preview"`
	Panel         string `json:"panel"` // path of the panel's code

	Subjects []subjectOut `json:"subjects,omitempty"` // what the visitor can choose from, if there is a choice
}

type subjectOut struct {
	ID     uuid.UUID         `json:"id"`
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels,omitempty"` // by language
}

// widgetSite answers with 200 even when it refuses, and lets the page read the refusal, so that the page's console shows
// one clear line instead of the browser's own riddles.
func (s *Server) widgetSite(c echo.Context) error {
	r := c.Request()
	origin := widgetOrigin(r)
	h := c.Response().Header()
	h.Set("Vary", "Origin")
	letRead(c)
	site, err := s.org.Site(r.Context(), c.QueryParam("key"), origin)
	if e := fail.As(err); e != nil {
		h.Set("Cache-Control", "no-store")
		return c.JSON(http.StatusOK, siteOut{Refused: e.Message})
	}
	if err != nil {
		return err
	}
	s.org.Seen(r.Context(), site, origin)
	h.Set("Cache-Control", "public, max-age=60")
	out := &siteSettings{Name: site.Name, Greeting: site.Greeting, TypingPreview: site.TypingPreview, Panel: widget.Panel}
	if len(site.Subjects) > 1 {
		for _, x := range site.Subjects {
			out.Subjects = append(out.Subjects, subjectOut{x.Group, x.Name, x.Labels})
		}
	}
	return c.JSON(http.StatusOK, siteOut{Website: out})
}

// letRead lets the page that asks read the answer, whatever it says, and when to ask again.
func letRead(c echo.Context) {
	if o := c.Request().Header.Get("Origin"); o != "" {
		c.Response().Header().Set("Access-Control-Allow-Origin", o)
		c.Response().Header().Set("Access-Control-Expose-Headers", "Retry-After")
	}
}

func (s *Server) widgetSocket(c echo.Context, site *org.Site) error {
	return s.live.ServePanel(c.Response(), c.Request(), site, c.RealIP())
}

// widgetFrames is the panel's way where WebSockets are blocked: a JSON array of the socket's frames in, one out. With
// "wait" (seconds) the answer may take that long to have something to say.
func (s *Server) widgetFrames(c echo.Context, site *org.Site) error {
	r := c.Request()
	h := c.Response().Header()
	h.Set("Vary", "Origin")
	h.Set("Cache-Control", "no-store")
	letRead(c)
	var frames []json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&frames); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return err
		}
		return fail.New(fail.Invalid, "The request is not a JSON array of frames.")
	}
	seconds, _ := strconv.Atoi(c.QueryParam("wait"))
	if err := http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
		return err
	}
	answer, err := s.live.AnswerPanel(r, site, c.RealIP(), frames, time.Duration(max(0, seconds))*time.Second)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, answer)
}

func (s *Server) demoShop(c echo.Context) error {
	if s.cfg.Demo == nil {
		return fail.Missing("page")
	}
	return s.draw(c, http.StatusOK, public.Shop(s.cfg.ShopKey))
}
