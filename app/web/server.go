package web

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/a-h/templ"
	"github.com/alexedwards/scs/v2"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"parley/app/archive"
	"parley/app/assist"
	"parley/app/bus"
	"parley/app/chat"
	"parley/app/fail"
	"parley/app/fair"
	"parley/app/faq"
	"parley/app/files"
	"parley/app/forms"
	"parley/app/identity"
	"parley/app/jobs"
	"parley/app/live"
	"parley/app/org"
	"parley/app/outside"
	"parley/app/pg/outage"
	"parley/app/queue"
	"parley/static"
	"parley/templates/desk"
	"parley/templates/public"
	"parley/templates/ui"
)

// Config is what the front needs to know.
type Config struct {
	PublicURL string                                                     // how browsers reach this server, without a slash at the end
	Observe   func(method, route string, status int, took time.Duration) // learns of every answer; nil: nobody wants to
	SignUp    string                                                     // who can create an organization
	Demo      *public.Demo                                               // nil outside demo mode
	ShopKey   string                                                     // the demo shop's widget key
	Degraded  func() string                                              // says what does not work though this process serves
	Address   string                                                     // header with the client's address, from a trusted proxy; empty: X-Forwarded-For
	Proxies   []*net.IPNet                                               // who is believed what X-Forwarded-For says
	Ready     func(ctx context.Context) error                            // says why this process cannot serve
}

// Server is the front of the house.
type Server struct {
	cfg      Config
	bus      *bus.Bus
	org      *org.Room
	identity *identity.Room
	chat     *chat.Room
	queue    *queue.Room
	faq      *faq.Room
	assist   *assist.Room
	archive  *archive.Room
	mail     *jobs.Mailer
	push     *jobs.Pusher
	live     *live.Hub
	files    *files.Room
	links    files.Links
	bodies   *budget
	slots    *slots
	heavy    *fair.Slots // of searches, exports and imports
	imports  *fair.Slots // of what is held in memory meanwhile
	pages    *fair.Slots // of huge pages that are being read
	tokens   chat.Tokens
	sessions *scs.SessionManager
	store    *identity.Sessions
	forms    *forms.Room
	shown    shownKey
	views    map[string]guard // pages that who is logged in can look at, by path
	patterns [][]string       // their paths, divided
	handler  http.Handler
}

// Rooms is what the front calls into.
type Rooms struct {
	Bus      *bus.Bus
	Org      *org.Room
	Identity *identity.Room
	Sessions *identity.Sessions
	Chat     *chat.Room
	Queue    *queue.Room
	FAQ      *faq.Room
	Assist   *assist.Room
	Archive  *archive.Room
	Mail     *jobs.Mailer
	Push     *jobs.Pusher
	Live     *live.Hub
	Files    *files.Room
	Links    files.Links
	Tokens   chat.Tokens
	Forms    *forms.Room
	Secret   string // of the installation
}

// New builds the front.
func New(cfg Config, rooms Rooms) (*Server, error) {
	s := &Server{cfg: cfg, bus: rooms.Bus, org: rooms.Org, identity: rooms.Identity, chat: rooms.Chat, queue: rooms.Queue, faq: rooms.FAQ, assist: rooms.Assist, push: rooms.Push, archive: rooms.Archive, mail: rooms.Mail, live: rooms.Live, files: rooms.Files, links: rooms.Links, tokens: rooms.Tokens, store: rooms.Sessions, forms: rooms.Forms, shown: newShownKey(rooms.Secret), views: map[string]guard{}, bodies: newBudget(), slots: newSlots(slotsMost), heavy: fair.New(heavyWork), imports: fair.New(importWork), pages: fair.New(hugePages)}
	ui.Asset = static.Address

	e := echo.New()
	secure := strings.HasPrefix(cfg.PublicURL, "https://")
	s.sessions = scs.New()
	s.sessions.Store = rooms.Sessions
	s.sessions.Lifetime = 14 * 24 * time.Hour
	s.sessions.Cookie.Name = "parley"
	if secure {
		s.sessions.Cookie.Name = "__Host-parley"
	}
	s.sessions.Cookie.Secure = secure
	s.sessions.Cookie.HttpOnly = true
	s.sessions.Cookie.SameSite = http.SameSiteLaxMode
	s.sessions.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		s.fail(err, e.NewContext(r, w))
	}

	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = clientAddress(cfg.Proxies, cfg.Address)
	e.HTTPErrorHandler = s.fail
	e.Use(s.observed, s.headers, recovered)
	for _, r := range Routes {
		e.Add(r.Method, r.Path, s.bounded(r, r.serve(s)))
		if r.Method == get && r.view != nil {
			s.views[r.Path] = r.guard
			s.patterns = append(s.patterns, strings.Split(r.Path, "/"))
		}
	}
	ownPages := http.NewCrossOriginProtection()
	if err := ownPages.AddTrustedOrigin(cfg.PublicURL); err != nil {
		return nil, fmt.Errorf("PUBLIC_URL: %w", err)
	}
	ownPages.AddInsecureBypassPattern("/widget/") // other origins' pages: guarded by the website's domains, no cookie
	s.handler = ownPages.Handler(e)
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.handler.ServeHTTP(w, r)
}

