package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"parley/app/domain/files"
	"parley/app/domain/org"
	"parley/app/front/live"
	"parley/app/platform/fail"
	"parley/templates/public"
	"parley/widget"
)

// widgetFile serves the two files that customers' pages name. Their addresses stay, so they are asked for again after five
// minutes; what is unchanged is not sent again.
func (s *Server) widgetFile(c echo.Context) error {
	return serveWidgetFile(c, widget.Files[strings.TrimPrefix(c.Path(), "/")], "public, max-age=300")
}

// widgetPart serves the parts that the launcher loads; their names carry their content's hash.
func (s *Server) widgetPart(c echo.Context) error {
	file, there := widget.Parts[c.Param("file")]
	if !there {
		return fail.Missing("file")
	}
	return serveWidgetFile(c, file, "public, max-age=31536000, immutable")
}

func serveWidgetFile(c echo.Context, file widget.File, cache string) error {
	h := c.Response().Header()
	h.Set("Cache-Control", cache)
	h.Set("ETag", file.ETag)
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Vary", "Accept-Encoding")
	limitWriteTime(c)
	if c.Request().Header.Get("If-None-Match") == file.ETag {
		return c.NoContent(http.StatusNotModified)
	}
	if strings.Contains(c.Request().Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		return c.Blob(http.StatusOK, file.Type, file.Gzip)
	}
	return c.Blob(http.StatusOK, file.Type, file.Bytes)
}

// siteResponse is the launcher's one question: may this page show the widget, and with which settings?
type siteResponse struct {
	Website *siteSettings `json:"website,omitempty"`
	Refused string        `json:"refused,omitempty"`
}

type siteSettings struct {
	Name          string `json:"name"`
	Greeting      string `json:"greeting"`
	TypingPreview bool   `json:"typing_preview"`
	Panel         string `json:"panel"` // path of the panel's code

	Subjects []subjectChoice `json:"subjects,omitempty"` // what the visitor can choose from, if there is a choice

	State     string         `json:"state,omitempty"` // online, busy, away, offline: as it was when this was said
	Opens     *time.Time     `json:"opens,omitempty"`
	Greetings []org.Greeting `json:"greetings,omitempty"`
	Zone      string         `json:"zone,omitempty"` // in which the greetings' times are
	Holidays  []string       `json:"holidays,omitempty"`
	Language  string         `json:"language,omitempty"` // that the widget speaks, whatever the page does

	Appearance  org.Appearance        `json:"look"`
	CSS         map[string]string     `json:"css,omitempty"`   // what look sets on the widget's element
	Style       string                `json:"style"`           // path of the stylesheet of what is loaded when it is used
	TextsPath   string                `json:"words,omitempty"` // path of the widget's texts, where they are not English
	Modal       string                `json:"modal"`           // path of what puts the chat into a page's modal dialog
	Invite      *inviteSettings       `json:"invite,omitempty"`
	Questions   []org.PreChatQuestion `json:"questions,omitempty"`
	Privacy     string                `json:"privacy,omitempty"`
	Files       *fileSettings         `json:"files,omitempty"`  // what may be sent; without it nothing
	Rating      *org.RatingSettings   `json:"rating,omitempty"` // how the visitor is asked for its verdict; without it it is not
	Transcripts bool                  `json:"mail,omitempty"`   // transcripts can be mailed
	Texts       map[string]string     `json:"texts,omitempty"`  // the widget's own in other words
}

type inviteSettings struct {
	org.ProactiveInvite
	Code string `json:"code"` // path of what shows it
}

type fileSettings struct {
	MaxBytes    int    `json:"most"`   // bytes
	Accept      string `json:"accept"` // as of a file field
	Screenshots bool   `json:"shots,omitempty"`
}

