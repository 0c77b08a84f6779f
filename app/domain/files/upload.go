package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/files/internal/filesdb"
	"parley/app/domain/files/metadata"
	"parley/app/platform/access"
	"parley/app/platform/bidi"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// Quotas are how many bytes may be stored; 0: no limit.
type Quotas struct{ Organization, Website int64 }

// DefaultQuotas are the quotas of an installation that sets none.
var DefaultQuotas = Quotas{Organization: 20 << 30, Website: 10 << 30}

// StorageUse is how much of the store an organization uses, or one website.
type StorageUse struct {
	Used, Limit int64 // bytes; Limit 0: none
}

// detachedTimeout is how long cleaning up in the database may take after a request has ended.
const detachedTimeout = 10 * time.Second

// Put receives a file: it reserves the bytes, spools them on this machine's disk, inspects them, stores them, and
// writes the file's row. The same id from the same sender again is the same file. It returns an error of reading the
// content as it is; fail.Invalid for a file that is refused; fail.Conflict if a quota is used up; fail.Busy while the
// scanner or the disk fails.
func (s *Service) Put(ctx context.Context, actor access.Actor, in Upload) (File, error) {
	name := cleanName(in.Name)
	if in.Content == nil {
		in.Content, in.Size = bytes.NewReader(in.Bytes), int64(len(in.Bytes))
	}
	maxBytes := int64(min(in.MaxBytes, MaxFileBytes))
	switch {
	case in.ID == uuid.Nil:
		return File{}, fail.New(fail.Invalid, "The file has no id.")
	case in.Size > maxBytes:
		return File{}, TooLarge(name, in.MaxBytes)
	case in.Size <= 0:
		in.Size = maxBytes // as the sender does not say how many
	}
	if actor.IsVisitor() {
		in.Website = actor.ScopeID()
	}
	u := upload{service: s, actor: actor, db: s.db.As(actor.AsSystem("take in a file")), id: uuid.Must(uuid.NewV7())}
	if err := u.reserve(ctx, in.Website, in.Size); err != nil {
		return File{}, err
	}
	f, err := u.receive(ctx, in, name, maxBytes)
	if err != nil {
		u.abort(ctx)
	}
	return f, err
}

// upload is one attempt to receive a file.
type upload struct {
	service *Service
	actor   access.Actor
	db      *pg.Tenant // as the system: no actor sees reservations
	id      uuid.UUID
	hash    []byte // nil: it has put nothing into the store
}

// reserve counts the bytes against the quotas before the first one is read.
func (u *upload) reserve(ctx context.Context, website uuid.UUID, size int64) error {
	return u.db.Tx(ctx, func(t *pg.Tenant) error {
		q := filesdb.New(t)
		p := filesdb.CreateUploadParams{ID: u.id, Size: size}
		if website != uuid.Nil {
			p.WebsiteID = &website
		}
		if err := q.CreateUpload(ctx, p); err != nil {
			return err
		}
		return u.checkQuota(ctx, q, website)
	})
}

// checkQuota refuses an upload beyond a quota. It runs after the bytes were counted, in the same transaction.
func (u *upload) checkQuota(ctx context.Context, q *filesdb.Queries, website uuid.UUID) error {
	use, err := q.GetStorageUsage(ctx, website)
	if err != nil {
		return err
	}
	quotas := u.service.options.Quotas
	full := quotas.Organization > 0 && use.Organization > quotas.Organization
	if full || website != uuid.Nil && quotas.Website > 0 && use.Website > quotas.Website {
		slog.Warn("a file was refused: the storage is used up", "organization", u.actor.Org(), "website", website)
		return fail.New(fail.Conflict,
			"The file was not sent because there is no storage left for files. Describe in a message what it shows.").WithReason("damaged")
	}
	return nil
}

