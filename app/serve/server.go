package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"parley/app/demo"
	"parley/app/domain/assist"
	"parley/app/domain/attachment"
	"parley/app/domain/files"
	"parley/app/domain/team"
	"parley/app/domain/visitor"
	"parley/app/front/desk"
	"parley/app/front/live"
	"parley/app/front/web"
	"parley/app/platform/forms"
	"parley/app/platform/geo"
)

// Server is a running Parley.
type Server struct {
	*Services
	*readiness
	URL         string // how browsers reach it
	Address     string // host and port
	Demo        *demo.Data
	Live        *live.Hub
	HTTP        *http.Server
	Connections *BoundedListener
	Failed      chan error // gets the reason if a part ends by itself

	AdminAddress string       // host and port of metrics and profiles; empty: not served
	admin        *http.Server // nil: metrics and profiles are not served

	later      later
	summary    string // what it uses, for the operator to read
	drainDelay time.Duration
	stopping   atomic.Bool
	parts      parts
}

// parts are the goroutines of a server. The first one that ends by itself ends the others.
type parts struct {
	*errgroup.Group
	stop context.CancelFunc
}

// newParts returns no parts yet, and the context that they run with.
func newParts(ctx context.Context) (parts, context.Context) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	group, ctx := errgroup.WithContext(ctx)
	return parts{group, stop}, ctx
}

// Start brings up a server that accepts requests when it returns. The server runs until Stop, also after ctx has ended.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	services, err := openServices(ctx, cfg)
	if err != nil {
		return nil, err
	}
	group, groupCtx := newParts(ctx)
	s, listeners, err := build(ctx, cfg, services, group)
	if err != nil {
		group.stop()
		listeners.close()
		services.close()
		return nil, err
	}
	s.run(ctx, groupCtx, listeners)
	return s, nil
}

// listeners are the ports that a server accepts connections on.
type listeners struct {
	public net.Listener
	admin  net.Listener // nil: metrics and profiles are not served
}

func listen(cfg Config) (l listeners, err error) {
	if l.public, err = net.Listen("tcp", fmt.Sprintf(":%d", cfg.Port)); err != nil {
		return l, fmt.Errorf("cannot listen on port %d (set PORT to another): %w", cfg.Port, err)
	}
	if cfg.AdminAddr != "" {
		l.admin, err = net.Listen("tcp", cfg.AdminAddr)
	}
	return l, err
}

func (l listeners) close() {
	for _, x := range []net.Listener{l.public, l.admin} {
		if x != nil {
			x.Close()
		}
	}
}

// build puts a server together on its services. Nothing of it runs yet. On an error the caller closes the listeners.
func build(ctx context.Context, cfg Config, services *Services, group parts) (*Server, listeners, error) {
	l, err := listen(cfg)
	if err != nil {
		return nil, l, err
	}
	address := fmt.Sprintf("localhost:%d", l.public.Addr().(*net.TCPAddr).Port)
	publicURL := cfg.PublicURL
	if publicURL == "" {
		publicURL = "http://" + address
	}
	secret := cfg.SecretKey
	if secret == "" {
		if secret, err = storedSecret(cfg.DataDir); err != nil {
			return nil, l, err
		}
	}
	var data *demo.Data
	if cfg.Demo {
		if data, err = demo.Ensure(ctx, services.ForDemo(), publicURL); err != nil {
			return nil, l, fmt.Errorf("demo data: %w", err)
		}
	}
	drafts, err := assist.New(services.DB, services.Conversations, services.FAQ, assist.Options{
		Secret:       secret,
		AllowedHosts: cfg.InternalModels,
		Limits:       cfg.ModelLimits,
	})
	if err != nil {
		return nil, l, err
	}
	screens := newScreens(services, drafts)
	later, err := newLater(ctx, cfg, services, publicURL)
	if err != nil {
		return nil, l, err
	}
	hub, err := newHub(cfg, services, screens, later, secret)
	if err != nil {
		later.close()
		return nil, l, err
	}
	requests, ready := newRequestMetrics(), &readiness{db: services.DB, bus: services.Bus, disks: newDisks(cfg, services.Cluster)}
	handler, err := newFront(cfg, frontParts{
		services:  services,
		assist:    drafts,
		screens:   screens,
		hub:       hub,
		later:     later,
		demo:      data,
		readiness: ready,
		requests:  requests,
	}, publicURL, secret)
	if err != nil {
		later.close()
		return nil, l, err
	}
	connections := newBoundedListener(l.public, cfg.Connections, cfg.Proxies)
	s := &Server{
		Services:    services,
		readiness:   ready,
		URL:         publicURL,
		Address:     address,
		Demo:        data,
		Live:        hub,
		HTTP:        newHTTPServer(handler, connections),
		Connections: connections,
		Failed:      make(chan error, 1),
		later:       later,
		summary:     cfg.summary(),
		drainDelay:  cfg.DrainDelay,
		parts:       group,
	}
	if l.admin != nil {
		s.AdminAddress, s.admin = l.admin.Addr().String(), newAdminServer(newRegistry(
			sources{services, ready, hub, connections, later}, requests))
	}
	return s, l, nil
}

// newScreens returns what draws the desk.
func newScreens(services *Services, drafts *assist.Service) *desk.Service {
	return desk.New(desk.Services{
		Conversations: services.Conversations,
		Visitors:      services.Visitors,
		Groups:        services.Groups,
		Presence:      services.Presence,
		Routing:       services.Routing,
		FAQ:           services.FAQ,
		Identity:      services.Identity,
		Assist:        drafts,
	})
}

