package keys_test

import (
	"testing"

	"parley/app/platform/keys"
)

func TestDefaultKeys(t *testing.T) {
	t.Parallel()
	has := map[string]string{}
	for _, c := range keys.Commands {
		full, err := keys.Parse(c.Keys)
		if err != nil || full != c.Keys {
			t.Errorf("%s: %q, %v", c.ID, full, err)
		}
		if other, there := has[c.Keys]; there && c.Keys != "" {
			t.Errorf("%s and %s have the same keys", other, c.ID)
		}
		has[c.Keys] = c.ID
	}
}

// Shortcuts that are stored under the former id of a command are still its shortcuts; those under the present id come first.
func TestFormerIDs(t *testing.T) {
	t.Parallel()
	keysOf := func(own map[string]string, id string) string {
		for _, c := range keys.WithOverrides(own) {
			if c.ID == id {
				return c.Keys
			}
		}
		return "no such command"
	}
	if got := keysOf(map[string]string{"hand": "F8"}, "transfer"); got != "F8" {
		t.Errorf("under the former id: %q", got)
	}
	if got := keysOf(map[string]string{"hand": "F8", "transfer": ""}, "transfer"); got != "" {
		t.Errorf("under both ids: %q", got)
	}
	if got := keysOf(map[string]string{"hand": "F8"}, "take"); got != "Alt+N" {
		t.Errorf("another command: %q", got)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                  "",
		" cmd + shift + h ": "Ctrl+Shift+H",
		"alt+f2":            "Alt+F2",
		"F2":                "F2",
		"Strg+Umschalt+H":   "!",
		"H":                 "!",
		"Shift+H":           "!",
		"Ctrl+T":            "!",
		"Ctrl+Alt+E":        "!",
		"Ctrl+Alt+Shift+E":  "Ctrl+Alt+Shift+E",
		"Alt+3":             "!",
		"Alt+A+B":           "!",
		"Ctrl+":             "!",
		"option+down":       "Alt+ArrowDown",
		"F":                 "!",
	} {
		got, err := keys.Parse(in)
		if want == "!" && err == nil || want != "!" && (err != nil || got != want) {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	if _, err := keys.ParseForSnippet("alt+n"); err == nil {
		t.Error("a snippet takes the desk's own keys")
	}
}
