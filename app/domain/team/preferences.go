package team

import (
	"context"

	"parley/app/domain/faq"
	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/keys"
)

// SetPreferences stores the actor's own preferences. Fields of fail.Invalid are named key-ID, by command: for keys that cannot be
// read, that another command has, or that insert a snippet.
func (s *Service) SetPreferences(ctx context.Context, actor access.Actor, in identity.Preferences) error {
	if err := actor.Require(access.PreferencesUpdate); err != nil {
		return err
	}
	if err := s.checkSnippetKeys(ctx, actor, in.Keys); err != nil {
		return err
	}
	return s.identity.SetPreferences(ctx, actor, in)
}

// checkSnippetKeys refuses keys of commands that insert a snippet which the actor can use.
func (s *Service) checkSnippetKeys(ctx context.Context, actor access.Actor, chosen map[string]string) error {
	groups, err := s.groups.ListOf(ctx, actor)
	if err != nil {
		return err
	}
	snippets, err := s.faq.ListSnippets(ctx, actor, faq.ScopeOf(actor, groups))
	if err != nil {
		return err
	}
	var checks fail.Checks
	for id, text := range chosen {
		full, err := keys.Parse(text)
		for _, x := range snippets {
			if err == nil && full != "" && x.Keys == full {
				checks.Add("key-"+id, "%s is already used for the snippet /%s. Choose another shortcut.", full, x.Name)
			}
		}
	}
	return checks.Result()
}
