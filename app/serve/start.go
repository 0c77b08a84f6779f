package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"parley/app/domain/assist"
	"parley/app/domain/files"
	"parley/app/domain/team"
	"parley/app/domain/visitor"
	"parley/app/front/live"
	"parley/app/front/web"
	"parley/app/platform/forms"
	"parley/app/platform/geo"
)

// listen opens the port, so that the addresses are known.
func (s *Server) listen(cfg Config) error {
	listener, err := net.Listen("tcp", fmt.Sprintf(":%d", cfg.Port))
	if err != nil {
		return fmt.Errorf("cannot listen on port %d (set PORT to another): %w", cfg.Port, err)
	}
	s.Connections = newBoundedListener(listener, cfg.Connections, cfg.Proxies)
	s.Address = fmt.Sprintf("localhost:%d", listener.Addr().(*net.TCPAddr).Port)
	if s.URL = cfg.PublicURL; s.URL == "" {
		s.URL = "http://" + s.Address
	}
	return nil
}

// installationSecret is SECRET_KEY, or the one that is stored in DATA_DIR.
func (c Config) installationSecret() (string, error) {
	if c.SecretKey != "" {
		return c.SecretKey, nil
	}
	return storedSecret(c.DataDir)
}

// newHub returns what sockets talk to.
func newHub(cfg Config, services *Services, later later, secret string) (*live.Hub, error) {
	hub := live.New(live.Services{Conversations: services.Conversations, Org: services.Org, Routing: services.Routing, FAQ: services.FAQ},
		services.Bus, visitor.NewTokens(secret), files.NewLinks(secret), cfg.Limits)
	hub.AgentPicture = services.Identity.FindAvatar
	hub.OnSocketCountChange(memoryReleaser())
	hub.OnDeskOpen = later.followup.Resume
	if later.followup.CanMailTranscripts() {
		hub.MailTranscript = later.followup.MailTranscript
	}
	if cfg.GeoFile != "" {
		countries, err := geo.Open(cfg.GeoFile)
		if err != nil {
			return nil, err
		}
		hub.Country = countries.Country
	}
	return hub, nil
}

// newFront returns what requests come to.
func (s *Server) newFront(cfg Config, secret string) (http.Handler, error) {
	webCfg := web.Config{PublicURL: s.URL, Ready: s.readinessError, Degraded: s.degraded,
		Proxies: cfg.Proxies, Address: cfg.AddressHeader}
	if cfg.AdminAddr != "" {
		webCfg.Observe = s.requests.observe
	}
	if s.Demo != nil {
		webCfg.Demo, webCfg.ShopKey = &s.Demo.Demo, s.Demo.ShopKey
	}
	drafts, err := assist.New(s.DB, s.Conversations, s.FAQ, assist.Options{Secret: secret, AllowedHosts: cfg.InternalModels, Limits: cfg.ModelLimits})
	if err != nil {
		return nil, err
	}
	teams := team.New(team.Services{Identity: s.Identity, Org: s.Org, Conversations: s.Conversations, Presence: s.Routing, Mails: s.later.mails},
		team.Options{PublicURL: s.URL, SignUp: cfg.signUpMode()})
	return web.New(webCfg, web.Services{
		Bus: s.Bus, Org: s.Org, Identity: s.Identity, Team: teams, Sessions: s.Sessions, Conversations: s.Conversations, Routing: s.Routing,
		FAQ: s.FAQ, Assist: drafts, Archive: s.Archive, Mails: s.later.mails, Push: s.later.push, Live: s.Live,
		Files: s.Files, Links: files.NewLinks(secret), Tokens: visitor.NewTokens(secret), Forms: forms.New(s.DB), Secret: secret,
	})
}

func newHTTPServer(front http.Handler, connections *BoundedListener) *http.Server {
	return &http.Server{Handler: front, ConnState: connections.trackState,
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug)}
}

// startParts starts everything that runs until the server stops. The first part that ends by itself ends the server.
func (s *Server) startParts(ctx context.Context, cfg Config) error {
	partsCtx, stopParts := context.WithCancel(context.WithoutCancel(ctx))
	s.stopParts = stopParts
	s.parts, partsCtx = errgroup.WithContext(partsCtx)
	if cfg.AdminAddr != "" {
		if err := s.serveAdmin(cfg.AdminAddr); err != nil {
			stopParts()
			return err
		}
	}
	for _, run := range []func(context.Context) error{s.Bus.Run, s.Routing.Run, s.Files.Run, s.later.runner.Run, s.serveRequests, s.watchCluster} {
		s.parts.Go(func() error { return run(partsCtx) })
	}
	go func() {
		<-partsCtx.Done()
		if !s.stopping.Load() {
			s.Failed <- context.Cause(partsCtx)
		}
	}()
	return nil
}

// serveRequests serves until Stop shuts the HTTP server down.
func (s *Server) serveRequests(context.Context) error {
	if err := s.HTTP.Serve(s.Connections); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// watchCluster returns an error when the private Postgres ends, if there is one.
func (s *Server) watchCluster(ctx context.Context) error {
	if s.Cluster == nil {
		return nil
	}
	select {
	case <-ctx.Done():
		return nil
	case <-s.Cluster.Exited():
		return fmt.Errorf("the private Postgres has ended: %s", s.Cluster.LastOutput())
	}
}
