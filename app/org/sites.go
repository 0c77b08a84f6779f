package org

import (
	"context"
	"log/slog"
	"regexp"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/cache"
	"parley/app/fail"
	"parley/app/org/internal/orgdb"
	"parley/app/pg"
)

// Site is a website as its widget may know it. One that the room gives out is never changed.
type Site struct {
	Key           string
	Org           uuid.UUID
	ID            uuid.UUID
	CustomerID    uuid.UUID
	Name          string
	Greeting      string
	TypingPreview bool
	Hosts         []string
	Settings      Settings
	IdentityKey   string
	Subjects      []Subject // groups that answer for it; the first if the visitor chooses none. Never empty
}

// Subject is a group that answers for a website.
type Subject struct {
	Group  uuid.UUID         `json:"group"`
	Name   string            `json:"name"`   // the group's
	Labels map[string]string `json:"labels"` // by language: what visitors read
}

// Answers returns the group that answers a visitor who has chosen one, or none.
func (s *Site) Answers(chosen uuid.UUID) uuid.UUID {
	for _, x := range s.Subjects {
		if x.Group == chosen {
			return chosen
		}
	}
	if len(s.Subjects) == 0 {
		return uuid.Nil
	}
	return s.Subjects[0].Group
}

// The cache: page views of the customers' websites must not become queries. It is bounded in bytes, with what the websites share,
// and an unknown key is remembered elsewhere, so that a page with a wrong key costs no query per view.
const (
	siteLife  = time.Minute
	siteBytes = 48 << 20
	seenBytes = 4 << 20
	seenLife  = time.Minute

	unknownKeysOnce    = 100 // that a network may ask for
	unknownKeysASecond = 1

	settingsOwn   = 600     // bytes of Settings beside what is shared
	settingsBytes = 8 << 20 // of those that are remembered by website
)

type sites struct {
	most     int // bytes
	byKey    *cache.Cache[string, *cachedSite]
	unknown  *cache.Unknown
	settings *cache.Cache[uuid.UUID, *cachedSettings] // by website
	seen     *cache.Cache[string, struct{}]           // website id and host, for which SeeDomain has just written
	shared   shared
}

type cachedSite struct {
	site  *Site
	parts []partKey
}

type cachedSettings struct {
	settings Settings
	parts    []partKey
}

func (s *sites) init() {
	s.most = siteBytes
	s.byKey = cache.New[string, *cachedSite](siteBytes)
	s.byKey.OnDrop(func(_ string, c *cachedSite) { s.shared.release(c.parts) })
	s.settings = cache.New[uuid.UUID, *cachedSettings](settingsBytes)
	s.settings.OnDrop(func(_ uuid.UUID, c *cachedSettings) { s.shared.release(c.parts) })
	s.seen = cache.New[string, struct{}](seenBytes)
	s.unknown = cache.NewUnknown(siteLife, unknownKeysOnce, unknownKeysASecond)
}

// trim drops the websites that were used least recently while all together, with what they share, take too much.
func (s *sites) trim() {
	over := func(bytes int) bool { return bytes+s.shared.size() > s.most }
	s.byKey.Trim(over)
	s.settings.Trim(over)
}

// CacheSize says how many websites are remembered, and the bytes that they take with what they share.
func (r *Room) CacheSize() (websites, bytes int) {
	websites, bytes = r.sites.byKey.Size()
	_, more := r.sites.settings.Size()
	return websites, bytes + more + r.sites.shared.size()
}

// Site finds a website by its key and checks that origin (an Origin header) is one of its domains. The two refusals say
// which of the lines in the page is wrong.
func (r *Room) Site(ctx context.Context, key, origin string) (*Site, error) {
	site, err := r.lookup(ctx, key)
	if err != nil {
		return nil, err
	}
	host := OriginHost(origin)
	if Allows(site.Hosts, host) == "" {
		if host == "" {
			host = "this page"
		}
		return nil, fail.New(fail.Forbidden, "%s is not among the website's domains. A manager can add it on the website's page.", host)
	}
	return site, nil
}

// unheardLife is how long what is stored of a website is used while other processes are not heard.
const unheardLife = time.Second

// believed is how old what is stored of a website may be; 0: as old as it may become.
func (r *Room) believed() time.Duration {
	if r.bus.Up() {
		return 0
	}
	return unheardLife
}

var errNoSite = fail.New(fail.NotFound, "There is no website with this key. Copy the two lines from the website's page again.")

var isKey = regexp.MustCompile(`^[a-z0-9]{16}$`)

