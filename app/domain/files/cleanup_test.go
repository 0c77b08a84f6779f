package files_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/files"
	"parley/app/platform/access"
	"parley/app/platform/pg"
	"parley/app/tools/testkit"
)

// onDisk lists the files below a folder.
func onDisk(t testing.TB, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			names = append(names, d.Name())
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return names
}

// What processes that ended have left is removed, with its bytes and what it counts; what is used stays.
func TestCleanUp(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o, dir := testkit.NewOrg(t), t.TempDir()
	store, err := files.OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := files.New(testkit.DB(t), store, files.Options{})
	put := func(who access.Actor, use files.Purpose, text string) files.File {
		t.Helper()
		f, err := s.Put(ctx, who, files.Upload{
			ID:       uuid.New(),
			Purpose:  use,
			Visitor:  map[bool]uuid.UUID{true: who.ID()}[use == files.ForMessage],
			Name:     "a.txt",
			Bytes:    []byte(text),
			Allowed:  files.Categories,
			MaxBytes: 1000,
		})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	unsent := put(o.Visitor(), files.ForMessage, "Never said")
	used := put(o.As(access.Owner), files.ForSnippet, "Of a snippet")
	unused := put(o.As(access.Owner), files.ForSnippet, "Of no snippet")
	fresh := put(o.Visitor(), files.ForMessage, "Not said yet")
	system := testkit.DB(t).As(access.System(o.ID, "test"))
	for _, f := range []files.File{unsent, used, unused} { // as if they had come long ago
		var use, kind string
		var visitor, website *uuid.UUID
		var hash []byte
		if err := system.QueryRow(ctx,
			"select purpose, media_type, visitor_id, website_id, hash from files where id = $1", f.ID).Scan(&use, &kind,
			&visitor, &website, &hash); err != nil {
			t.Fatal(err)
		}
		if err := system.Tx(ctx, func(tx *pg.Tenant) error {
			if _, err := tx.Exec(ctx, "delete from files where id = $1", f.ID); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `insert into files (org_id, id, purpose, visitor_id, name, media_type, size, hash, website_id, created_at)
				values ($1, $2, $3, $4, 'a.txt', $5, $6, $7, $8, now() - interval '2 hours')`, o.ID, f.ID, use, visitor, kind, f.Size, hash, website)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := system.Exec(ctx,
		"insert into snippets (org_id, id, name, keys, body, file_id) values ($1, gen_random_uuid(), 'hello', '', 'Hello', $2)",
		o.ID, used.ID); err != nil {
		t.Fatal(err)
	}
	abandonUploads(ctx, t, o, dir, fresh)
	for range 2 { // what the first has found out, the second removes
		if err := s.CleanUp(ctx, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	checkCleaned(ctx, t, o, dir, s, unsent, used, unused, fresh)
}

// abandonUploads leaves uploads behind as processes do that ended two hours ago: one after its bytes were stored (those of fresh), one
// before, and an unfinished file.
func abandonUploads(ctx context.Context, t *testing.T, o testkit.Org, dir string, fresh files.File) {
	t.Helper()
	system := testkit.DB(t).As(access.System(o.ID, "test"))
	if _, err := system.Exec(ctx,
		"insert into uploads (org_id, id, website_id, size, hash, started_at) select $1, gen_random_uuid(), $2, 700, "+
			"hash, now() - interval '2 hours' from files where id = $3",
		o.ID, o.Website, fresh.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := system.Exec(ctx,
		"insert into uploads (org_id, id, website_id, size, started_at) select $1, gen_random_uuid(), $2, 900, now() - interval '2 hours'",
		o.ID, o.Website); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dir, "incoming", "upload-1")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(left, long, long); err != nil {
		t.Fatal(err)
	}
}

// checkCleaned checks which files stay, and that the rest is not counted any more.
func checkCleaned(ctx context.Context, t *testing.T, o testkit.Org, dir string, s *files.Service, unsent, used, unused, fresh files.File) {
	t.Helper()
	for f, stays := range map[uuid.UUID]bool{unsent.ID: false, used.ID: true, unused.ID: false, fresh.ID: true} {
		if _, err := s.Get(ctx, access.System(o.ID, "test"), f); (err == nil) != stays {
			t.Errorf("a file stays: %v, not %v", err == nil, stays)
		}
	}
	if names := onDisk(t, dir); len(names) != 2 {
		t.Errorf("on disk: %v", names)
	}
	want := used.Size + fresh.Size
	if use, err := s.GetStorageUse(ctx, o.As(access.Owner), uuid.Nil); err != nil || use.Used != want {
		t.Errorf("%d bytes count, not %d (%v)", use.Used, want, err)
	}
	if use, err := s.GetStorageUse(ctx, o.As(access.Owner), o.Website); err != nil || use.Used != fresh.Size {
		t.Errorf("%d bytes of the website count, not %d (%v)", use.Used, fresh.Size, err)
	}
}

// The same bytes come, are dropped and come again, all at once: whose file is there has its bytes.
func TestConcurrentUploadsOfSameBytes(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	store, err := files.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := files.New(testkit.DB(t), store, files.Options{})
	who := o.As(access.Agent)
	var stored sync.Map
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 6 {
				f, err := s.Put(ctx, who, files.Upload{
					ID:       uuid.New(),
					Purpose:  files.ForSnippet,
					Name:     "a.txt",
					Bytes:    []byte("The same words"),
					Allowed:  files.Categories,
					MaxBytes: 1000,
				})
				if err != nil {
					t.Error(err)
					return
				}
				if (i+j)%4 == 0 {
					stored.Store(f.ID, true)
				} else {
					s.Discard(ctx, who, f)
				}
			}
		})
	}
	all.Wait()
	n := int64(0)
	stored.Range(func(id, _ any) bool {
		n++
		_, b, err := s.Open(ctx, who, id.(uuid.UUID))
		if err != nil {
			t.Errorf("its bytes are gone: %v", err)
			return false
		}
		b.Close()
		return true
	})
	if use, err := s.GetStorageUse(ctx, o.As(access.Owner), uuid.Nil); err != nil || use.Used != n*int64(len("The same words")) {
		t.Errorf("%d bytes count for %d files (%v)", use.Used, n, err)
	}
}

// What is too large is refused as soon as there is too much, and leaves nothing.
func TestTooLargeWhileReceiving(t *testing.T) {
	t.Parallel()
	o, dir := testkit.NewOrg(t), t.TempDir()
	store, err := files.OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := files.New(testkit.DB(t), store, files.Options{})
	for _, size := range []int64{0, 10, 5000} { // as the sender says
		_, err := s.Put(context.Background(), o.As(access.Agent), files.Upload{
			ID:       uuid.New(),
			Purpose:  files.ForSnippet,
			Name:     "a.txt",
			Content:  strings.NewReader(strings.Repeat("x", 5000)),
			Size:     size,
			Allowed:  files.Categories,
			MaxBytes: 2000,
		})
		if err == nil || !strings.Contains(err.Error(), "1 kB") {
			t.Errorf("%d: %v", size, err)
		}
	}
	if names := onDisk(t, dir); len(names) != 0 {
		t.Errorf("left: %v", names)
	}
	if use, err := s.GetStorageUse(context.Background(), o.As(access.Owner), uuid.Nil); err != nil || use.Used != 0 {
		t.Errorf("%d bytes count (%v)", use.Used, err)
	}
}
