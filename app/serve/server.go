package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"parley/app/demo"
	"parley/app/domain/assist"
	"parley/app/domain/attachment"
	"parley/app/domain/conversation"
	"parley/app/domain/files"
	"parley/app/domain/followup"
	"parley/app/domain/notification"
	"parley/app/domain/visitor"
	"parley/app/front/live"
	"parley/app/front/web"
	"parley/app/platform/forms"
	"parley/app/platform/geo"
	"parley/app/platform/mail"
	"parley/app/platform/push"
)

// Server is a running Parley.
type Server struct {
	*Services
	URL     string // how browsers reach it
	Address string // host and port
	Demo    *demo.Data
	Live    *live.Hub
	mailer  *mail.Mailer
	summary string     // what it uses, for the operator to read
	Failed  chan error // gets the reason if a part ends by itself

	HTTP           *http.Server
	Connections    *BoundedListener
	requests       requestMetrics
	commits        commitMetrics
	admin          *http.Server // nil: there is none
	AdminAddress   string       // its host and port
	drainDelay     time.Duration
	disks          disks
	Ready          atomic.Bool
	readinessMu    sync.Mutex // of what the database said last
	readyCheckedAt time.Time
	readyErr       error
	databaseDown   atomic.Bool // the database, when /readyz last asked
	stopping       atomic.Bool
	stopParts      context.CancelFunc
	parts          *errgroup.Group
}