func (r *Room) lookup(ctx context.Context, key string) (*Site, error) {
	if !isKey.MatchString(key) {
		return nil, errNoSite
	}
	if c, found := r.sites.byKey.GetWithin(key, r.believed()); found {
		return c.site, nil
	}
	mark := r.sites.byKey.Now()
	unknown, settle, err := r.sites.unknown.Ask(ctx, key)
	if err != nil {
		return nil, err
	}
	if unknown {
		return nil, errNoSite
	}
	w, err := r.db.Doors().Website(ctx, key)
	settle(pg.None(err))
	if pg.None(err) {
		return nil, errNoSite
	}
	if err != nil {
		return nil, err
	}
	c := &cachedSite{site: &Site{Key: key, Org: w.OrgID, ID: w.WebsiteID, CustomerID: w.CustomerID, Name: w.Name, Greeting: w.Greeting,
		TypingPreview: w.TypingPreview, Hosts: w.Hosts, IdentityKey: w.IdentityKey}}
	if c.site.Settings, err = r.sites.shared.settings(w.Settings, &c.parts); err == nil {
		c.site.Subjects, err = use[[]Subject](&r.sites.shared, w.Subjects, &c.parts)
	}
	own := *c.site // what the website shares is counted once, not with each
	own.Subjects, own.Settings.Greetings, own.Settings.Holidays, own.Settings.Questions = nil, nil, nil, nil
	own.Settings.Privacy, own.Settings.Rating, own.Settings.Texts, own.Settings.Mail = "", Rating{}, nil, Mail{}
	if err != nil || !r.sites.byKey.Put(key, c, cache.SizeOf(own)+64*len(c.parts), siteLife, mark) {
		r.sites.shared.release(c.parts)
		return c.site, err
	}
	r.sites.trim()
	return c.site, nil
}

// Seen notes that the widget was loaded from a host, at most once a minute for each, and rings the bell for managers who
// are looking at the website's page.
func (r *Room) Seen(ctx context.Context, site *Site, origin string) {
	domain := Allows(site.Hosts, OriginHost(origin))
	at := site.ID.String() + " " + domain
	if _, lately := r.sites.seen.Get(at); lately {
		return
	}
	r.sites.seen.Set(at, struct{}{}, len(at), seenLife)

	t := r.db.As(access.System(site.Org, "note that the widget was loaded"))
	err := orgdb.New(t).SeeDomain(ctx, orgdb.SeeDomainParams{WebsiteID: site.ID, Host: domain})
	if err != nil {
		slog.Error("note that the widget was loaded", "error", err)
		return
	}
	r.bus.Publish(bus.Event{Kind: bus.Website, Org: site.Org, Website: site.ID})
}

// Heard drops a website that was changed, and all of an organization whose groups were.
func (r *Room) Heard(events []bus.Event) {
	for _, e := range events {
		if e.Kind == bus.Groups {
			r.sites.byKey.DropIf(func(_ string, c *cachedSite) bool { return c.site.Org == e.Org })
		}
		if e.Kind == bus.Website && e.Text != "" {
			r.sites.byKey.Drop(e.Text)
			r.sites.unknown.Drop(e.Text)
			r.sites.settings.Drop(e.Website)
		}
	}
}

// Gap drops everything remembered; it is read again when it is next used.
func (r *Room) Gap(org uuid.UUID) {
	if org != uuid.Nil {
		return // what is remembered here is told to every process
	}
	r.sites.byKey.Clear()
	r.sites.settings.Clear()
	r.sites.unknown.Clear()
}

// SettingsOf returns how a website's widget behaves; it is remembered for a minute.
func (r *Room) SettingsOf(ctx context.Context, org, website uuid.UUID) (Settings, error) {
	if known, found := r.sites.settings.GetWithin(website, r.believed()); found {
		return known.settings, nil
	}
	mark := r.sites.settings.Now()
	row, err := orgdb.New(r.db.As(access.System(org, "know how a widget behaves"))).GetWebsite(ctx, website)
	if pg.None(err) {
		return Settings{}, fail.Missing("website")
	}
	if err != nil {
		return Settings{}, err
	}
	c := &cachedSettings{}
	c.settings, err = r.sites.shared.settings(row.Settings, &c.parts)
	if err != nil || !r.sites.settings.Put(website, c, settingsOwn+64*len(c.parts), siteLife, mark) {
		r.sites.shared.release(c.parts)
		return c.settings, err
	}
	r.sites.trim()
	return c.settings, nil
}
