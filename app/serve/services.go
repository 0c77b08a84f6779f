package serve

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"

	"parley/app/demo"
	"parley/app/domain/archive"
	"parley/app/domain/audit"
	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/domain/files"
	"parley/app/domain/group"
	"parley/app/domain/identity"
	"parley/app/domain/org"
	"parley/app/domain/presence"
	"parley/app/domain/routing"
	"parley/app/domain/settings"
	"parley/app/domain/visitor"
	"parley/app/platform/bus"
	"parley/app/platform/pg"
	"parley/widget"
)

// Services are the services of the domain on one database.
type Services struct {
	Cluster       *pg.Cluster
	DB            *pg.DB
	Bus           *bus.Bus
	Settings      *settings.Service
	Org           *org.Service
	Identity      *identity.Service
	Sessions      *identity.SessionCache
	Visitors      *visitor.Service
	Conversations *conversation.Service
	Groups        *group.Service
	Presence      *presence.Service
	Routing       *routing.Service
	FAQ           *faq.Service
	Archive       *archive.Service
	Audit         *audit.Service
	Files         *files.Service
	rounds        roundMetrics
	commits       commitMetrics
}

// openServices finds or starts the database, brings it up to date where it may, and refuses a role that row-level security
// does not bind.
func openServices(ctx context.Context, cfg Config) (_ *Services, err error) {
	h := &Services{}
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	appURL, ownerURL := cfg.DatabaseURL, cfg.MigrateURL
	if appURL == "" {
		if h.Cluster, err = pg.StartCluster(ctx, cfg.DataDir, pg.ClusterOptions{Volatile: cfg.Volatile}); err != nil {
			return nil, err
		}
		appURL, ownerURL = h.Cluster.AppURL, h.Cluster.OwnerURL
	}
	if ownerURL != "" {
		if n, err := pg.Migrate(ctx, ownerURL, appURL); err != nil {
			return nil, err
		} else if n > 0 {
			slog.Info("database brought up to date", "migrations", n)
		}
	}
	if h.DB, err = pg.OpenPooled(ctx, appURL, cfg.DirectURL); err != nil {
		return nil, err
	}
	if err = h.DB.Ping(ctx); err != nil {
		return nil, fmt.Errorf("the database cannot be reached: %w", err)
	}
	if err = h.DB.CheckRole(ctx); err != nil {
		return nil, err
	}
	if err = h.DB.CheckSchema(ctx); err != nil {
		return nil, err
	}
	var driver bus.Driver
	switch {
	case cfg.RedisURL != "":
		if driver, err = bus.Redis(cfg.RedisURL); err != nil {
			return nil, fmt.Errorf("REDIS_URL: %w", err)
		}
	case cfg.DatabaseURL != "":
		driver = bus.Postgres(h.DB)
	}
	h.wire(h.DB, bus.New(driver), options{
		identity:     identity.Options{Demo: cfg.Demo, Limits: cfg.Identity, InsecureHashing: cfg.InsecureHashing},
		faq:          faq.Options{Budget: cfg.Suggestions},
		conversation: conversation.Options{Window: cfg.CommitWindow, Mode: cfg.CommitMode},
		presence:     presence.Options{GracePeriod: cfg.GracePeriod},
	})
	if h.Files, err = openFiles(cfg, h.DB); err != nil {
		return nil, err
	}
	return h, nil
}

// openFiles returns the service of files on their store.
func openFiles(cfg Config, db *pg.DB) (*files.Service, error) {
	store, err := files.OpenStore(cfg.filesURL())
	if err != nil {
		return nil, err
	}
	return files.New(db, store, files.Options{
		Scanner:     cfg.Clamd,
		Quotas:      cfg.Quotas,
		IncomingDir: filepath.Join(cfg.DataDir, "incoming"),
	}), nil
}

// NewServices returns the services on a database that is ready, and a bus.
func NewServices(db *pg.DB, b *bus.Bus, demo bool) *Services {
	h := &Services{}
	h.wire(db, b, options{
		identity:     identity.Options{Demo: demo, Limits: identity.DefaultLimits()},
		conversation: conversation.Options{Window: conversation.DefaultCommitWindow},
	})
	return h
}

// options are those of the services.
type options struct {
	identity     identity.Options
	faq          faq.Options
	conversation conversation.Options
	presence     presence.Options
}

// wire sets the services up on a database and a bus.
func (h *Services) wire(db *pg.DB, b *bus.Bus, o options) {
	h.DB, h.Bus = db, b
	h.Settings = settings.New(db, b, widget.TextNames())
	h.Org = org.New(db, b, h.Settings)
	h.Identity = identity.New(db, b, o.identity)
	h.Sessions = identity.NewSessionCache(db, b)
	h.Visitors = visitor.New(db, b)
	h.commits = newCommitMetrics()
	o.conversation.Visitors, o.conversation.Observer = h.Visitors, h.commits
	o.conversation.Alongside = []conversation.Alongside{routing.LearnAlongside}
	h.Conversations = conversation.New(db, b, o.conversation)
	h.Groups = group.New(db, b)
	h.Presence = presence.New(db, b, h.Conversations, o.presence)
	h.rounds = newRoundMetrics()
	h.Routing = routing.New(db, b, h.Conversations, h.Groups, h.Presence, routing.Options{Observer: h.rounds})
	h.FAQ = faq.New(db, b, o.faq)
	h.Archive = archive.New(db)
	h.Audit = audit.New(db)
}

func (h *Services) close() {
	if h.Identity != nil {
		h.Identity.Wait()
	}
	if h.DB != nil {
		h.DB.Close()
	}
	if h.Cluster != nil {
		h.Cluster.Stop()
	}
}

// ForDemo is what the demo's data is made with.
func (h *Services) ForDemo() demo.Services {
	return demo.Services{DB: h.DB, Settings: h.Settings, Org: h.Org, Identity: h.Identity, Conversations: h.Conversations, FAQ: h.FAQ}
}
