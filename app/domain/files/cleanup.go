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

	"parley/app/domain/files/internal/filesdb"
	"parley/app/platform/access"
)

const (
	// maxUploadTime is how long an upload lasts at most; an older one was left by a process that ended.
	maxUploadTime = 15 * time.Minute
	// cleanUpInterval is how often a process cleans up. It costs one statement, however many organizations there are.
	cleanUpInterval = 15 * time.Minute
	// cleanUpBatch is how many spooled files are looked at in one go.
	cleanUpBatch = 10_000
)

// createTemp creates the file into which an upload is spooled.
func (s *Service) createTemp() (*os.File, error) {
	if err := os.MkdirAll(s.options.IncomingDir, 0o700); err != nil {
		return nil, err
	}
	return os.CreateTemp(s.options.IncomingDir, "upload-")
}

// CreateTemp creates a file on this machine's disk for a caller that reads something twice. The caller closes and removes it.
func (s *Service) CreateTemp() (*os.File, error) { return s.createTemp() }

// Run cleans up every cleanUpInterval until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	wait := time.Minute + rand.N(time.Minute)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		if err := s.CleanUp(ctx, maxUploadTime); err != nil && ctx.Err() == nil {
			slog.Warn("tidy up files", "error", err)
		}
		wait = cleanUpInterval + rand.N(time.Minute)
	}
}

// CleanUp removes what processes that ended have left and is older than age: uploads on this machine's disk, reservations with their
// bytes in the store, files that were never sent, and files that no snippet and no picture has any more.
func (s *Service) CleanUp(ctx context.Context, age time.Duration) error {
	failed := s.cleanUpDisk(age)
	orgs, err := s.db.Unscoped().ListOrganizationsToTidy(ctx, age)
	if err != nil {
		return errors.Join(failed, err)
	}
	for _, org := range orgs {
		if err := s.cleanUpOrg(ctx, org, age); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

func (s *Service) cleanUpDisk(age time.Duration) error {
	d, err := os.Open(s.options.IncomingDir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.Close()
	names, _ := d.Readdirnames(cleanUpBatch)
	for _, name := range names {
		path := filepath.Join(s.options.IncomingDir, name)
		info, err := os.Lstat(path)
		if err == nil && strings.HasPrefix(name, "upload-") && info.Mode().IsRegular() && time.Since(info.ModTime()) > age {
			os.Remove(path)
		}
	}
	return nil
}

func (s *Service) cleanUpOrg(ctx context.Context, org uuid.UUID, age time.Duration) error {
	db := s.db.As(access.System(org, "tidy up files"))
	q, seconds := filesdb.New(db), int32(age/time.Second)
	if err := q.AttachLateFiles(ctx, seconds); err != nil {
		return err
	}
	if err := q.DeleteUnusedFiles(ctx, seconds); err != nil {
		return err
	}
	rows, err := q.ListStaleUploads(ctx, seconds)
	for _, row := range rows {
		err = errors.Join(err, s.removeBytes(ctx, db, row.ID, row.Hash))
	}
	return err
}
