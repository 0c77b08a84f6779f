package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	read := func(pairs ...string) (config, error) {
		env := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			env[pairs[i]] = pairs[i+1]
		}
		return readConfig(func(name string) string { return env[name] })
	}
	c, err := read()
	if err != nil || c.Port != 8080 || c.DataDir != "data" {
		t.Errorf("nothing set: %+v %v", c, err)
	}
	if c, err = read("PUBLIC_URL", "https://chat.example/", "PORT", "80"); err != nil || c.PublicURL != "https://chat.example" || c.Port != 80 {
		t.Errorf("%+v %v", c, err)
	}
	c, err = read("LIMITS", "visitor=0.5/7 sockets=10", "LOG", "json,debug", "COMMIT_WINDOW", "0", "TRUSTED_PROXIES", "192.0.2.1, 2001:db8::/32")
	if err != nil || c.Limits.Visitor.ASecond != 0.5 || c.Limits.Visitor.AtOnce != 7 || c.Limits.AllSockets != 10 || c.Limits.Address.AtOnce != 300 ||
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
			err = c.canServe()
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: %v", pairs, err)
		}
	}
	var out bytes.Buffer
	if err := run(context.Background(), nil, &out); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"PORT", "PUBLIC_URL", "DATABASE_URL", "MIGRATE_DATABASE_URL", "REDIS_URL", "DATA_DIR", "SECRET_KEY", "SMTP_URL", "ADMIN_ADDR", "LOG", "TRUSTED_PROXIES", "COMMIT_WINDOW", "DRAIN_DELAY", "LIMITS", "CLIENT_ADDRESS_HEADER", "STORAGE_LIMITS"} {
		if !strings.Contains(out.String(), "  "+name+" ") {
			t.Errorf("help does not list %s", name)
		}
	}
	if err := run(context.Background(), []string{"dance"}, &out); err == nil || !strings.Contains(err.Error(), "parley help") {
		t.Errorf("an unknown command: %v", err)
	}
}