const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func (s *Server) headers(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.SetRequest(c.Request().WithContext(outside.With(c.Request().Context(), c.RealIP())))
		h := c.Response().Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if strings.HasPrefix(s.cfg.PublicURL, "https://") {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		return next(c)
	}
}

// observed says how long an answer took, by the route's pattern. Sockets, and polls that wait for something to say, are left out.
func (s *Server) observed(next echo.HandlerFunc) echo.HandlerFunc {
	if s.cfg.Observe == nil {
		return next
	}
	return func(c echo.Context) error {
		begun, res := time.Now(), c.Response()
		if err := next(c); err != nil {
			c.Error(err)
		}
		if c.QueryParam("wait") != "" || isUpgrade(c.Request()) && !res.Committed {
			return nil
		}
		route := c.Path()
		if route == "" {
			route = "none"
		}
		s.cfg.Observe(c.Request().Method, route, res.Status, time.Since(begun))
		return nil
	}
}

func recovered(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler { //nolint:errorlint // net/http's own value
					panic(p)
				}
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		return next(c)
	}
}

var statusOf = map[fail.Kind]int{
	fail.Internal:        http.StatusInternalServerError,
	fail.Invalid:         http.StatusUnprocessableEntity,
	fail.Unauthenticated: http.StatusUnauthorized,
	fail.Forbidden:       http.StatusForbidden,
	fail.NotFound:        http.StatusNotFound,
	fail.Conflict:        http.StatusConflict,
	fail.Busy:            http.StatusTooManyRequests,
}

// insufficientPrivilege is the SQLSTATE of a row that a policy of row-level security does not let the actor write.
const insufficientPrivilege = "42501"

// outageRetry is when to try again what failed because the database is away: a restart takes a few seconds.
const outageRetry = 3 * time.Second

// worded returns the error in words for a person. An internal one becomes a reference number, under which it is logged.
func worded(c echo.Context, err error) *fail.Error {
	if e := fail.As(err); e != nil {
		return e
	}
	var he *echo.HTTPError
	if errors.As(err, &he) && he.Code < 500 {
		if he.Code == http.StatusNotFound || he.Code == http.StatusMethodNotAllowed {
			return fail.New(fail.NotFound, "There is nothing at this address.")
		}
		return fail.New(fail.Invalid, "This request could not be read.")
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return fail.New(fail.Invalid, "That is too much at once; at most %d kB can be sent.", tooLarge.Limit>>10)
	}
	var state interface{ SQLState() string }
	if errors.As(err, &state) && state.SQLState() == insufficientPrivilege { // what the domain did not refuse in words of its own
		slog.Warn("row-level security refused a statement", "method", c.Request().Method, "route", c.Path(), "error", err)
		return fail.New(fail.Forbidden, "You may not change this. Ask a manager of your organization.")
	}
	if errors.Is(err, context.Canceled) && c.Request().Context().Err() != nil {
		return fail.New(fail.Busy, "The request was given up.")
	}
	if outage.Is(err) {
		slog.Warn("request refused: the database is away", "method", c.Request().Method, "route", c.Path(), "error", err)
		return fail.Later(outageRetry)
	}
	ref := uuid.NewString()[:8]
	slog.Error("request failed", "reference", ref, "method", c.Request().Method, "route", c.Path(), "error", err)
	what := "and nothing was changed"
	if partlyDone(c) {
		what = "and only a part of your changes was saved. Check what is stored now"
	}
	e := fail.New(fail.Internal, "Something went wrong on our side, %s. Please try again; if it stays, tell us the reference %s.", what, ref)
	e.Reference = ref
	return e.Because("fault")
}

