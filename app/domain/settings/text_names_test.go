package settings_test

import (
	"context"
	"strings"
	"testing"

	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

// A text that the widget does not have is refused wherever it is set, as is a placeholder that is not filled in it.
func TestTextNames(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := settings.New(testkit.DB(t), bus.New(nil), settings.TextNames{"write": nil, "taken": {"{name}"}})
	set := func(name, text string) error {
		return s.Update(context.Background(), o.As(access.Owner), settings.ForOrganization(), settings.Change{Set: func(w *settings.Widget) error {
			w.Texts = settings.Texts{"en": {name: text}}
			return nil
		}})
	}
	for _, c := range []struct{ name, text, says string }{
		{"write", "Ask us", ""},
		{"taken", "{name} is here", ""},
		{"wriet", "Ask us", "no text “wriet”"},
		{"write", "Ask {name}", "cannot contain the placeholder {name}. Remove it."},
		{"taken", "{nam} is here", "It can contain {name}"},
		{"taken", "{name is here", "not closed"},
	} {
		err := set(c.name, c.text)
		if c.says == "" && err != nil || c.says != "" && (fail.As(err) == nil || !strings.Contains(fail.As(err).Fields["texts"], c.says)) {
			t.Errorf("%s = %s: %v", c.name, c.text, err)
		}
	}
}
