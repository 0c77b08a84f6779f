package identity

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/identity/internal/identitydb"
	"parley/app/platform/access"
)

// FindAvatar returns the picture of the agent who has a conversation; false: there is none. Organizations without any picture are
// remembered for a minute.
func (s *Service) FindAvatar(ctx context.Context, org, conversation uuid.UUID) (file uuid.UUID, has bool, err error) {
	s.avatars.mu.Lock()
	without := time.Now().Before(s.avatars.organizationsWithout[org])
	s.avatars.mu.Unlock()
	if without {
		return uuid.Nil, false, nil
	}
	row, err := identitydb.New(s.db.As(access.System(org, "show an agent's picture"))).GetAgentPicture(ctx, conversation)
	if err != nil || row.FileID != uuid.Nil {
		return row.FileID, err == nil, err
	}
	if !row.AnyPictures {
		s.avatars.mu.Lock()
		if s.avatars.organizationsWithout == nil || len(s.avatars.organizationsWithout) > 10_000 {
			s.avatars.organizationsWithout = map[uuid.UUID]time.Time{}
		}
		s.avatars.organizationsWithout[org] = time.Now().Add(time.Minute)
		s.avatars.mu.Unlock()
	}
	return uuid.Nil, false, nil
}

// avatarCache is which organizations have no pictures, and until when that is believed.
type avatarCache struct {
	mu                   sync.Mutex
	organizationsWithout map[uuid.UUID]time.Time
}

// forget has an organization (the zero id: every one) asked again whether it has pictures.
func (f *avatarCache) forget(org uuid.UUID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if org == uuid.Nil {
		clear(f.organizationsWithout)
	} else {
		delete(f.organizationsWithout, org)
	}
}
