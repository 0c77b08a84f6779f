package team_test

import (
	"strings"
	"testing"

	"parley/app/domain/faq"
	"parley/app/domain/identity"
	"parley/app/domain/team"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/platform/keys"
	"parley/app/tools/testkit"
)

func TestPreferencesRefuseKeysOfSnippets(t *testing.T) {
	t.Parallel()
	s, o := newService(t, team.SignUpClosed), testkit.NewOrg(t)
	snippets, agent := faq.New(testkit.DB(t), bus.New(nil), faq.Options{}), o.As(access.Agent)
	if err := snippets.SaveSnippet(t.Context(), o.As(access.Owner), faq.Snippet{Name: "hello", Body: "Hello", Keys: "Ctrl+Shift+Y"}); err != nil {
		t.Fatal(err)
	}
	command := keys.Commands[0].ID
	err := s.SetPreferences(t.Context(), agent, identity.Preferences{Keys: map[string]string{command: "ctrl+shift+y"}})
	if e := fail.As(err); e == nil || !strings.Contains(e.Fields["key-"+command], "/hello") {
		t.Errorf("keys of a snippet: %v", err)
	}
	if err := s.SetPreferences(t.Context(), agent, identity.Preferences{Keys: map[string]string{command: "Ctrl+Shift+U"}}); err != nil {
		t.Errorf("other keys: %v", err)
	}
	if err := s.SetPreferences(t.Context(), o.As(access.Reviewer), identity.Preferences{}); fail.KindOf(err) != fail.Forbidden {
		t.Errorf("a reviewer's: %v", err)
	}
}
