package pg_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/platform/pg"
	"parley/app/tools/testkit"
)

// After a statement that failed for a full disk, the database is ready again when it can write, and is asked by one statement.
func TestReadyAfterDiskFull(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	app, _ := testkit.DatabaseURLs(t)
	db, err := pg.Open(ctx, app)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Ready(ctx); err != nil {
		t.Error(err)
	}
	_, err = db.As(access.System(uuid.New(), "test")).Exec(ctx,
		"do $$ begin raise exception 'no space left' using errcode = '53100'; end $$")
	if err == nil || !db.DiskFull() {
		t.Error("a full disk was not noticed", err)
	}
	_, before := db.Counts()
	if err := db.Ready(ctx); err != nil || db.DiskFull() {
		t.Error("there is room, but", err)
	}
	if _, after := db.Counts(); after != before+1 {
		t.Errorf("%d round trips", after-before)
	}
}

// A disk that is really full: not ready, with words, and ready again when there is room.
func TestReadyOnFullDisk(t *testing.T) {
	ctx := context.Background()
	parent := clusterParent(t)
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=200m,mode=755", "none", parent).CombinedOutput(); err != nil {
		t.Skipf("no small disk can be made here: %s", out)
	}
	t.Cleanup(func() { exec.Command("umount", "-l", parent).Run() })
	c := startCluster(t, parent+"/data")
	if _, err := pg.Migrate(ctx, c.OwnerURL, c.AppURL); err != nil {
		t.Fatal(err)
	}
	// Without log, for which there is no room either: a server that cannot write its log ends.
	execOn(t, c.OwnerURL, "create unlogged table big (text text)")
	execOn(t, c.OwnerURL, "grant insert on big to parley")
	db, err := pg.Open(ctx, c.AppURL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	exec.Command("dd", "if=/dev/zero", "of="+parent+"/fill", "bs=64k").Run() // ends when the disk is full
	_, err = db.As(access.System(uuid.New(), "test")).Exec(ctx, "insert into big select repeat('x', 1000) from generate_series(1, 10000)")
	if err == nil || !strings.Contains(err.Error(), "53100") {
		t.Fatalf("writing to a full disk: %v", err)
	}
	for range 2 {
		if err := db.Ready(ctx); !errors.Is(err, pg.ErrDiskFull) {
			t.Errorf("on a full disk: %v", err)
		}
	}
	if err := os.Remove(parent + "/fill"); err != nil {
		t.Fatal(err)
	}
	if err := db.Ready(ctx); err != nil {
		t.Errorf("with room again: %v", err)
	}
}
