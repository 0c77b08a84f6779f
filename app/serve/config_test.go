package serve

import (
	"strings"
	"testing"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	read := func(pairs ...string) (Config, error) {
		env := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			env[pairs[i]] = pairs[i+1]
		}
		return ReadConfig(func(name string) string { return env[name] })
	}
	c, err := read()
	if err != nil || c.Port != 8080 || c.DataDir != "data" {
		t.Errorf("nothing set: %+v %v", c, err)
	}
	if c, err = read("PUBLIC_URL", "https://chat.example/", "PORT", "80"); err != nil || c.PublicURL != "https://chat.example" || c.Port != 80 {
		t.Errorf("%+v %v", c, err)
	}
	c, err = read("LIMITS", "visitor=0.5/7 sockets=10", "LOG", "json,debug", "COMMIT_WINDOW", "0", "TRUSTED_PROXIES",
		"192.0.2.1, 2001:db8::/32")
	if err != nil || c.Limits.Visitor.PerSecond != 0.5 || c.Limits.Visitor.Burst != 7 || c.Limits.AllSockets != 10 ||
		c.Limits.Address.Burst != 300 ||
		c.LogFormat != "json" || !c.Debug || c.CommitWindow != 0 || len(c.Proxies) != 2 || c.Proxies[0].String() != "192.0.2.1/32" {
		t.Errorf("%+v %v", c, err)
	}
	if c, err = read("LIMITS", "off", "TRUSTED_PROXIES", "none"); err != nil || c.Limits.AllSockets != 0 || len(c.Proxies) != 0 {
		t.Errorf("%+v %v", c, err)
	}
	if c, err = read("STORAGE_LIMITS", "website=500MB"); err != nil || c.Quotas.Website != 500<<20 || c.Quotas.Organization != 20<<30 {
		t.Errorf("%+v %v", c.Quotas, err)
	}
	if c, err = read("STORAGE_LIMITS", "off"); err != nil || c.Quotas.Website != 0 || c.Quotas.Organization != 0 {
		t.Errorf("%+v %v", c.Quotas, err)
	}
	for says, pairs := range map[string][]string{
		"PORT":                       {"PORT", "http"},
		"PORT must":                  {"PORT", "70000"},
		"PUBLIC_URL":                 {"PUBLIC_URL", "chat.example"},
		"without a path":             {"PUBLIC_URL", "https://chat.example/parley"},
		"at least 32":                {"SECRET_KEY", "short"},
		"together with DATABASE_URL": {"DATABASE_URL", "postgres://x"},
		"COMMIT_WINDOW must":         {"COMMIT_WINDOW", "2s"},
		"DRAIN_DELAY must":           {"DRAIN_DELAY", "soon"},
		"ADMIN_ADDR must":            {"ADMIN_ADDR", "9090"},
		"LOG may have":               {"LOG", "xml"},
		"LIMITS must":                {"LIMITS", "visitor=many"},
		`not "dance=1/2"`:            {"LIMITS", "visitor=1/2 dance=1/2"},
		"STORAGE_LIMITS must":        {"STORAGE_LIMITS", "organization=20"},
		`not "visitor=1GB"`:          {"STORAGE_LIMITS", "website=1GB visitor=1GB"},
		"TRUSTED_PROXIES must":       {"TRUSTED_PROXIES", "10.0.0.0/99"},
	} {
		c, err := read(pairs...)
		if err == nil {
			err = c.CheckServe()
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: %v", pairs, err)
		}
	}
}
