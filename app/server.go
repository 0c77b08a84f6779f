package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"parley/app/archive"
	"parley/app/assist"
	"parley/app/bus"
	"parley/app/chat"
	"parley/app/faq"
	"parley/app/files"
	"parley/app/forms"
	"parley/app/geo"
	"parley/app/identity"
	"parley/app/jobs"
	"parley/app/live"
	"parley/app/org"
	"parley/app/pg"
	"parley/app/queue"
	"parley/app/web"
)

// house is the rooms, put together on a database.
type house struct {
	cluster  *pg.Cluster
	db       *pg.DB
	bus      *bus.Bus
	org      *org.Room
	identity *identity.Room
	sessions *identity.Sessions
	chat     *chat.Room
	queue    *queue.Room
	faq      *faq.Room
	archive  *archive.Room
	files    *files.Room
}

// openHouse finds or starts the database, brings it up to date where it may, and refuses a role that row-level security
// does not bind.
func openHouse(ctx context.Context, cfg config) (_ *house, err error) {
	h := &house{}
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	appURL, ownerURL := cfg.DatabaseURL, cfg.MigrateURL
	if appURL == "" {
		if h.cluster, err = pg.StartCluster(ctx, cfg.DataDir, pg.ClusterOptions{Volatile: cfg.volatileStore}); err != nil {
			return nil, err
		}
		appURL, ownerURL = h.cluster.AppURL, h.cluster.OwnerURL
	}
	if ownerURL != "" {
		if n, err := pg.Migrate(ctx, ownerURL, appURL); err != nil {
			return nil, err
		} else if n > 0 {
			slog.Info("database brought up to date", "migrations", n)
		}
	}
	if h.db, err = pg.OpenPooled(ctx, appURL, cfg.DirectURL); err != nil {
		return nil, err
	}
	if err = h.db.Ping(ctx); err != nil {
		return nil, fmt.Errorf("the database cannot be reached: %w", err)
	}
	if err = h.db.Guard(ctx); err != nil {
		return nil, err
	}
	if err = h.db.Current(ctx); err != nil {
		return nil, err
	}
	var driver bus.Driver
	switch {
	case cfg.RedisURL != "":
		if driver, err = bus.Redis(cfg.RedisURL); err != nil {
			return nil, fmt.Errorf("REDIS_URL: %w", err)
		}
	case cfg.DatabaseURL != "":
		driver = bus.Postgres(h.db)
	}
	h.furnish(h.db, bus.New(driver), cfg.Demo)
	h.chat.Window(cfg.CommitWindow)
	h.chat.KeepBy(cfg.Keeping)
	h.identity.Limit(cfg.Identity)
	if cfg.Suggestions != (faq.Budget{}) {
		h.faq.SetBudget(cfg.Suggestions)
	}
	return h, nil
}

// furnish puts the rooms on a database and a bus.
func (h *house) furnish(db *pg.DB, b *bus.Bus, demo bool) {
	h.db, h.bus = db, b
	h.org = org.New(db, b)
	h.identity = identity.New(db, b, demo)
	h.sessions = identity.NewSessions(db, b)
	h.chat = chat.New(db, b)
	h.queue = queue.New(db, b, h.chat)
	h.faq = faq.New(db, b)
	h.archive = archive.New(db)
}

func (h *house) close() {
	if h.identity != nil {
		h.identity.Wait()
	}
	if h.db != nil {
		h.db.Close()
	}
	if h.cluster != nil {
		h.cluster.Stop()
	}
}