// Start brings up a server that accepts requests when it returns.
func Start(ctx context.Context, cfg Config) (_ *Server, err error) {
	mailer, err := mail.NewMailer(cfg.SMTPURL)
	if err != nil {
		return nil, err
	}
	commits := newCommitMetrics()
	var observer conversation.Observer
	if cfg.AdminAddr != "" {
		observer = commits
	}
	h, err := openServices(ctx, cfg, observer)
	if err != nil {
		return nil, err
	}
	s := &Server{Services: h, mailer: mailer, Failed: make(chan error, 1), drainDelay: cfg.DrainDelay, disks: newDisks(cfg, h.Cluster), requests: newRequestMetrics(), commits: commits}
	listener, err := net.Listen("tcp", fmt.Sprintf(":%d", cfg.Port))
	if err != nil {
		h.close()
		return nil, fmt.Errorf("cannot listen on port %d (set PORT to another): %w", cfg.Port, err)
	}
	defer func() {
		if err != nil {
			listener.Close()
			h.close()
		}
	}()
	s.Address = fmt.Sprintf("localhost:%d", listener.Addr().(*net.TCPAddr).Port)
	s.URL = cfg.PublicURL
	if s.URL == "" {
		s.URL = "http://" + s.Address
	}
	secret := cfg.SecretKey
	if secret == "" {
		if secret, err = storedSecret(cfg.DataDir); err != nil {
			return nil, err
		}
	}
	webCfg := web.Config{PublicURL: s.URL, SignUp: cfg.signUpMode(), Ready: s.readinessError, Degraded: s.degraded, Proxies: cfg.Proxies, Address: cfg.AddressHeader}
	if cfg.AdminAddr != "" {
		webCfg.Observe = s.requests.observe
	}
	if cfg.Demo {
		if s.Demo, err = demo.Ensure(ctx, h.ForDemo(), s.URL); err != nil {
			return nil, fmt.Errorf("demo data: %w", err)
		}
		webCfg.Demo, webCfg.ShopKey = &s.Demo.Demo, s.Demo.ShopKey
	}
	s.summary = cfg.summary()
	s.Live = live.New(live.Services{Conversations: h.Conversations, Visitors: h.Visitors, Org: h.Org, Routing: h.Routing, FAQ: h.FAQ}, h.Bus, visitor.NewTokens(secret), files.NewLinks(secret), cfg.Limits)
	s.Live.AgentPicture = h.Identity.FindAvatar
	s.Live.OnSocketCountChange(memoryReleaser())
	if cfg.GeoFile != "" {
		countries, err := geo.Open(cfg.GeoFile)
		if err != nil {
			return nil, err
		}
		s.Live.Country = countries.Country
	}
	drafts, err := assist.New(h.DB, h.Conversations, h.FAQ, assist.Options{Secret: secret, AllowedHosts: cfg.InternalModels, Limits: cfg.ModelLimits})
	if err != nil {
		return nil, err
	}
	pusher, err := push.New(cfg.PushKeys)
	if err != nil {
		return nil, err
	}
	store, err := files.OpenStore(cfg.filesURL())
	if err != nil {
		return nil, err
	}
	h.Files = files.New(h.DB, store, files.Options{Scanner: cfg.Clamd, Quotas: cfg.Quotas, IncomingDir: filepath.Join(cfg.DataDir, "incoming")})
	after, minute := cfg.AnswerMailAfter, cfg.SettingsMinute
	if after == 0 {
		after, minute = followup.AnswerMailAfter, time.Minute
	}
	mailing := followup.New(h.Bus, h.Conversations, h.Visitors, h.Org, h.Identity, mailer, after, minute)
	s.Live.OnDeskOpen = mailing.Resume
	if !mailer.IsOff() {
		s.Live.MailTranscript = mailing.MailTranscript
	}
	notification.Subscribe(h.Bus, h.Identity, pusher)
	front, err := web.New(webCfg, web.Services{Bus: h.Bus, Forms: forms.New(h.DB), Secret: secret, Files: h.Files, Attachments: attachment.New(h.Conversations, h.Files), Links: files.NewLinks(secret), Tokens: visitor.NewTokens(secret), FAQ: h.FAQ, Assist: drafts, Push: pusher, Org: h.Org, Identity: h.Identity, Sessions: h.Sessions, Conversations: h.Conversations, Visitors: h.Visitors, Routing: h.Routing, Archive: h.Archive, Mail: mailer, Live: s.Live})
	if err != nil {
		return nil, err
	}
	s.Connections = newBoundedListener(listener, cfg.Connections, cfg.Proxies)
	s.HTTP = &http.Server{Handler: front, ConnState: s.Connections.trackState,
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug)}

	partsCtx, stopParts := context.WithCancel(context.WithoutCancel(ctx))
	s.stopParts = stopParts
	s.parts, partsCtx = errgroup.WithContext(partsCtx)
	if cfg.AdminAddr != "" {
		if err := s.serveAdmin(cfg.AdminAddr); err != nil {
			stopParts()
			return nil, err
		}
	}
	s.parts.Go(func() error { return h.Bus.Run(partsCtx) })
	s.parts.Go(func() error { return mailer.Run(partsCtx) })
	s.parts.Go(func() error { return h.Routing.Run(partsCtx) })
	s.parts.Go(func() error { return h.Files.Run(partsCtx) })
	s.parts.Go(func() error {
		if err := s.HTTP.Serve(s.Connections); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	if h.Cluster != nil {
		s.parts.Go(func() error {
			select {
			case <-partsCtx.Done():
				return nil
			case <-h.Cluster.Exited():
				return fmt.Errorf("the private Postgres has ended: %s", h.Cluster.LastOutput())
			}
		})
	}
	go func() { // the first part that ends by itself ends the server
		<-partsCtx.Done()
		if !s.stopping.Load() {
			s.Failed <- context.Cause(partsCtx)
		}
	}()
	select {
	case <-h.Bus.Connected():
	case <-ctx.Done(): // told to end already
	case <-time.After(3 * time.Second):
		slog.Warn("the bus to the other servers is not connected yet; /readyz says when it is")
	}
	s.Ready.Store(true)
	return s, nil
}

// Stop ends the server in order, within ten seconds: no longer ready, sockets told to come back elsewhere, requests
// finished, what waits written, the other processes told, parts ended, the database closed.
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
	s.stopParts()
	s.parts.Wait()
	s.Services.close()
}
