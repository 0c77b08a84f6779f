package pg_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/platform/pg"
	"parley/app/tools/testkit"
)

// A cluster of its own: starts fresh, refuses a second owner of its data, starts again with what was written, and hands
// out a role that passes the guard while the owner's does not.
func TestClusterKeepsItsData(t *testing.T) {
	ctx := context.Background()
	parent, err := os.MkdirTemp("/tmp", "parley-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(parent) })
	os.Chmod(parent, 0o755)
	dir := filepath.Join(parent, "data")

	c, err := pg.StartCluster(ctx, dir, pg.ClusterOptions{Volatile: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pg.StartCluster(ctx, dir, pg.ClusterOptions{}); err == nil || !strings.Contains(err.Error(), "another Parley is running") {
		t.Errorf("a second start on the same data: %v", err)
	}
	if n, err := pg.Migrate(ctx, c.OwnerURL, c.AppURL); err != nil || n == 0 {
		t.Fatalf("first migration: %d, %v", n, err)
	}
	org := uuid.New()
	db, err := pg.Open(ctx, c.AppURL)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.CheckSchema(ctx); err != nil {
		t.Error(err)
	}
	if _, err := db.As(access.System(org, "test")).Exec(ctx, "insert into organizations (id, name) values ($1, 'Kept')", org); err != nil {
		t.Fatal(err)
	}
	db.Close()
	c.Stop()

	if c, err = pg.StartCluster(ctx, dir, pg.ClusterOptions{Volatile: true}); err != nil {
		t.Fatal(err)
	}
	defer c.Stop()
	if n, err := pg.Migrate(ctx, c.OwnerURL, c.AppURL); err != nil || n != 0 {
		t.Errorf("second migration: %d, %v", n, err)
	}
	if db, err = pg.Open(ctx, c.AppURL); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var name string
	if err := db.As(access.System(org, "test")).QueryRow(ctx, "select name from organizations").Scan(&name); err != nil || name != "Kept" {
		t.Errorf("after the second start: %q, %v", name, err)
	}
	if err := db.CheckRole(ctx); err != nil {
		t.Errorf("the application's role: %v", err)
	}
	owner, err := pg.Open(ctx, c.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	if err := owner.CheckRole(ctx); err == nil || !strings.Contains(err.Error(), "owns Parley's tables") {
		t.Errorf("the owner's role passed the guard: %v", err)
	}
}

// What is sent on a channel is heard by who listens to it, in order; channels come and go on a running connection.
func TestListener(t *testing.T) {
	db := testkit.DB(t)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	l := db.Listener()
	heard, listening := make(chan string, 10), make(chan []string, 10)
	go l.Run(ctx, func(p string) { heard <- p }, func(c []string) { listening <- c }, func() {})
	l.Listen("test_channel")
	<-listening
	l.Listen("test_Other-channel") // as it is written
	if c := <-listening; len(c) != 1 || c[0] != "test_Other-channel" {
		t.Errorf("listening to %q", c)
	}
	notify := func(list ...pg.Notification) {
		t.Helper()
		if err := db.Notify(ctx, list); err != nil {
			t.Fatal(err)
		}
	}
	notify(pg.Notification{Channel: "test_channel", Body: "one"},
		pg.Notification{Channel: "test_Other-channel", Body: "two"},
		pg.Notification{Channel: "test_third", Body: "not heard"})
	if a, b := <-heard, <-heard; a != "one" || b != "two" {
		t.Errorf("heard %q, %q", a, b)
	}
	l.Unlisten("test_channel")
	l.Listen("test_third")
	<-listening
	notify(pg.Notification{Channel: "test_channel", Body: "not heard"}, pg.Notification{Channel: "test_third", Body: "three"})
	if c := <-heard; c != "three" {
		t.Errorf("heard %q", c)
	}
}
