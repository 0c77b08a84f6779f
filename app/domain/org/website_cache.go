package org

import (
	"context"
	"log/slog"
	"reflect"
	"regexp"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/org/internal/orgdb"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/cache"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// WidgetWebsite is a website as its widget may know it. One that the service returns is never changed.
type WidgetWebsite struct {
	Key         string
	Org         uuid.UUID
	ID          uuid.UUID
	CustomerID  uuid.UUID
	Name        string
	Hosts       []string
	Settings    settings.Widget
	IdentityKey string
	Groups      []WebsiteGroup // groups that answer for it; the first if the visitor chooses none. Never empty
}

// WebsiteGroup is a group that answers for a website.
type WebsiteGroup struct {
	Group  uuid.UUID         `json:"group"`
	Name   string            `json:"name"`   // the group's
	Labels map[string]string `json:"labels"` // by language: what visitors read
}

// GroupFor returns the group that answers a visitor who has chosen one, or none.
func (w *WidgetWebsite) GroupFor(chosen uuid.UUID) uuid.UUID {
	for _, x := range w.Groups {
		if x.Group == chosen {
			return chosen
		}
	}
	if len(w.Groups) == 0 {
		return uuid.Nil
	}
	return w.Groups[0].Group
}

// The cache: page views of the customers' websites must not become queries. It is bounded in bytes, with what the websites share,
// and an unknown key is remembered elsewhere, so that a page with a wrong key costs no query per view.
const (
	websiteTTL           = time.Minute
	websiteCacheBytes    = 48 << 20
	widgetLoadCacheBytes = 4 << 20
	widgetLoadInterval   = time.Minute

	unknownKeysBurst     = 100 // that a network may ask for
	unknownKeysPerSecond = 1

	settingsCacheBytes = 8 << 20 // of the settings that are cached by website
	partReferenceBytes = 64      // that each use of a shared part takes
)

type websiteCache struct {
	maxBytes    int // bytes
	byKey       *cache.Cache[string, *cachedWebsite]
	unknown     *cache.NegativeCache
	settings    *cache.Cache[uuid.UUID, *cachedSettings] // by website
	widgetLoads *cache.Cache[string, struct{}]           // website id and host, for which SeeDomain has just written
	shared      cache.Parts
}

type cachedWebsite struct {
	website *WidgetWebsite
	parts   []cache.PartKey
}

type cachedSettings struct {
	org      uuid.UUID
	settings settings.Widget
	parts    []cache.PartKey
}

func (s *websiteCache) init() {
	s.maxBytes = websiteCacheBytes
	s.byKey = cache.NewWithDrop(websiteCacheBytes, func(_ string, c *cachedWebsite) { s.shared.Release(c.parts) })
	s.settings = cache.NewWithDrop(settingsCacheBytes, func(_ uuid.UUID, c *cachedSettings) { s.shared.Release(c.parts) })
	s.widgetLoads = cache.New[string, struct{}](widgetLoadCacheBytes)
	s.unknown = cache.NewNegativeCache(websiteTTL, unknownKeysBurst, unknownKeysPerSecond)
}

// trim drops the websites that were used least recently while all together, with what they share, take too much.
func (s *websiteCache) trim() {
	over := func(bytes int) bool { return bytes+s.shared.Size() > s.maxBytes }
	s.byKey.Trim(over)
	s.settings.Trim(over)
}

// CacheSize says how many websites are remembered, and the bytes that they take with what they share.
func (s *Service) CacheSize() (websites, bytes int) {
	websites, bytes = s.cache.byKey.Size()
	_, more := s.cache.settings.Size()
	return websites, bytes + more + s.cache.shared.Size()
}

// LookUpWebsite finds a website by its key and checks that origin (an Origin header) is one of its domains. The two refusals say
// which of the lines in the page is wrong.
func (s *Service) LookUpWebsite(ctx context.Context, key, origin string) (*WidgetWebsite, error) {
	site, err := s.lookUpByKey(ctx, key)
	if err != nil {
		return nil, err
	}
	host := OriginHost(origin)
	if MatchDomain(site.Hosts, host) == "" {
		if host == "" {
			host = "this page"
		}
		return nil, fail.New(fail.Forbidden, "%s is not among the website's domains. A manager can add it on the website's page.", host)
	}
	return site, nil
}

// disconnectedCacheAge is how long what is stored of a website is used while other processes are not heard.
const disconnectedCacheAge = time.Second

// maxCacheAge is how old what is stored of a website may be; 0: as old as it may become.
func (s *Service) maxCacheAge() time.Duration {
	if s.bus.IsConnected() {
		return 0
	}
	return disconnectedCacheAge
}

var errNoWebsite = fail.New(fail.NotFound, "There is no website with this key. Copy the embed code from the website's page again.")

var websiteKeyPattern = regexp.MustCompile(`^[a-z0-9]{16}$`)

func (s *Service) lookUpByKey(ctx context.Context, key string) (*WidgetWebsite, error) {
	if !websiteKeyPattern.MatchString(key) {
		return nil, errNoWebsite
	}
	if c, found := s.cache.byKey.GetWithin(key, s.maxCacheAge()); found {
		return c.website, nil
	}
	mark := s.cache.byKey.Mark()
	unknown, settle, err := s.cache.unknown.Begin(ctx, key)
	if err != nil {
		return nil, err
	}
	if unknown {
		return nil, errNoWebsite
	}
	w, err := s.db.Unscoped().LookUpWebsite(ctx, key)
	settle(pg.IsNoRows(err))
	if pg.IsNoRows(err) {
		return nil, errNoWebsite
	}
	if err != nil {
		return nil, err
	}
	c := &cachedWebsite{website: &WidgetWebsite{Key: key, Org: w.OrgID, ID: w.WebsiteID, CustomerID: w.CustomerID, Name: w.Name,
		Hosts: w.Hosts, IdentityKey: w.IdentityKey}}
	bytes, err := s.cache.decode(c, &w)
	if err != nil || !s.cache.byKey.Put(key, c, bytes, websiteTTL, mark) {
		s.cache.shared.Release(c.parts)
		return c.website, err
	}
	s.cache.trim()
	return c.website, nil
}

// decode gives a website its settings and groups, and returns how many bytes it takes beside the parts that it shares with others.
func (s *websiteCache) decode(c *cachedWebsite, row *pg.Website) (bytes int, err error) {
	bytes = cache.SizeOf(*c.website) - cache.SizeOf(settings.Widget{})
	w, more, err := settings.DecodeShared(&s.shared, row.Settings, &c.parts)
	if err != nil {
		return bytes, err
	}
	c.website.Settings = w
	groups, err := s.shared.Acquire(reflect.TypeFor[[]WebsiteGroup](), row.Groups, &c.parts)
	if err != nil {
		return bytes, err
	}
	c.website.Groups = groups.([]WebsiteGroup)
	return bytes + more + partReferenceBytes*len(c.parts), nil
}

// RecordWidgetLoad notes that the widget was loaded from a host, at most once a minute for each, and publishes an event for managers who
// are looking at the website's page.
func (s *Service) RecordWidgetLoad(ctx context.Context, site *WidgetWebsite, origin string) {
	domain := MatchDomain(site.Hosts, OriginHost(origin))
	at := site.ID.String() + " " + domain
	if _, lately := s.cache.widgetLoads.Get(at); lately {
		return
	}
	s.cache.widgetLoads.Set(at, struct{}{}, len(at), widgetLoadInterval)

	t := s.db.As(access.System(site.Org, "note that the widget was loaded"))
	err := orgdb.New(t).RecordDomainSeen(ctx, orgdb.RecordDomainSeenParams{WebsiteID: site.ID, Host: domain})
	if err != nil {
		slog.Error("note that the widget was loaded", "error", err)
		return
	}
	s.bus.Publish(bus.Event{Kind: bus.Website, Org: site.Org, Website: site.ID})
}

// HandleEvents drops a website that was changed, and all of an organization whose groups were, or settings that they inherit.
func (s *Service) HandleEvents(events []bus.Event) {
	for _, e := range events {
		if e.Kind == bus.Groups || e.Kind == bus.Settings {
			s.cache.byKey.DropIf(func(_ string, c *cachedWebsite) bool { return c.website.Org == e.Org })
		}
		if e.Kind == bus.Settings {
			s.cache.settings.DropIf(func(_ uuid.UUID, c *cachedSettings) bool { return c.org == e.Org })
		}
		if e.Kind == bus.Website && e.Text != "" {
			s.cache.byKey.Drop(e.Text)
			s.cache.unknown.Drop(e.Text)
			s.cache.settings.Drop(e.Website)
		}
	}
}

// Resync drops everything remembered; it is read again when it is next used.
func (s *Service) Resync(org uuid.UUID) {
	if org != uuid.Nil {
		return // every process gets the events of what is cached here
	}
	s.cache.byKey.Clear()
	s.cache.settings.Clear()
	s.cache.unknown.Clear()
}

// GetSettings returns how a website's widget behaves; it is cached for a minute.
func (s *Service) GetSettings(ctx context.Context, org, website uuid.UUID) (settings.Widget, error) {
	if known, found := s.cache.settings.GetWithin(website, s.maxCacheAge()); found {
		return known.settings, nil
	}
	mark := s.cache.settings.Mark()
	row, err := orgdb.New(s.db.As(access.System(org, "know how a widget behaves"))).GetWebsite(ctx, website)
	if pg.IsNoRows(err) {
		return settings.Widget{}, fail.Missing("website")
	}
	if err != nil {
		return settings.Widget{}, err
	}
	c := &cachedSettings{org: org}
	bytes := 0
	c.settings, bytes, err = settings.DecodeShared(&s.cache.shared, row.Settings, &c.parts)
	if err != nil || !s.cache.settings.Put(website, c, bytes+partReferenceBytes*len(c.parts), websiteTTL, mark) {
		s.cache.shared.Release(c.parts)
		return c.settings, err
	}
	s.cache.trim()
	return c.settings, nil
}
