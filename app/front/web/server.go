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

	"parley/app/domain/archive"
	"parley/app/domain/assist"
	"parley/app/domain/attachment"
	"parley/app/domain/audit"
	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/domain/files"
	"parley/app/domain/group"
	"parley/app/domain/identity"
	"parley/app/domain/notification"
	"parley/app/domain/org"
	"parley/app/domain/presence"
	"parley/app/domain/routing"
	"parley/app/domain/team"
	"parley/app/domain/visitor"
	screens "parley/app/front/desk"
	"parley/app/front/live"
	"parley/app/platform/bus"
	"parley/app/platform/clientnet"
	"parley/app/platform/fail"
	"parley/app/platform/fair"
	"parley/app/platform/forms"
	"parley/app/platform/pg/outage"
	"parley/app/platform/push"
	"parley/static"
	"parley/templates/desk"
	"parley/templates/public"
	"parley/templates/ui"
)

// Config is what the front needs to know.
type Config struct {
	PublicURL string                                                     // how browsers reach this server, without a slash at the end
	Observe   func(method, route string, status int, took time.Duration) // learns of every answer; nil: nobody wants to
	Demo      *public.Demo                                               // nil outside demo mode
	ShopKey   string                                                     // the demo shop's widget key
	Degraded  func() string                                              // says what does not work though this process serves
	Address   string                                                     // header with the client's address, from a trusted proxy; empty: X-Forwarded-For
	Proxies   []*net.IPNet                                               // who is believed what X-Forwarded-For says
	Ready     func(ctx context.Context) error                            // says why this process cannot serve
}

// Server answers HTTP requests.
type Server struct {
	cfg           Config
	bus           *bus.Bus
	org           *org.Service
	identity      *identity.Service
	teams         *team.Service
	conversations *conversation.Service
	visitors      *visitor.Service
	attachments   *attachment.Service
	groups        *group.Service
	presence      *presence.Service
	routing       *routing.Service
	faq           *faq.Service
	assist        *assist.Service
	archive       *archive.Service
	audit         *audit.Service
	mails         *notification.Mails
	push          *push.Sender
	live          *live.Hub
	screens       *screens.Service
	files         *files.Service
	links         files.Links
	bodyBudget    *bodyBudget
	uploadSlots   *uploadSlots
	heavyWork     *fair.Slots // of searches, exports and imports
	imports       *fair.Slots // of what is held in memory meanwhile
	hugePages     *fair.Slots // of huge pages that are being read
	tokens        visitor.Tokens
	sessions      *scs.SessionManager
	sessionStore  *identity.SessionCache
	forms         *forms.Service
	snapshotKey   snapshotKey
	views         map[string]guard // pages that who is logged in can look at, by path
	pagePatterns  [][]string       // their paths, divided
	handler       http.Handler
}

// Services is what the front calls into.
type Services struct {
	Bus           *bus.Bus
	Org           *org.Service
	Identity      *identity.Service
	Team          *team.Service
	Sessions      *identity.SessionCache
	Conversations *conversation.Service
	Visitors      *visitor.Service
	Attachments   *attachment.Service
	Groups        *group.Service
	Presence      *presence.Service
	Routing       *routing.Service
	FAQ           *faq.Service
	Assist        *assist.Service
	Archive       *archive.Service
	Audit         *audit.Service
	Mails         *notification.Mails
	Push          *push.Sender
	Live          *live.Hub
	Screens       *screens.Service
	Files         *files.Service
	Links         files.Links
	Tokens        visitor.Tokens
	Forms         *forms.Service
	Secret        string // of the installation
}

