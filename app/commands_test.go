package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"
)

// Asking a command for help prints it and does nothing; what is not understood does nothing either.
func TestHelpRunsNoCommand(t *testing.T) {
	t.Parallel()
	for name := range commands {
		for _, args := range [][]string{{name, "--help"}, {name, "-h"}, {name, "help"}, {"help", name}, {"--help", name}} {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			var out bytes.Buffer
			if err := run(ctx, args, &out); err != nil || !strings.Contains(out.String(), "parley "+name) || ctx.Err() != nil {
				t.Errorf("%v: %v %.200q", args, err, out.String())
			}
			cancel()
		}
		for _, args := range [][]string{{name, "--dance"}, {name, "one", "two", "three", "four"}} {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			if err := run(ctx, args, &bytes.Buffer{}); (err == nil || ctx.Err() != nil) && !(name == "suggest" && len(args) > 2) {
				t.Errorf("%v is understood: %v", args, err)
			}
			cancel()
		}
		if !strings.Contains(help, "parley "+name) && name != "bench-serve" {
			t.Errorf("the help does not name %s", name)
		}
	}
	for _, asked := range []string{"version", "--version", "-v"} {
		var out bytes.Buffer
		if err := run(t.Context(), []string{asked}, &out); err != nil || !strings.Contains(out.String(), "migrations up to 0") {
			t.Errorf("%s: %v %q", asked, err, out.String())
		}
	}
}

// Without a command the help is printed, with every setting; an unknown command leads to it.
func TestHelpListsSettings(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(context.Background(), nil, &out); err != nil {
		t.Error(err)
	}
	for _, name := range []string{
		"PORT", "PUBLIC_URL", "DATABASE_URL", "MIGRATE_DATABASE_URL", "REDIS_URL", "DATA_DIR", "SECRET_KEY", "SMTP_URL",
		"ADMIN_ADDR", "LOG", "TRUSTED_PROXIES", "COMMIT_WINDOW", "DRAIN_DELAY", "LIMITS", "CLIENT_ADDRESS_HEADER",
		"STORAGE_LIMITS",
	} {
		if !strings.Contains(out.String(), "  "+name+" ") {
			t.Errorf("help does not list %s", name)
		}
	}
	if err := run(context.Background(), []string{"dance"}, &out); err == nil || !strings.Contains(err.Error(), "parley help") {
		t.Errorf("an unknown command: %v", err)
	}
}