// receive spools the bytes and makes a file of them.
func (u *upload) receive(ctx context.Context, in Upload, name string, maxBytes int64) (File, error) {
	t, err := u.service.createTemp()
	if err != nil {
		slog.Error("receive a file", "error", err)
		return File{}, errDisk
	}
	defer func() {
		t.Close()
		os.Remove(t.Name()) // unless it has become the stored one
	}()
	hash := sha256.New()
	size, err := receive(t, io.TeeReader(io.LimitReader(in.Content, maxBytes+1), hash))
	switch {
	case errors.Is(err, errDisk):
		return File{}, errDisk
	case err != nil:
		return File{}, err
	case size == 0:
		return File{}, fail.New(fail.Invalid, "“%s” is empty. Choose another file.", bidi.Isolate(name)).WithReason("empty")
	case size > maxBytes:
		return File{}, TooLarge(name, in.MaxBytes)
	}
	l, name, err := inspect(t, size, name, in.Allowed)
	if err != nil {
		return File{}, err
	}
	if in.Purpose == ForPicture && !IsDisplayable(l.mediaType) {
		return File{}, fail.New(fail.Invalid,
			"“%s” is not a supported image. Choose a PNG, JPEG, GIF or WebP image.", bidi.Isolate(name)).WithReason("kind")
	}
	if IsDisplayable(l.mediaType) {
		hash.Reset()
		if size, err = stripMetadata(t, hash, &l, size, name); err != nil {
			return File{}, err
		}
	}
	if err := u.scan(ctx, t, size, name); err != nil {
		return File{}, err
	}
	f := File{ID: in.ID, Purpose: in.Purpose, Visitor: in.Visitor, Website: in.Website, Name: name, MediaType: l.mediaType, Size: size,
		Width: l.width, Height: l.height, hash: hash.Sum(nil), uploadID: u.id}
	if err := u.store(ctx, t, f); err != nil {
		return File{}, err
	}
	return u.insert(ctx, f)
}

var errDisk = &fail.Error{
	Kind:       fail.Busy,
	RetryAfter: 30 * time.Second,
	Message:    "Files cannot be saved at the moment. Try again in a few minutes.",
}

// receive copies to a file with little memory. An error of the disk is errDisk, any other the sender's.
func receive(to *os.File, from io.Reader) (size int64, err error) {
	chunk := make([]byte, 32<<10)
	for {
		n, err := from.Read(chunk)
		if n > 0 {
			if _, bad := to.Write(chunk[:n]); bad != nil {
				slog.Error("receive a file", "error", bad)
				return size, errDisk
			}
			size += int64(n)
		}
		if errors.Is(err, io.EOF) {
			return size, nil
		}
		if err != nil {
			return size, err
		}
	}
}

// stripMetadata removes an image's metadata, such as where it was taken, in place, writes what remains to the hash too, and returns the new
// size. It swaps the dimensions if the image is shown rotated.
func stripMetadata(t *os.File, hash io.Writer, l *inspection, size int64, name string) (int64, error) {
	orientation, size, err := metadata.Strip(io.MultiWriter(io.NewOffsetWriter(t, 0), hash), t, size, l.mediaType)
	if errors.Is(err, metadata.ErrDamaged) {
		return 0, errDamagedImage(name)
	}
	if err == nil {
		err = t.Truncate(size)
	}
	if err != nil {
		slog.Error("remove an image's metadata", "error", err)
		return 0, errDisk
	}
	if orientation.SwapsDimensions() {
		l.width, l.height = l.height, l.width
	}
	return size, nil
}

func (u *upload) scan(ctx context.Context, t *os.File, size int64, name string) error {
	if u.service.options.Scanner == "" {
		return nil
	}
	found, err := scan(ctx, u.service.options.Scanner, io.NewSectionReader(t, 0, size))
	if err != nil {
		slog.Error("scan a file", "error", err)
		return &fail.Error{Kind: fail.Busy, RetryAfter: 5 * time.Second,
			Message: "Files cannot be scanned at the moment. Try again in a few minutes."}
	}
	if found != "" {
		slog.Warn("a file was refused by the virus scanner", "organization", u.actor.Org(), "found", found)
		return fail.New(fail.Invalid, "“%s” was not sent because it contains malware (%s).", bidi.Isolate(name),
			found).WithReason("harmful")
	}
	return nil
}