// New builds the front.
func New(cfg Config, services Services) (*Server, error) {
	s := &Server{cfg: cfg, bus: services.Bus, org: services.Org, identity: services.Identity, teams: services.Team, conversations: services.Conversations, visitors: services.Visitors, attachments: services.Attachments, groups: services.Groups, presence: services.Presence, routing: services.Routing, faq: services.FAQ, assist: services.Assist, push: services.Push, archive: services.Archive, audit: services.Audit, mails: services.Mails, live: services.Live, screens: services.Screens, files: services.Files, links: services.Links, tokens: services.Tokens, sessionStore: services.Sessions, forms: services.Forms, snapshotKey: newSnapshotKey(services.Secret), views: map[string]guard{}, bodyBudget: newBodyBudget(), uploadSlots: newUploadSlots(maxUploads), heavyWork: fair.New(heavyWorkLimits), imports: fair.New(importLimits), hugePages: fair.New(hugePageLimits)}

	e := echo.New()
	secure := strings.HasPrefix(cfg.PublicURL, "https://")
	s.sessions = scs.New()
	s.sessions.Store = services.Sessions
	s.sessions.Lifetime = 14 * 24 * time.Hour
	s.sessions.Cookie.Name = "parley"
	if secure {
		s.sessions.Cookie.Name = "__Host-parley"
	}
	s.sessions.Cookie.Secure = secure
	s.sessions.Cookie.HttpOnly = true
	s.sessions.Cookie.SameSite = http.SameSiteLaxMode
	s.sessions.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		s.handleError(err, e.NewContext(r, w))
	}

	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = clientAddress(cfg.Proxies, cfg.Address)
	e.HTTPErrorHandler = s.handleError
	e.Use(s.observe, s.securityHeaders, recoverPanics)
	for _, r := range Routes {
		e.Add(r.Method, r.Path, s.limitBody(r, r.handler(s)))
		if r.Method == get && r.view != nil {
			s.views[r.Path] = r.guard
			s.pagePatterns = append(s.pagePatterns, strings.Split(r.Path, "/"))
		}
	}
	crossOrigin := http.NewCrossOriginProtection()
	if err := crossOrigin.AddTrustedOrigin(cfg.PublicURL); err != nil {
		return nil, fmt.Errorf("PUBLIC_URL: %w", err)
	}
	crossOrigin.AddInsecureBypassPattern("/widget/") // other origins' pages: guarded by the website's domains, no cookie
	s.handler = crossOrigin.Handler(e)
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.handler.ServeHTTP(w, r)
}

const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func (s *Server) securityHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.SetRequest(c.Request().WithContext(clientnet.WithAddress(c.Request().Context(), c.RealIP())))
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

// observe says how long an answer took, by the route's pattern. Sockets, and polls that wait for something to say, are left out.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
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

func recoverPanics(next echo.HandlerFunc) echo.HandlerFunc {
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

// userError returns the error in words for a person. An internal one becomes a reference number, under which it is logged.
func userError(c echo.Context, err error) *fail.Error {
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
	if outage.IsOutage(err) {
		slog.Warn("request refused: the database is away", "method", c.Request().Method, "route", c.Path(), "error", err)
		return fail.RetryLater(outageRetry)
	}
	ref := uuid.NewString()[:8]
	slog.Error("request failed", "reference", ref, "method", c.Request().Method, "route", c.Path(), "error", err)
	what := "and nothing was changed"
	if isPartlySaved(c) {
		what = "and only a part of your changes was saved. Check what is stored now"
	}
	e := fail.New(fail.Internal, "Something went wrong on our side, %s. Please try again; if it stays, tell us the reference %s.", what, ref)
	e.Reference = ref
	return e.WithReason("fault")
}

// handleError is the one map from errors to answers.
func (s *Server) handleError(err error, c echo.Context) {
	if c.Response().Committed {
		if fail.As(err) == nil && !errors.Is(err, context.Canceled) {
			slog.Debug("after the answer", "route", c.Path(), "error", err)
		}
		return
	}
	if b := bodyOf(c); b != nil && !b.complete { // what else would come is not waited for
		c.Response().Header().Set("Connection", "close")
	}
	e := userError(c, err)
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
			if c.Request().Header.Get(userHeader) == "" { // the desk asks for the password in place
				c.Response().Header().Set("HX-Redirect", logInAddress(currentPage(c.Request()), true))
			}
			c.NoContent(status)
			return
		}
		if id, bad := uuid.Parse(c.Param("id")); bad == nil && strings.HasSuffix(c.Path(), "/messages") {
			s.render(c, status, desk.SendError(id, e.Message))
			return
		}
		s.render(c, status, desk.ErrorNotice(e.Message))
	case strings.HasPrefix(path, "/desk/"): // what the desk's script asks for
		c.JSON(status, map[string]string{"message": e.Message})
	case strings.HasPrefix(path, "/widget") || strings.HasPrefix(path, "/live/") || strings.HasPrefix(path, "/static/"):
		if strings.HasPrefix(path, "/widget/") {
			allowOrigin(c)
		}
		c.Response().Header().Set("Connection", "close") // whoever is refused keeps nothing of us busy
		c.JSON(status, live.ErrorTextOf(e))
	case e.Kind == fail.Unauthenticated && c.Request().Method == http.MethodGet:
		c.Redirect(http.StatusSeeOther, logInAddress(c.Request().URL.RequestURI(), false))
	case e.Kind == fail.Unauthenticated && !strings.HasPrefix(path, "/login"):
		s.render(c, status, public.LogIn(ui.Form{Message: "Your session has ended, and nothing was saved. Log in again: what you typed is in the form again afterwards."},
			s.pageFor(c.Request().Referer()), s.demoLogins(), s.teams.SignUpPolicy() == team.SignUpOpen))
	case e.Kind == fail.Busy:
		resend := resendOf(c.Request())
		if !resend.Form && !resend.Back { // looking again is safe
			c.Response().Header().Set("Refresh", strconv.Itoa(int(max(e.RetryAfter.Seconds(), 1)+1)))
		}
		s.render(c, status, public.Busy(e.Message, resend))
	default:
		s.render(c, status, public.Problem(http.StatusText(status), e.Message))
	}
}

