package group

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/group/internal/groupdb"
	"parley/app/platform/access"
)

// Ref is a group's id and name.
type Ref struct {
	ID   uuid.UUID
	Name string
}

// nameCache holds the names of one organization's groups, so that naming one costs no statement. Memberships are not cached:
// a new member sees the queue at once.
type nameCache struct {
	names   []Ref // the main group first, then by name
	expires time.Time
}

const (
	nameCacheTTL       = time.Minute // how old names can be if an event was lost
	maxCachedOrgs      = 5000        // organizations whose names are cached
	nameRefreshTimeout = 5 * time.Second
)

// name returns the name of a group, "" if there is none.
func (c nameCache) name(id uuid.UUID) string {
	for _, n := range c.names {
		if n.ID == id {
			return n.Name
		}
	}
	return ""
}

// List lists the groups of the actor's organization, the main group first, from the cache where it can.
func (s *Service) List(ctx context.Context, actor access.Actor) ([]Ref, error) {
	c, err := s.loadNames(ctx, actor.Org())
	return c.names, err
}

// FindName returns the name of one group, from the cache where it can; "" if the organization has no such group.
func (s *Service) FindName(ctx context.Context, org, id uuid.UUID) (string, error) {
	c, err := s.loadNames(ctx, org)
	return c.name(id), err
}

// Name returns the name of a group of an organization that has several; "" if it has one, or if the name is not cached. It
// never waits for the database: what is missing or expired is read beside, for the next call.
func (s *Service) Name(org, id uuid.UUID) string {
	s.mu.Lock()
	c, cached := s.names[org]
	load := (!cached || time.Now().After(c.expires)) && !s.loadingNames[org]
	if load {
		s.loadingNames[org] = true
	}
	s.mu.Unlock()
	if load {
		go func() {
			s.refreshNames(org)
			s.mu.Lock()
			delete(s.loadingNames, org)
			s.mu.Unlock()
		}()
	}
	if len(c.names) < 2 {
		return ""
	}
	return c.name(id)
}

// EnsureNames reads the names of an organization's groups unless they are cached, so that Name knows them. A failure is
// logged: the names are missing then.
func (s *Service) EnsureNames(org uuid.UUID) {
	s.mu.Lock()
	_, cached := s.names[org]
	s.mu.Unlock()
	if !cached {
		s.refreshNames(org)
	}
}

func (s *Service) refreshNames(org uuid.UUID) {
	ctx, cancel := context.WithTimeout(context.Background(), nameRefreshTimeout)
	defer cancel()
	if _, err := s.loadNames(ctx, org); err != nil {
		slog.Warn("read the names of an organization's groups", "error", err)
	}
}

// loadNames returns the cached names, or reads and caches them.
func (s *Service) loadNames(ctx context.Context, org uuid.UUID) (nameCache, error) {
	s.mu.Lock()
	c, cached := s.names[org]
	version := s.namesVersion
	s.mu.Unlock()
	if cached && time.Now().Before(c.expires) {
		return c, nil
	}
	c = nameCache{expires: time.Now().Add(nameCacheTTL)}
	rows, err := groupdb.New(s.db.As(access.System(org, "name the groups"))).ListGroups(ctx)
	if err != nil {
		return c, err
	}
	for _, g := range rows {
		c.names = append(c.names, Ref{g.ID, g.Name})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.names) > maxCachedOrgs {
		clear(s.names)
	}
	if s.namesVersion == version { // else the names may have been read before the change
		s.names[org] = c
	}
	return c, nil
}

func (s *Service) forgetNames(org uuid.UUID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.names, org)
	s.namesVersion++
}
