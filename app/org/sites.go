package org

import (
	"context"
	"encoding/json"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
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

// The cache: page views of the customers' websites must not become queries. An unknown key is remembered too, so that a
// page with a wrong key costs no query per view.
const (
	siteKept  = time.Minute
	sitesKept = 20000
)

type sites struct {
	mu   sync.Mutex
	byID map[string]cachedSite

	settings map[uuid.UUID]cachedSettings // by website
	seen     map[string]time.Time         // website id and host to when SeeDomain last wrote
}

type cachedSite struct {
	site  *Site // nil: there is no website with this key
	until time.Time
}

// Site finds a website by its key and checks that origin (an Origin header) is one of its domains. The two refusals say
// which of the lines in the page is wrong.
func (r *Room) Site(ctx context.Context, key, origin string) (*Site, error) {
	c, err := r.lookup(ctx, key)
	if err != nil {
		return nil, err
	}
	if c.site == nil {
		return nil, fail.New(fail.NotFound, "There is no website with this key. Copy the two lines from the website's page again.")
	}
	host := OriginHost(origin)
	if Allows(c.site.Hosts, host) == "" {
		if host == "" {
			host = "this page"
		}
		return nil, fail.New(fail.Forbidden, "%s is not among the website's domains. A manager can add it on the website's page.", host)
	}
	return c.site, nil
}

var isKey = regexp.MustCompile(`^[a-z0-9]{16}$`)

func (r *Room) lookup(ctx context.Context, key string) (cachedSite, error) {
	now := time.Now()
	r.sites.mu.Lock()
	c, there := r.sites.byID[key]
	r.sites.mu.Unlock()
	if there && now.Before(c.until) {
		return c, nil
	}
	c = cachedSite{until: now.Add(siteKept)}
	if isKey.MatchString(key) {
		w, err := r.db.Doors().Website(ctx, key)
		if err != nil && !pg.None(err) {
			return c, err
		}
		if err == nil {
			c.site = &Site{Key: key, Org: w.OrgID, ID: w.WebsiteID, CustomerID: w.CustomerID, Name: w.Name, Greeting: w.Greeting, TypingPreview: w.TypingPreview, Hosts: w.Hosts, IdentityKey: w.IdentityKey}
			if err := json.Unmarshal(w.Settings, &c.site.Settings); err != nil {
				return c, err
			}
			if err := json.Unmarshal(w.Subjects, &c.site.Subjects); err != nil {
				return c, err
			}
		}
	}
	r.sites.mu.Lock()
	defer r.sites.mu.Unlock()
	if r.sites.byID == nil || len(r.sites.byID) >= sitesKept {
		r.sites.byID = map[string]cachedSite{}
	}
	if isKey.MatchString(key) {
		r.sites.byID[key] = c
	}
	return c, nil
}

// Seen notes that the widget was loaded from a host, at most once a minute for each, and rings the bell for managers who
// are looking at the website's page.
func (r *Room) Seen(ctx context.Context, site *Site, origin string) {
	domain := Allows(site.Hosts, OriginHost(origin))
	at := site.ID.String() + " " + domain
	now := time.Now()
	r.sites.mu.Lock()
	if now.Sub(r.sites.seen[at]) < time.Minute {
		r.sites.mu.Unlock()
		return
	}
	if r.sites.seen == nil || len(r.sites.seen) >= sitesKept {
		r.sites.seen = map[string]time.Time{}
	}
	r.sites.seen[at] = now
	r.sites.mu.Unlock()

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
			r.sites.mu.Lock()
			for key, c := range r.sites.byID {
				if c.site != nil && c.site.Org == e.Org {
					delete(r.sites.byID, key)
				}
			}
			r.sites.mu.Unlock()
		}
		if e.Kind == bus.Website && e.Text != "" {
			r.sites.mu.Lock()
			delete(r.sites.byID, e.Text)
			delete(r.sites.settings, e.Website)
			r.sites.mu.Unlock()
		}
	}
}

// Gap drops everything remembered.
func (r *Room) Gap(org uuid.UUID) {
	if org != uuid.Nil {
		return // what is remembered here is told to every process
	}
	r.sites.mu.Lock()
	r.sites.byID = nil
	r.sites.mu.Unlock()
}

// SettingsOf returns how a website's widget behaves; it is remembered for a minute.
func (r *Room) SettingsOf(ctx context.Context, org, website uuid.UUID) (Settings, error) {
	now := time.Now()
	r.sites.mu.Lock()
	known, there := r.sites.settings[website]
	r.sites.mu.Unlock()
	if there && now.Before(known.until) {
		return known.settings, nil
	}
	row, err := orgdb.New(r.db.As(access.System(org, "know how a widget behaves"))).GetWebsite(ctx, website)
	if pg.None(err) {
		return Settings{}, fail.Missing("website")
	}
	var s Settings
	if err == nil {
		err = json.Unmarshal(row.Settings, &s)
	}
	if err != nil {
		return s, err
	}
	r.sites.mu.Lock()
	defer r.sites.mu.Unlock()
	if r.sites.settings == nil || len(r.sites.settings) >= sitesKept {
		r.sites.settings = map[uuid.UUID]cachedSettings{}
	}
	r.sites.settings[website] = cachedSettings{s, now.Add(siteKept)}
	return s, nil
}

type cachedSettings struct {
	settings Settings
	until    time.Time
}
