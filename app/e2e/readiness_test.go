package e2e

import (
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"parley/app/platform/access"
	"parley/app/platform/pg"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// getReadiness returns the status and text of /readyz.
func getReadiness(t *testing.T, s *serve.Server) (int, string) {
	t.Helper()
	res, err := http.Get(s.URL + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(text)
}

// TestReadinessOnFullDisk shows that a server whose private Postgres has no space left is not ready and says what to
// do, and that it is ready again when there is space.
func TestReadinessOnFullDisk(t *testing.T) {
	t.Parallel()
	var free atomic.Uint64
	free.Store(1 << 40)
	measure := func(cfg *serve.Config) {
		cfg.FreeBytes = func(string) (uint64, error) { return free.Load(), nil }
	}
	dir, err := os.MkdirTemp("/tmp", "parley-test-") // where Postgres' user can enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	os.Chmod(dir, 0o755)
	private := startServer(t, func(cfg *serve.Config) {
		measure(cfg)
		cfg.DatabaseURL, cfg.DataDir, cfg.Volatile = "", dir, true
	})
	onlyFiles := startServer(t, measure)
	noFiles := startServer(t, func(cfg *serve.Config) {
		measure(cfg)
		cfg.FilesURL = "s3://key:secret@files.example/bucket"
	})
	for range 2 {
		free.Store(1 << 40)
		for _, s := range []*serve.Server{private, onlyFiles, noFiles} {
			if status, text := getReadiness(t, s); status != http.StatusOK || text != "ready\n" {
				t.Errorf("with room: %d %s", status, text)
			}
		}
		free.Store(1 << 20)
		if status, text := getReadiness(t, private); status != http.StatusServiceUnavailable ||
			!strings.Contains(text, "the disk that holds DATA_DIR is full") {
			t.Errorf("without room for Postgres: %d %s", status, text)
		}
		if status, text := getReadiness(t, onlyFiles); status != http.StatusOK || !strings.Contains(text, "the disk for files is full") {
			t.Errorf("without room for files: %d %s", status, text)
		}
		if status, text := getReadiness(t, noFiles); status != http.StatusOK || text != "ready\n" {
			t.Errorf("with nothing on this machine: %d %s", status, text)
		}
	}
}

// TestReadinessChecksDatabase shows that /readyz costs one round trip, and names a migration that was not applied.
func TestReadinessChecksDatabase(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := startServer(t, nil)
	var cost int64
	for range 20 { // the server sends statements of its own now and then
		_, before := s.DB.Counts()
		if status, text := getReadiness(t, s); status != http.StatusOK {
			t.Errorf("%d %s", status, text)
		}
		_, after := s.DB.Counts()
		if cost = after - before; cost == 1 {
			break
		}
	}
	if cost != 1 {
		t.Errorf("/readyz takes %d round trips", cost)
	}
	if _, err := s.DB.As(access.System(uuid.New(), "test")).Exec(ctx,
		"do $$ begin raise exception 'no space left' using errcode = '53100'; end $$"); err == nil {
		t.Fatal("no error")
	}
	if status, text := getReadiness(t, s); status != http.StatusOK { // there is space: it was somebody else's, or is back
		t.Errorf("%d %s", status, text)
	}

	_, ownerURL := testkit.DatabaseURLs(t)
	super, err := pgx.Connect(ctx, testkit.SuperuserURL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(ctx)
	if _, err := super.Exec(ctx, "create database behind owner parley_owner"); err != nil {
		t.Fatal(err)
	}
	ownerURL = strings.Replace(ownerURL, "/parley?", "/behind?", 1)
	if _, err := pg.Migrate(ctx, ownerURL, ""); err != nil {
		t.Fatal(err)
	}
	late := startServer(t, func(cfg *serve.Config) { cfg.DatabaseURL = strings.Replace(cfg.DatabaseURL, "/parley?", "/behind?", 1) })
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "delete from goose_db_version where version_id > 0"); err != nil {
		t.Fatal(err)
	}
	status, text := getReadiness(t, late)
	if status != http.StatusServiceUnavailable || !strings.Contains(text, "has not been prepared") ||
		!strings.Contains(text, "parley migrate") {
		t.Errorf("with a migration missing: %d %s", status, text)
	}
}

// TestHealthAndReadiness shows that /healthz says that the process lives and /readyz that it can serve, and that the
// first goes on when the second says no.
func TestHealthAndReadiness(t *testing.T) {
	t.Parallel()
	s := startServer(t, nil)
	get := func(path string) int {
		t.Helper()
		res, err := http.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	if get("/healthz") != 200 || get("/readyz") != 200 {
		t.Error("a server that has started is not ready")
	}
	s.Ready.Store(false) // what Stop does first
	if get("/healthz") != 200 || get("/readyz") != 503 {
		t.Error("a server that stops says that it is ready")
	}
}