// fail is the one map from errors to answers.
func (s *Server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		if fail.As(err) == nil && !errors.Is(err, context.Canceled) {
			slog.Debug("after the answer", "route", c.Path(), "error", err)
		}
		return
	}
	if b := bodyOf(c); b != nil && !b.ended { // what else would come is not waited for
		c.Response().Header().Set("Connection", "close")
	}
	e := worded(c, err)
	status := statusOf[e.Kind]
	if errors.Is(err, live.ErrDraining) { // a balancer may ask another server
		status = http.StatusServiceUnavailable
	}
	if e.RetryAfter > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(e.RetryAfter.Seconds()+1)))
	}
	path := c.Request().URL.Path
	switch {
	case c.Request().Header.Get("HX-Request") != "":
		if e.Kind == fail.Unauthenticated {
			if c.Request().Header.Get(pageUser) == "" { // the desk asks for the password in place
				c.Response().Header().Set("HX-Redirect", logInAddress(currentPage(c.Request()), true))
			}
			c.NoContent(status)
			return
		}
		if id, bad := uuid.Parse(c.Param("id")); bad == nil && strings.HasSuffix(c.Path(), "/messages") {
			s.draw(c, status, desk.Wrong(id, e.Message))
			return
		}
		s.draw(c, status, desk.Trouble(e.Message))
	case strings.HasPrefix(path, "/desk/"): // what the desk's script asks for
		c.JSON(status, map[string]string{"message": e.Message})
	case strings.HasPrefix(path, "/widget") || strings.HasPrefix(path, "/live/") || strings.HasPrefix(path, "/static/"):
		if strings.HasPrefix(path, "/widget/") {
			letRead(c)
		}
		c.Response().Header().Set("Connection", "close") // whoever is refused keeps nothing of us busy
		c.JSON(status, live.WordsOf(e))
	case e.Kind == fail.Unauthenticated && c.Request().Method == http.MethodGet:
		c.Redirect(http.StatusSeeOther, logInAddress(c.Request().URL.RequestURI(), false))
	case e.Kind == fail.Unauthenticated && !strings.HasPrefix(path, "/login"):
		s.draw(c, status, public.LogIn(ui.Form{Message: "Your session has ended, and nothing was saved. Log in again: what you typed is in the form again afterwards."},
			s.pageAt(c.Request().Referer()), s.demo(), s.cfg.SignUp == SignUpOpen))
	case e.Kind == fail.Busy:
		again := sentAgain(c.Request())
		if !again.Form && !again.Back { // looking again is safe
			c.Response().Header().Set("Refresh", strconv.Itoa(int(max(e.RetryAfter.Seconds(), 1)+1)))
		}
		s.draw(c, status, public.Busy(e.Message, again))
	default:
		s.draw(c, status, public.Problem(http.StatusText(status), e.Message))
	}
}

// againBytes is how large a form may be that a page carries to be sent again.
const againBytes = 64 << 10

// sentAgain is how a request can be sent again: with the same fields, unless there is a secret or a file among them.
func sentAgain(r *http.Request) public.Again {
	again := public.Again{Address: r.URL.RequestURI()}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return again
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") && r.ParseForm() != nil {
		return public.Again{Back: true}
	}
	bytes := 0
	for name, values := range r.PostForm {
		for _, v := range values {
			if bytes += len(name) + len(v); !utf8.ValidString(v) {
				return public.Again{Back: true}
			}
			again.Fields = append(again.Fields, public.AgainField{Name: name, Value: v})
		}
		if secretName(name) {
			return public.Again{Back: true}
		}
	}
	if r.PostForm == nil && r.ContentLength != 0 || r.MultipartForm != nil || bytes > againBytes {
		return public.Again{Back: true}
	}
	slices.SortStableFunc(again.Fields, func(a, b public.AgainField) int { return strings.Compare(a.Name, b.Name) })
	again.Form = true
	return again
}