// widgetSettings is what a widget that speaks a language needs to know of a website.
func (s *Server) widgetSettings(ctx context.Context, site *org.WidgetWebsite, lang string) (*siteSettings, error) {
	x := site.Settings
	out := &siteSettings{Name: site.Name, Greeting: site.Greeting, TypingPreview: site.TypingPreview, Panel: widget.Panel, Style: widget.Style, Modal: widget.Modal, Zone: x.Zone, Holidays: x.Holidays,
		Language: x.Language, Appearance: x.Appearance, CSS: appearanceCSS(x.Appearance), Privacy: x.Privacy, Transcripts: !x.MailDisabled && !s.mails.IsOff()}
	if x.Language != "" {
		lang = x.Language
	}
	speaks := org.LanguageFallbacks(lang)
	out.TextsPath, _ = org.BestTranslation(widget.Words, speaks)
	for _, g := range x.Greetings {
		if g.Language == "" || slices.Contains(speaks, org.NormalizeLanguage(g.Language)) {
			out.Greetings = append(out.Greetings, g)
		}
	}
	if x.Invite.Text != "" {
		out.Invite = &inviteSettings{x.Invite, widget.Invite}
	}
	for _, q := range x.Questions {
		if text, _ := org.BestTranslation(q.Labels, speaks); text != "" {
			q.Label = text
		}
		q.Labels = nil
		out.Questions = append(out.Questions, q)
	}
	if allowed := x.Files.AllowedTypes(); len(allowed) > 0 {
		out.Files = &fileSettings{x.Files.MaxBytes(), files.Accept(fileTypes(allowed)), x.Files.Screenshots}
	}
	if !x.Rating.Disabled {
		out.Rating = &x.Rating
	}
	if open, there := org.BestTranslation(launcherLabels, speaks); there { // the launcher is named before its texts are there
		out.Texts = map[string]string{"open": open}
	}
	for i := range speaks { // the most specific last: it counts
		for name, text := range textsIn(x.Texts, speaks[len(speaks)-1-i]) {
			if out.Texts == nil {
				out.Texts = map[string]string{}
			}
			out.Texts[name] = text
		}
	}
	var groups []uuid.UUID
	for _, subject := range site.Groups {
		groups = append(groups, subject.Group)
	}
	if len(site.Groups) > 1 {
		for _, x := range site.Groups {
			subject := subjectChoice{ID: x.Group, Name: x.Name}
			if label, _ := org.BestTranslation(x.Labels, speaks); label != "" {
				subject.Labels = map[string]string{lang: label}
			}
			out.Subjects = append(out.Subjects, subject)
		}
	}
	o, err := s.routing.GetWebsiteAvailability(ctx, site.Org, site.CustomerID, site.ID, groups)
	if out.State = o.State; !o.OpensAt.IsZero() {
		opens := o.OpensAt.UTC()
		out.Opens = &opens
	}
	return out, err
}

// appearanceCSS returns the custom properties of a look: how far the launcher is from its corner, its color, and black or white on it, whichever
// can be read better.
func appearanceCSS(look org.Appearance) map[string]string {
	css := map[string]string{}
	for name, pixels := range map[string]int{"--x": look.OffsetX, "--y": look.OffsetY} {
		if pixels != 0 {
			css[name] = strconv.Itoa(pixels) + "px"
		}
	}
	if n, err := strconv.ParseUint(strings.TrimPrefix(look.Color, "#"), 16, 24); err == nil {
		css["--accent"], css["--on-accent"] = look.Color, "#fff"
		if n>>16*3+n>>8&255*6+n&255 > 1450 {
			css["--on-accent"] = "#000"
		}
	}
	return css
}

// textsIn is a website's own texts in exactly one language, however that is written.
func textsIn(all map[string]map[string]string, language string) map[string]string {
	texts, _ := org.BestTranslation(all, []string{language})
	return texts
}

type subjectChoice struct {
	ID     uuid.UUID         `json:"id"`
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels,omitempty"` // what the visitor reads, by the language asked for
}

// widgetSite answers with 200 even when it refuses, and lets the page read the refusal, so that the page's console shows
// one clear line instead of the browser's own riddles.
func (s *Server) widgetSite(c echo.Context) error {
	r := c.Request()
	origin := widgetOrigin(r)
	h := c.Response().Header()
	h.Set("Vary", "Origin")
	allowOrigin(c)
	site, err := s.org.LookUpWebsite(r.Context(), c.QueryParam("key"), origin)
	if e := fail.As(err); e != nil {
		h.Set("Cache-Control", "no-store")
		return c.JSON(http.StatusOK, siteResponse{Refused: e.Message})
	}
	if err != nil {
		return err
	}
	s.org.RecordWidgetLoad(r.Context(), site, origin)
	h.Set("Cache-Control", "public, max-age=60")
	lang := c.QueryParam("lang")
	if len(lang) > 35 {
		lang = ""
	}
	out, err := s.widgetSettings(r.Context(), site, lang)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, siteResponse{Website: out})
}