// newHub returns the hub of this process, which hears the bus from now on.
func newHub(cfg Config, services *Services, screens *desk.Service, later later, secret string) (*live.Hub, error) {
	liveCfg := live.Config{
		Limits:              cfg.Limits,
		Tokens:              visitor.NewTokens(secret),
		Links:               files.NewLinks(secret),
		OnSocketCountChange: memoryReleaser(),
	}
	if cfg.GeoFile != "" {
		countries, err := geo.Open(cfg.GeoFile)
		if err != nil {
			return nil, err
		}
		liveCfg.Country = countries.Country
	}
	hub := live.New(live.Services{
		Conversations: services.Conversations,
		Visitors:      services.Visitors,
		Org:           services.Org,
		Groups:        services.Groups,
		Presence:      services.Presence,
		Routing:       services.Routing,
		FAQ:           services.FAQ,
		Screens:       screens,
		Avatars:       services.Identity,
		FollowUp:      later.followup,
	}, services.Bus, liveCfg)
	services.Bus.Subscribe(hub)
	services.Bus.Subscribe(later.followup)
	services.Bus.Subscribe(later.pusher)
	return hub, nil
}

// frontParts is what the front is built from besides the configuration.
type frontParts struct {
	services  *Services
	assist    *assist.Service
	screens   *desk.Service
	hub       *live.Hub
	later     later
	demo      *demo.Data // nil: not in demo mode
	readiness *readiness
	requests  requestMetrics
}

func newFront(cfg Config, p frontParts, publicURL, secret string) (*web.Server, error) {
	h := p.services
	webCfg := web.Config{
		PublicURL: publicURL,
		Ready:     p.readiness.check,
		Degraded:  p.readiness.degraded,
		Proxies:   cfg.Proxies,
		Address:   cfg.AddressHeader,
	}
	if cfg.AdminAddr != "" {
		webCfg.Observe = p.requests.observe
	}
	if p.demo != nil {
		webCfg.Demo, webCfg.ShopKey = &p.demo.Demo, p.demo.ShopKey
	}
	teams := team.New(
		team.Services{Identity: h.Identity, Org: h.Org, Conversations: h.Conversations, FAQ: h.FAQ, Groups: h.Groups, Presence: h.Presence,
			Mails: p.later.mails},
		team.Options{PublicURL: publicURL, SignUp: cfg.signUpMode()})
	return web.New(webCfg, web.Services{
		Team:          teams,
		Audit:         h.Audit,
		Bus:           h.Bus,
		Forms:         forms.New(h.DB),
		Secret:        secret,
		Files:         h.Files,
		Links:         files.NewLinks(secret),
		Tokens:        visitor.NewTokens(secret),
		FAQ:           h.FAQ,
		Assist:        p.assist,
		Push:          p.later.push,
		Settings:      h.Settings,
		Org:           h.Org,
		Identity:      h.Identity,
		Sessions:      h.Sessions,
		Conversations: h.Conversations,
		Visitors:      h.Visitors,
		Attachments:   attachment.New(h.Conversations, h.Files, h.FAQ, h.Groups, h.Identity),
		Groups:        h.Groups,
		Presence:      h.Presence,
		Routing:       h.Routing,
		Archive:       h.Archive,
		Mails:         p.later.mails,
		Screens:       p.screens,
		Live:          p.hub,
	})
}

func newHTTPServer(handler http.Handler, connections *BoundedListener) *http.Server {
	return &http.Server{
		Handler:           handler,
		ConnState:         connections.trackState,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
	}
}

// run starts the server's parts, and returns when they do their work or ctx ends. Failed gets the reason if one of them ends by itself.
func (s *Server) run(ctx, partsCtx context.Context, l listeners) {
	for _, run := range []func(context.Context) error{s.Bus.Run, s.later.runner.Run, s.Presence.Run, s.Routing.Run, s.Files.Run} {
		s.parts.Go(func() error { return run(partsCtx) })
	}
	s.parts.Go(func() error { return serveHTTP(s.HTTP, s.Connections) })
	if s.admin != nil {
		s.parts.Go(func() error { return serveHTTP(s.admin, l.admin) })
	}
	if s.Cluster != nil {
		s.parts.Go(func() error {
			select {
			case <-partsCtx.Done():
				return nil
			case <-s.Cluster.Exited():
				return fmt.Errorf("the private Postgres has ended: %s", s.Cluster.LastOutput())
			}
		})
	}
	go func() {
		<-partsCtx.Done()
		if !s.stopping.Load() {
			s.Failed <- context.Cause(partsCtx)
		}
	}()
	select {
	case <-s.Bus.Connected():
	case <-ctx.Done(): // told to stop already
	case <-time.After(3 * time.Second):
		slog.Warn("the bus to the other servers is not connected yet; /readyz says when it is")
	}
	s.Ready.Store(true)
}

func serveHTTP(server *http.Server, listener net.Listener) error {
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Stop ends the server in this order, within ten seconds: it is no longer ready, sockets are closed so that their screens come
// back to another server, requests and commits are finished, events to other processes are sent, the parts end, and the database is closed.
func (s *Server) Stop() {
	s.stopping.Store(true)
	s.Ready.Store(false)
	time.Sleep(s.drainDelay)
	s.Live.Drain(2 * time.Second)
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := s.HTTP.Shutdown(ctx); err != nil {
		s.HTTP.Close()
	}
	finishing, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	s.Conversations.Shutdown(finishing)
	if s.admin != nil {
		s.admin.Close()
	}
	s.parts.stop()
	s.parts.Wait()
	s.Services.close()
}