// server is a running Parley.
type server struct {
	*house
	url       string // how browsers reach it
	listening string // host and port
	demo      *demo
	live      *live.Hub
	mail      *jobs.Mailer
	uses      string     // what it uses, for the operator to read
	failed    chan error // gets the reason if a part ends by itself

	http        *http.Server
	connections *connections
	requests    requests
	admin       *http.Server // nil: there is none
	adminAt     string       // its host and port
	drainDelay  time.Duration
	disks       disks
	ready       atomic.Bool
	readiness   sync.Mutex // of what the database said last
	readyAsked  time.Time
	readyErr    error
	away        atomic.Bool // the database, when /readyz last asked
	stopping    atomic.Bool
	stopBus     context.CancelFunc
	parts       *errgroup.Group
}

// start brings up a server that accepts requests when it returns.
func start(ctx context.Context, cfg config) (_ *server, err error) {
	mailer, err := jobs.NewMailer(cfg.SMTPURL)
	if err != nil {
		return nil, err
	}
	h, err := openHouse(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s := &server{house: h, mail: mailer, failed: make(chan error, 1), drainDelay: cfg.DrainDelay, disks: disksOf(cfg, h.cluster), requests: newRequests()}
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
	s.listening = fmt.Sprintf("localhost:%d", listener.Addr().(*net.TCPAddr).Port)
	s.url = cfg.PublicURL
	if s.url == "" {
		s.url = "http://" + s.listening
	}
	secret := cfg.SecretKey
	if secret == "" {
		if secret, err = keptSecret(cfg.DataDir); err != nil {
			return nil, err
		}
	}
	webCfg := web.Config{PublicURL: s.url, SignUp: cfg.signUp(), Ready: s.whyNotReady, Degraded: s.degraded, Proxies: cfg.Proxies, Address: cfg.AddressHeader}
	if cfg.AdminAddr != "" {
		webCfg.Observe = s.requests.observe
	}
	if cfg.Demo {
		if s.demo, err = makeDemo(ctx, h, s.url); err != nil {
			return nil, fmt.Errorf("demo data: %w", err)
		}
		webCfg.Demo, webCfg.ShopKey = &s.demo.Demo, s.demo.shopKey
	}
	s.uses = cfg.uses()
	s.live = live.New(live.Rooms{Chat: h.chat, Org: h.org, Queue: h.queue, FAQ: h.faq}, h.bus, chat.NewTokens(secret), files.NewLinks(secret), cfg.Limits)
	s.live.Face = h.identity.Face
	s.live.OnTide(giveBack())
	if cfg.GeoFile != "" {
		countries, err := geo.Open(cfg.GeoFile)
		if err != nil {
			return nil, err
		}
		s.live.Country = countries.Country
	}
	drafts, err := assist.New(h.db, h.chat, h.faq, assist.Options{Secret: secret, Inside: cfg.ModelsInside, Limits: cfg.modelLimits})
	if err != nil {
		return nil, err
	}
	pusher, err := jobs.NewPusher(cfg.PushKeys)
	if err != nil {
		return nil, err
	}
	store, err := files.OpenStore(cfg.filesAt())
	if err != nil {
		return nil, err
	}
	h.files = files.NewRoom(h.db, store, cfg.Clamd)
	h.files.Limit(cfg.Quotas)
	h.files.ReceiveIn(filepath.Join(cfg.DataDir, "incoming"))
	after, minute := cfg.letterAfter, cfg.settingsMinute
	if after == 0 {
		after, minute = letterAfter, time.Minute
	}
	mailing := newMailing(h, mailer, after, minute)
	s.live.DeskOpened = mailing.resume
	if !mailer.Off() {
		s.live.Transcript = mailing.transcript
	}
	newPushing(h, pusher)
	front, err := web.New(webCfg, web.Rooms{Bus: h.bus, Forms: forms.New(h.db), Secret: secret, Files: h.files, Links: files.NewLinks(secret), Tokens: chat.NewTokens(secret), FAQ: h.faq, Assist: drafts, Push: pusher, Org: h.org, Identity: h.identity, Sessions: h.sessions, Chat: h.chat, Queue: h.queue, Archive: h.archive, Mail: mailer, Live: s.live})
	if err != nil {
		return nil, err
	}
	s.connections = bounded(listener, cfg.Connections, cfg.Proxies)
	s.http = &http.Server{Handler: front, ConnState: s.connections.state,
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug)}

	partsCtx, stopParts := context.WithCancel(context.WithoutCancel(ctx))
	s.stopBus = stopParts
	s.parts, partsCtx = errgroup.WithContext(partsCtx)
	if cfg.AdminAddr != "" {
		if err := s.serveAdmin(cfg.AdminAddr); err != nil {
			stopParts()
			return nil, err
		}
	}
	s.parts.Go(func() error { return h.bus.Run(partsCtx) })
	s.parts.Go(func() error { return mailer.Run(partsCtx) })
	s.parts.Go(func() error { return h.queue.Run(partsCtx) })
	s.parts.Go(func() error { return h.files.Run(partsCtx) })
	s.parts.Go(func() error {
		if err := s.http.Serve(s.connections); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	if h.cluster != nil {
		s.parts.Go(func() error {
			select {
			case <-partsCtx.Done():
				return nil
			case <-h.cluster.Exited():
				return fmt.Errorf("the private Postgres has ended: %s", h.cluster.LastWords())
			}
		})
	}
	go func() { // the first part that ends by itself ends the server
		<-partsCtx.Done()
		if !s.stopping.Load() {
			s.failed <- context.Cause(partsCtx)
		}
	}()
	select {
	case <-h.bus.Connected():
	case <-ctx.Done(): // told to end already
	case <-time.After(3 * time.Second):
		slog.Warn("the bus to the other servers is not connected yet; /readyz says when it is")
	}
	s.ready.Store(true)
	return s, nil
}

// degraded says what does not work though requests are served; empty if all does.
func (s *server) degraded() string {
	if !s.bus.Up() {
		return "the bus to the other servers is not connected: what happens there shows late here"
	}
	return s.disks.degraded()
}

func (s *server) whyNotReady(ctx context.Context) error {
	if !s.ready.Load() {
		return errors.New("starting or stopping")
	}
	err := s.disks.full()
	if err == nil {
		err = s.databaseReady(ctx)
	}
	s.away.Store(err != nil)
	if err == nil {
		return nil
	}
	slog.Warn("not ready", "error", err)
	var behind *pg.Behind
	if errors.As(err, &behind) || errors.Is(err, pg.ErrDiskFull) || errors.Is(err, errDiskFull) { // what an operator has to do; nothing secret
		return err
	}
	return errors.New("the database cannot be reached")
}

// databaseReady asks the database, once a second at most: strangers may ask, too.
func (s *server) databaseReady(ctx context.Context) error {
	s.readiness.Lock()
	defer s.readiness.Unlock()
	if time.Since(s.readyAsked) > time.Second {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		s.readyErr, s.readyAsked = s.db.Ready(ctx), time.Now()
	}
	return s.readyErr
}

// Stop ends the server in order, within ten seconds: no longer ready, sockets told to come back elsewhere, requests
// finished, what waits written, the other processes told, parts ended, the database closed.
func (s *server) Stop() {
	s.stopping.Store(true)
	s.ready.Store(false)
	time.Sleep(s.drainDelay)
	s.live.Drain(2 * time.Second)
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		s.http.Close()
	}
	finishing, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	s.chat.Finish(finishing)
	if s.admin != nil {
		s.admin.Close()
	}
	s.stopBus()
	s.parts.Wait()
	s.house.close()
}

// keptSecret returns the secret of a single machine, made at its first start.
func keptSecret(dir string) (string, error) {
	file := filepath.Join(dir, "secret")
	b, err := os.ReadFile(file)
	if err == nil && len(strings.TrimSpace(string(b))) >= 32 {
		return strings.TrimSpace(string(b)), nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	secret := rand.Text() + rand.Text()
	return secret, os.WriteFile(file, []byte(secret+"\n"), 0o600)
}