// secretName reports whether a field's name says that its value must not be in a page.
func secretName(name string) bool {
	return name != formKey && (strings.Contains(name, "password") || strings.Contains(name, "key") || strings.Contains(name, "secret"))
}

// draw answers with a component, drawn as a whole first, so that an error in it is still an error.
func (s *Server) draw(c echo.Context, status int, component templ.Component) error {
	var b strings.Builder
	if err := component.Render(c.Request().Context(), &b); err != nil {
		return err
	}
	v, known := c.(*visit)
	if known && v.drawing {
		v.drawn = b.String()
		return nil
	}
	text := s.dress(c, status, b.String())
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	mustBeRead(c)
	if known && len(text) > hugePage {
		release, err := s.pages.Acquire(c.Request().Context(), v.Actor.Org())
		if err != nil {
			return err
		}
		defer release()
	}
	// Pages carry no secret next to what others wrote, so their size tells nothing.
	if len(text) < largePage || !strings.Contains(c.Request().Header.Get("Accept-Encoding"), "gzip") {
		return c.HTML(status, text)
	}
	h.Set(echo.HeaderContentType, echo.MIMETextHTMLCharsetUTF8)
	h.Set("Content-Encoding", "gzip")
	h.Add("Vary", "Accept-Encoding")
	c.Response().WriteHeader(status)
	level := gzip.DefaultCompression
	if len(text) > hugePage { // the processor is needed by others
		level = gzip.BestSpeed
	}
	z, err := gzip.NewWriterLevel(c.Response(), level)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(z, text); err != nil {
		return err
	}
	return z.Close()
}

// mustBeRead ends the connection of who leaves an answer that is ready unread: connections are few.
func mustBeRead(c echo.Context) {
	if err := http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(readIn)); err != nil {
		slog.Debug("an answer without a deadline", "error", err)
	}
}

// largePage is from how many bytes on a page is sent packed.
const largePage = 32 << 10

// hugePage is from how many bytes on it is packed less well, in less time.
const hugePage = 256 << 10

// form turns a refusal into what the form shows again, with what was typed; other errors stay errors.
func form(c echo.Context, err error, fields ...string) (f ui.Form, status int, _ error) {
	f = ui.Form{Values: map[string]string{}}
	for _, name := range fields {
		f.Values[name] = strings.ToValidUTF8(c.FormValue(name), "")
	}
	if err == nil {
		return f, http.StatusOK, nil
	}
	defer func() { noteRefused(c, f) }()
	if ended(c, err) {
		return f, 0, err
	}
	e := fail.As(err)
	if e == nil {
		e = worded(c, err)
		if e.Kind == fail.Internal {
			f.Message = e.Message
			return f, statusOf[e.Kind], nil
		}
	}
	if e.Kind == fail.NotFound || e.Kind == fail.Forbidden && len(e.Fields) == 0 {
		return f, 0, err
	}
	f.Errors = e.Fields
	if len(e.Fields) == 0 {
		f.Message = e.Message
	}
	if e.RetryAfter > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(e.RetryAfter.Seconds()+1)))
	}
	return f, statusOf[e.Kind], nil
}

func (s *Server) healthz(c echo.Context) error { return c.String(http.StatusOK, "alive\n") }

func (s *Server) readyz(c echo.Context) error {
	if err := s.cfg.Ready(c.Request().Context()); err != nil {
		return c.String(http.StatusServiceUnavailable, err.Error()+"\n")
	}
	if what := s.cfg.Degraded(); what != "" { // taking this process out would not mend it, and all would be out at once
		return c.String(http.StatusOK, "ready, but "+what+"\n")
	}
	return c.String(http.StatusOK, "ready\n")
}

func (s *Server) staticFile(c echo.Context) error {
	file, ok := static.File(c.Param("hash"), c.Param("name"))
	if !ok {
		return fail.Missing("file")
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	mustBeRead(c)
	return c.Blob(http.StatusOK, file.Type, file.Bytes)
}
