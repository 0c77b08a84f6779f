package session

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/app/domain/identity"
)

// choiceLifetime is how long somebody may choose.
const choiceLifetime = 5 * time.Minute

// Choice is between which users somebody may choose whose password opens several, and until when. Each is there with its epoch, so that
// it can no longer be chosen when that user's sessions have ended.
type Choice []string

func choiceKey(p identity.TeamMember) string { return fmt.Sprintf("%s:%d", p.ID(), p.Epoch) }

// OfferChoice logs out, and notes between which users somebody may choose within five minutes.
func (m *Manager) OfferChoice(ctx context.Context, members []identity.TeamMember) error {
	choice := []string{time.Now().Add(choiceLifetime).Format(time.RFC3339)}
	for _, p := range members {
		choice = append(choice, choiceKey(p))
	}
	if err := m.sessions.RenewToken(ctx); err != nil {
		return err
	}
	m.sessions.Remove(ctx, keyUser)
	m.sessions.Put(ctx, keyChoice, strings.Join(choice, " "))
	return nil
}

// Choice returns what was offered; empty if nothing was.
func (m *Manager) Choice(ctx context.Context) Choice {
	return strings.Fields(m.sessions.GetString(ctx, keyChoice))
}

// Allows reports whether a user can be chosen now.
func (c Choice) Allows(p identity.TeamMember) bool {
	if len(c) == 0 {
		return false
	}
	until, err := time.Parse(time.RFC3339, c[0])
	return err == nil && !time.Now().After(until) && slices.Contains(c[1:], choiceKey(p))
}