// maxResendBytes is how large a form may be that a page carries to be sent again.
const maxResendBytes = 64 << 10

// resendOf is how a request can be sent again: with the same fields, unless there is a secret or a file among them.
func resendOf(r *http.Request) public.Resend {
	resend := public.Resend{Address: r.URL.RequestURI()}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return resend
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") && r.ParseForm() != nil {
		return public.Resend{Back: true}
	}
	bytes := 0
	for name, values := range r.PostForm {
		for _, v := range values {
			if bytes += len(name) + len(v); !utf8.ValidString(v) {
				return public.Resend{Back: true}
			}
			resend.Fields = append(resend.Fields, public.FormField{Name: name, Value: v})
		}
		if isSecretField(name) {
			return public.Resend{Back: true}
		}
	}
	if r.PostForm == nil && r.ContentLength != 0 || r.MultipartForm != nil || bytes > maxResendBytes {
		return public.Resend{Back: true}
	}
	slices.SortStableFunc(resend.Fields, func(a, b public.FormField) int { return strings.Compare(a.Name, b.Name) })
	resend.Form = true
	return resend
}

// isSecretField reports whether a field's name says that its value must not be in a page.
func isSecretField(name string) bool {
	return name != formKey && (strings.Contains(name, "password") || strings.Contains(name, "key") || strings.Contains(name, "secret"))
}

// render answers with a component, drawn as a whole first, so that an error in it is still an error.
func (s *Server) render(c echo.Context, status int, component templ.Component) error {
	var b strings.Builder
	if err := component.Render(c.Request().Context(), &b); err != nil {
		return err
	}
	req, known := c.(*request)
	if known && req.renderOnly {
		req.rendered = b.String()
		return nil
	}
	text := s.prepareForms(c, status, b.String())
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	limitWriteTime(c)
	if known && len(text) > hugePage {
		release, err := s.hugePages.Acquire(c.Request().Context(), req.Actor.Org())
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

// limitWriteTime ends the connection of who leaves an answer that is ready unread: connections are few.
func limitWriteTime(c echo.Context) {
	if err := http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(readTimeout)); err != nil {
		slog.Debug("an answer without a deadline", "error", err)
	}
}

// largePage is from how many bytes on a page is sent packed.
const largePage = 32 << 10

// hugePage is from how many bytes on it is packed less well, in less time.
const hugePage = 256 << 10

// refusedForm turns a refusal into what the form shows again, with what was typed; other errors stay errors.
func refusedForm(c echo.Context, err error, fields ...string) (f ui.Form, status int, _ error) {
	f = ui.Form{Values: map[string]string{}}
	for _, name := range fields {
		f.Values[name] = strings.ToValidUTF8(c.FormValue(name), "")
	}
	if err == nil {
		return f, http.StatusOK, nil
	}
	defer func() { recordRefusal(c, f) }()
	if isFinalRefusal(c, err) {
		return f, 0, err
	}
	e := fail.As(err)
	if e == nil {
		e = userError(c, err)
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
	limitWriteTime(c)
	return c.Blob(http.StatusOK, file.Type, file.Bytes)
}