// launcherLabels is what the launcher is called, by language.
var launcherLabels = map[string]string{"de": "Chat öffnen", "fr": "Ouvrir le chat", "es": "Abrir el chat", "nl": "Chat openen", "pt": "Abrir o chat", "it": "Apri la chat", "pl": "Otwórz czat",
	"tr": "Sohbeti aç", "ar": "فتح الدردشة"}

// allowOrigin lets the page that asks read the answer, whatever it says, and when to ask again.
func allowOrigin(c echo.Context) {
	if o := c.Request().Header.Get("Origin"); o != "" {
		c.Response().Header().Set("Access-Control-Allow-Origin", o)
		c.Response().Header().Set("Access-Control-Expose-Headers", "Retry-After")
	}
}

func (s *Server) widgetSocket(c echo.Context, site *org.WidgetWebsite) error {
	return s.live.ServePanel(c.Response(), c.Request(), site, c.RealIP())
}

// widgetPoll is the panel's way where WebSockets are blocked: a JSON array of the socket's frames in, one out. With
// "wait" (seconds) the answer may take that long to have something to say.
func (s *Server) widgetPoll(c echo.Context, site *org.WidgetWebsite) error {
	r := c.Request()
	h := c.Response().Header()
	h.Set("Vary", "Origin")
	h.Set("Cache-Control", "no-store")
	allowOrigin(c)
	frames, err := decodeFrames(r.Body)
	if err != nil {
		return err
	}
	bodyOf(c).release() // what waits for an answer holds nothing
	seconds, _ := strconv.Atoi(c.QueryParam("wait"))
	if err := http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
		return err
	}
	answer, err := s.live.ServePoll(r, site, c.RealIP(), frames, time.Duration(max(0, seconds))*time.Second)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, answer)
}

// decodeFrames reads a JSON array of frames. Of one that has very many it reads no more than show it.
func decodeFrames(from io.Reader) (frames []json.RawMessage, err error) {
	dec := json.NewDecoder(from)
	if t, err := dec.Token(); err != nil || t != json.Delim('[') {
		return nil, frameError(err, "The request is not a JSON array of frames.")
	}
	for dec.More() {
		var frame json.RawMessage
		if err := dec.Decode(&frame); err != nil {
			return nil, frameError(err, "The request is not a JSON array of frames.")
		}
		if frames = append(frames, frame); len(frames) > live.MaxPollFrames {
			return frames, nil // which is refused where the number is counted
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil, frameError(err, "The request is not a JSON array of frames.")
	}
	return frames, nil
}

// frameError words why a body was not read: what is said of it already, or in the words.
func frameError(err error, words string) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) || fail.As(err) != nil {
		return err
	}
	return fail.New(fail.Invalid, "%s", words)
}

// redeemReturnLink takes the one-time code of a mailed link from the widget, which sends it only once a person has done something on the
// page, and answers with the token of the visitor whose conversations it leads to. It is a POST, and so is out of reach of programs
// that look through the links in mails.
func (s *Server) redeemReturnLink(c echo.Context, site *org.WidgetWebsite) error {
	r := c.Request()
	h := c.Response().Header()
	h.Set("Vary", "Origin")
	h.Set("Cache-Control", "no-store")
	allowOrigin(c)
	var in struct {
		Code string `json:"code"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return frameError(err, "The request is not a JSON object with a code.")
	}
	token, err := s.live.RedeemReturnCode(r.Context(), site, c.RealIP(), in.Code)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]string{"token": token})
}

func (s *Server) demoShop(c echo.Context) error {
	if s.cfg.Demo == nil {
		return fail.Missing("page")
	}
	return s.render(c, http.StatusOK, public.Shop(s.cfg.ShopKey))
}
