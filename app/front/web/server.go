package web

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"
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
	"parley/app/domain/settings"
	"parley/app/domain/team"
	"parley/app/domain/visitor"
	screens "parley/app/front/desk"
	"parley/app/front/live"
	"parley/app/front/web/account"
	archiveweb "parley/app/front/web/archive"
	"parley/app/front/web/body"
	"parley/app/front/web/desk"
	"parley/app/front/web/manage"
	"parley/app/front/web/page"
	"parley/app/front/web/session"
	"parley/app/front/web/upload"
	"parley/app/front/web/widget"
	"parley/app/platform/bus"
	"parley/app/platform/compress"
	"parley/app/platform/fair"
	"parley/app/platform/forms"
	"parley/app/platform/push"
	accountview "parley/templates/account"
	"parley/templates/ui"
)

// Config says how this server is run.
type Config struct {
	PublicURL string                                                     // how browsers reach this server, without a slash at the end
	Observe   func(method, route string, status int, took time.Duration) // is told every answer; nil: nobody wants to know
	Demo      *accountview.Demo                                          // nil outside demo mode
	ShopKey   string                                                     // the demo shop's widget key
	Degraded  func() string                                              // says what does not work though this process serves
	// header with the client's address, from a trusted proxy; empty: X-Forwarded-For
	Address string
	Proxies []*net.IPNet                    // whose X-Forwarded-For is believed
	Ready   func(ctx context.Context) error // says why this process cannot serve
}

// Services is what the server calls.
type Services struct {
	Bus           *bus.Bus
	Settings      *settings.Service
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

// heavyWorkLimits bounds what keeps a processor busy for long: searches, exports, imports. An organization does one such thing at a time
// at each process, and pauses after each for three times as long as it took, so that it leaves time of processors and database to others.
var heavyWorkLimits = fair.Limits{Total: 64, PerOrganization: 1, MaxWaiting: 20, MaxWait: 20 * time.Second, Cooldown: 3,
	Activity: "searching, exporting or importing"}

// importLimits bounds the catalogs that are worked on at once: each takes some 50 MB of memory, and leaves much of it to be collected.
var importLimits = fair.Limits{Total: 2, PerOrganization: 1, MaxWaiting: 1, MaxWait: 20 * time.Second, Cooldown: 8,
	Activity: "importing another file"}

// Server answers HTTP requests.
type Server struct{ http.Handler }

// New returns a server.
func New(cfg Config, s Services) (*Server, error) {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = clientAddress(cfg.Proxies, cfg.Address)

	secure := strings.HasPrefix(cfg.PublicURL, "https://")
	sessions := session.New(session.Options{Store: s.Sessions, Identity: s.Identity, Bus: s.Bus, Admit: s.Live.AdmitTeam,
		Secure:  secure,
		OnError: func(w http.ResponseWriter, r *http.Request, err error) { e.NewContext(r, w).Error(err) }})
	slots := body.NewSlots(body.MaxUploads)
	pages := page.New(page.Options{PublicURL: cfg.PublicURL, Secret: s.Secret, Sessions: sessions, Forms: s.Forms,
		Uploads: slots, CreateTemp: s.Files.CreateTemp})
	list := routes(newHandlers(cfg, s, sessions, pages, slots))
	site := siteOf(list)

	demo := demoOf(cfg)
	errors := &page.Errors{Pages: pages, Site: site, LogIn: func(f ui.Form, next string) templ.Component {
		return accountview.LogIn(f, next, demo, s.Team.SignUpPolicy() == team.SignUpOpen)
	}}
	e.HTTPErrorHandler = errors.Handle
	e.Use(observe(cfg.Observe), securityHeaders(secure), page.RecoverPanics)
	g := &gate{sessions: sessions, pages: pages, site: site, org: s.Org, publicURL: cfg.PublicURL}
	budget := body.NewBudget()
	for _, r := range list {
		e.Add(r.Method, r.Path, budget.Limit(r.BodyLimit(), r.sender(), r.handler(g)))
	}
	crossOrigin := http.NewCrossOriginProtection()
	if err := crossOrigin.AddTrustedOrigin(cfg.PublicURL); err != nil {
		return nil, fmt.Errorf("PUBLIC_URL: %w", err)
	}
	crossOrigin.AddInsecureBypassPattern("/widget/") // other origins' pages: guarded by the website's domains, no cookie
	return &Server{compress.Handler(crossOrigin.Handler(e))}, nil
}

// newHandlers returns what answers the routes.
func newHandlers(cfg Config, s Services, sessions *session.Manager, pages *page.Service, slots *body.Slots) handlers {
	heavyWork := fair.New(heavyWorkLimits)
	uploads := upload.New(s.Files, s.Links, slots)
	w := widget.New(widget.Options{Attachments: s.Attachments, Links: s.Links, Live: s.Live,
		Mails: s.Mails, Org: s.Org, Routing: s.Routing, Tokens: s.Tokens, Uploads: uploads})
	return handlers{
		Service: &service{ready: cfg.Ready, degraded: cfg.Degraded, pages: pages, hasDemo: cfg.Demo != nil, shopKey: cfg.ShopKey},
		Account: account.New(account.Options{Identity: s.Identity, Mails: s.Mails,
			Teams: s.Team, Pages: pages, Sessions: sessions, Demo: demoOf(cfg)}),
		Archive: archiveweb.New(archiveweb.Options{Archive: s.Archive, HeavyWork: heavyWork}),
		Desk: desk.New(desk.Options{Assist: s.Assist, Attachments: s.Attachments, Conversations: s.Conversations, FAQ: s.FAQ,
			Groups: s.Groups, Identity: s.Identity, Live: s.Live, Presence: s.Presence, Push: s.Push, Routing: s.Routing,
			Screens: s.Screens, Uploads: uploads, Visitors: s.Visitors}),
		Manage: manage.New(manage.Options{Assist: s.Assist, Attachments: s.Attachments, Audit: s.Audit, Conversations: s.Conversations, FAQ: s.FAQ, Files: s.Files,
			Groups: s.Groups, Identity: s.Identity, Live: s.Live, Mails: s.Mails, Org: s.Org, Settings: s.Settings, Routing: s.Routing,
			Teams: s.Team, Visitors: s.Visitors, Sessions: sessions, Uploads: uploads, Widget: w, HeavyWork: heavyWork,
			Imports: fair.New(importLimits), PublicURL: cfg.PublicURL}),
		Widget: w,
		Upload: uploads,
	}
}

// demoOf returns the log-ins that the log-in page offers in demo mode.
func demoOf(cfg Config) accountview.Demo {
	if cfg.Demo == nil {
		return accountview.Demo{}
	}
	return *cfg.Demo
}