// store puts the bytes into the store. It records their hash before, so that they are not removed as unused meanwhile.
func (u *upload) store(ctx context.Context, t *os.File, f File) error {
	err := u.db.Tx(ctx, func(db *pg.Tenant) error {
		q := filesdb.New(db)
		if err := q.LockBytes(ctx, f.hash); err != nil {
			return err
		}
		n, err := q.SetUploadHash(ctx, filesdb.SetUploadHashParams{ID: u.id, Hash: f.hash, Size: f.Size})
		if err == nil && n == 0 { // it took so long that CleanUp has removed it
			return errTooSlow
		}
		return err
	})
	if err != nil {
		return err
	}
	u.hash = f.hash
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if err := u.service.store.Put(ctx, storeKey(u.actor.Org(), f.hash), t, f.Size); err != nil {
		if ctx.Err() == nil {
			slog.Error("store a file", "error", err)
			return errDisk
		}
		return fmt.Errorf("store a file: %w", err)
	}
	return nil
}

var errTooSlow = &fail.Error{Kind: fail.Busy, RetryAfter: 5 * time.Second,
	Message: "The upload took too long. Try again on a faster connection."}

// insert writes the row of a file whose bytes are stored, and ends the reservation with it.
func (u *upload) insert(ctx context.Context, f File) (File, error) {
	var entered File
	err := u.service.db.As(u.actor).Tx(ctx, func(t *pg.Tenant) (err error) {
		entered, err = u.service.insert(ctx, t, f)
		return err
	})
	if err != nil {
		return File{}, err
	}
	// In a transaction of its own, because the actor has no right on it: until then the bytes count twice.
	u.release(ctx)
	return entered, nil
}

// release ends the reservation. CleanUp repeats what fails here.
func (u *upload) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), detachedTimeout)
	defer cancel()
	if err := filesdb.New(u.db).DeleteUpload(ctx, u.id); err != nil {
		slog.Warn("end an upload", "error", err)
	}
}

// abort ends a failed attempt, with the bytes that it has put into the store.
func (u *upload) abort(ctx context.Context) {
	if u.hash == nil {
		u.release(ctx)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), detachedTimeout)
	defer cancel()
	if err := u.service.removeBytes(ctx, u.db, u.id, u.hash); err != nil {
		slog.Warn("remove the bytes of an upload", "error", err)
	}
}

// Discard removes a file that Put or Copy has just returned, because its message was refused. A file that is in use by now stays.
func (s *Service) Discard(ctx context.Context, actor access.Actor, f File) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), detachedTimeout)
	defer cancel()
	db := s.db.As(actor.AsSystem("remove a file that was refused"))
	q := filesdb.New(db)
	n, err := q.DeleteUnsentFile(ctx, filesdb.DeleteUnsentFileParams{ID: f.ID, UploadID: &f.uploadID})
	if err == nil && n > 0 {
		var rows []filesdb.ListRemovedFileUploadsRow
		rows, err = q.ListRemovedFileUploads(ctx, f.hash)
		for _, row := range rows {
			err = errors.Join(err, s.removeBytes(ctx, db, row.ID, row.Hash))
		}
	}
	if err != nil {
		slog.Warn("remove a refused file", "error", err)
	}
}

// removeBytes ends an upload, or the record of a removed file, and removes its bytes from the store unless a file or
// another upload has them.
func (s *Service) removeBytes(ctx context.Context, db *pg.Tenant, id uuid.UUID, hash []byte) error {
	return db.Tx(ctx, func(t *pg.Tenant) error {
		q := filesdb.New(t)
		if hash == nil {
			return q.DeleteUpload(ctx, id)
		}
		if err := q.LockBytes(ctx, hash); err != nil {
			return err
		}
		if err := q.DeleteUpload(ctx, id); err != nil {
			return err
		}
		needed, err := q.AreBytesNeeded(ctx, filesdb.AreBytesNeededParams{Hash: hash, Seconds: int32(maxUploadTime / time.Second)})
		if err != nil || needed {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, detachedTimeout)
		defer cancel()
		return s.store.Remove(ctx, storeKey(t.Actor().Org(), hash))
	})
}
