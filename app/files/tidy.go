package files

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/files/internal/filesdb"
)

const (
	// longest is how long an upload lasts at most, with all that is done with it: what is older has been left by a process that ended.
	longest = 15 * time.Minute
	// tidyEvery is how often a process looks for what was left. It costs one statement, however many organizations there are.
	tidyEvery = 15 * time.Minute
	// tidyAtOnce is how many files on this machine are looked at in one go.
	tidyAtOnce = 10_000
)

// spool opens a file for an upload that comes.
func (r *Room) spool() (*os.File, error) {
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return nil, err
	}
	return os.CreateTemp(r.dir, "upload-")
}

// Spool opens a file on this machine's disk for whoever has to read something twice. It is to be closed and removed.
func (r *Room) Spool() (*os.File, error) { return r.spool() }

// Run tidies up, now and again, until ctx ends.
func (r *Room) Run(ctx context.Context) error {
	wait := time.Minute + rand.N(time.Minute)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		if err := r.Tidy(ctx, longest); err != nil && ctx.Err() == nil {
			slog.Warn("tidy up files", "error", err)
		}
		wait = tidyEvery + rand.N(time.Minute)
	}
}

// Tidy removes what processes that ended have left and is older than age: uploads on this machine's disk, reservations with their
// bytes in the store, files that were never said, and files that no snippet and no picture has any more.
func (r *Room) Tidy(ctx context.Context, age time.Duration) error {
	failed := r.tidyDisk(age)
	orgs, err := r.db.Doors().Untidy(ctx, age)
	if err != nil {
		return errors.Join(failed, err)
	}
	for _, org := range orgs {
		if err := r.tidyOrg(ctx, org, age); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

func (r *Room) tidyDisk(age time.Duration) error {
	d, err := os.Open(r.dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.Close()
	names, _ := d.Readdirnames(tidyAtOnce)
	for _, name := range names {
		path := filepath.Join(r.dir, name)
		info, err := os.Lstat(path)
		if err == nil && strings.HasPrefix(name, "upload-") && info.Mode().IsRegular() && time.Since(info.ModTime()) > age {
			os.Remove(path)
		}
	}
	return nil
}

func (r *Room) tidyOrg(ctx context.Context, org uuid.UUID, age time.Duration) error {
	db := r.db.As(access.System(org, "tidy up files"))
	q, seconds := filesdb.New(db), int32(age/time.Second)
	if err := q.SaidLate(ctx, seconds); err != nil {
		return err
	}
	if err := q.DropUnused(ctx, seconds); err != nil {
		return err
	}
	rows, err := q.Leftovers(ctx, seconds)
	for _, row := range rows {
		err = errors.Join(err, r.removeBytes(ctx, db, row.ID, row.Hash))
	}
	return err
}
