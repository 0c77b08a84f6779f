package files

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"parley/app/domain/files/internal/filesdb"
	"parley/app/platform/access"
	"parley/app/platform/bidi"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// Purpose is what a file is stored for.
type Purpose string

// Purposes of files.
const (
	ForMessage Purpose = "message"
	ForSnippet Purpose = "snippet"
	ForPicture Purpose = "picture"
)

// File is one file, without its bytes.
type File struct {
	ID            uuid.UUID
	Purpose       Purpose
	Visitor       uuid.UUID // whose conversation it is in; zero: none
	Conversation  uuid.UUID // zero: not sent yet, or not of a message
	Name          string
	MediaType     string    // media type
	Size          int64     // bytes
	Width, Height int       // of an image, in pixels; else 0
	Website       uuid.UUID // against whose quota it counts; zero: only the organization's
	hash          []byte
	uploadID      uuid.UUID // the upload that brought it; zero: none under way
}

// Upload is a file that is to be received.
type Upload struct {
	ID       uuid.UUID // named by the sender
	Purpose  Purpose
	Visitor  uuid.UUID // whose conversation it is for; zero: none
	Website  uuid.UUID // of the conversation; a visitor's is its own
	Name     string
	Content  io.Reader // read once; nil: Bytes
	Size     int64     // length of Content in bytes, as its sender says; 0: not known
	Bytes    []byte
	Allowed  []Category
	MaxBytes int // bytes
}

// MaxFileBytes is the size in bytes of the largest file that any rule can allow.
const MaxFileBytes = 50 << 20

// Service has the operations of files. It is safe for concurrent use.
type Service struct {
	db      *pg.DB
	store   Store
	options Options
}

// Options is how a Service receives files.
type Options struct {
	Scanner string // address of a clamd (host:port); empty: files are not scanned
	Quotas  Quotas // how much may be stored; a zero value in it is no limit
	// IncomingDir is the folder for uploads under way; empty: one in the folder for temporary files. A store that is a
	// folder itself has its own, so that a file that has arrived is only renamed.
	IncomingDir string
}

// New returns a Service on a database and a store of bytes.
func New(db *pg.DB, store Store, options Options) *Service {
	if f, is := store.(folder); is {
		options.IncomingDir = f.incoming()
	}
	if options.IncomingDir == "" {
		options.IncomingDir = filepath.Join(os.TempDir(), "parley-incoming")
	}
	return &Service{db, store, options}
}

// TooLarge returns the error for a file of more than maxBytes.
func TooLarge(name string, maxBytes int) error {
	limit := fmt.Sprintf("%d MB", maxBytes>>20)
	if maxBytes < 1<<20 {
		limit = fmt.Sprintf("%d kB", maxBytes>>10)
	}
	return fail.New(fail.Invalid, "“%s” is larger than %s. Choose a smaller file.",
		bidi.Isolate(cleanName(name)), limit).WithReason("damaged")
}

// insert writes the row of a file whose bytes are stored. The same file under the same id is no error; fail.Conflict for another one.
func (s *Service) insert(ctx context.Context, t *pg.Tenant, f File) (File, error) {
	actor := t.Actor()
	p := filesdb.CreateFileParams{
		ID:        f.ID,
		Purpose:   string(f.Purpose),
		Name:      f.Name,
		MediaType: f.MediaType,
		Size:      f.Size,
		Width:     int32(f.Width),
		Height:    int32(f.Height),
		Hash:      f.hash,
	}
	if f.Visitor != uuid.Nil {
		p.VisitorID = &f.Visitor
	}
	if f.Website != uuid.Nil {
		p.WebsiteID = &f.Website
	}
	if f.uploadID != uuid.Nil {
		p.UploadID = &f.uploadID
	}
	if id := actor.ID(); !actor.IsVisitor() && id != uuid.Nil {
		p.ByID = &id
	}
	q := filesdb.New(t)
	_, err := q.CreateFile(ctx, p)
	if pg.IsNoRows(err) { // there already: the same again, or another's
		existing, err := getFile(ctx, q, f.ID)
		if err == nil && existing.Purpose == f.Purpose && existing.Visitor == f.Visitor && string(existing.hash) == string(f.hash) {
			existing.uploadID = f.uploadID
			return existing, q.SetFileUpload(ctx, filesdb.SetFileUploadParams{ID: f.ID, UploadID: p.UploadID})
		}
		return File{}, fail.New(fail.Conflict, "Another file already has this id. Reload the page.")
	}
	return f, err
}

// Copy creates a file for a message from one that the actor sees, under a new id; they share their bytes. fail.NotFound if there is none.
func (s *Service) Copy(ctx context.Context, actor access.Actor, from, id, visitor uuid.UUID) (File, error) {
	f, err := s.Get(ctx, actor, from)
	if err != nil {
		return File{}, err
	}
	f.ID, f.Purpose, f.Visitor, f.Conversation, f.uploadID = id, ForMessage, visitor, uuid.Nil, uuid.Must(uuid.NewV7())
	f.Website = uuid.Nil
	var entered File
	err = s.db.As(actor).Tx(ctx, func(t *pg.Tenant) (err error) {
		entered, err = s.insert(ctx, t, f)
		return err
	})
	return entered, err
}

// GetStorageUse returns how much of its storage an organization uses, or with a website how much of its own that one
// does, to managers who see the website.
func (s *Service) GetStorageUse(ctx context.Context, actor access.Actor, website uuid.UUID) (StorageUse, error) {
	if _, err := s.db.Authorize(actor, access.StorageRead); err != nil {
		return StorageUse{}, err
	}
	use, err := filesdb.New(s.db.As(actor.AsSystem("say how much is stored"))).GetStorageUsage(ctx, website)
	if website == uuid.Nil {
		return StorageUse{use.Organization, s.options.Quotas.Organization}, err
	}
	return StorageUse{use.Website, s.options.Quotas.Website}, err
}

// Get returns a file. fail.NotFound if the actor does not see it.
func (s *Service) Get(ctx context.Context, actor access.Actor, id uuid.UUID) (File, error) {
	return getFile(ctx, filesdb.New(s.db.As(actor)), id)
}

func getFile(ctx context.Context, q *filesdb.Queries, id uuid.UUID) (File, error) {
	row, err := q.GetFile(ctx, id)
	if pg.IsNoRows(err) {
		return File{}, fail.Missing("file")
	}
	f := File{
		ID:        row.ID,
		Purpose:   Purpose(row.Purpose),
		Name:      row.Name,
		MediaType: row.MediaType,
		Size:      row.Size,
		Width:     int(row.Width),
		Height:    int(row.Height),
		hash:      row.Hash,
	}
	if row.VisitorID != nil {
		f.Visitor = *row.VisitorID
	}
	if row.ConversationID != nil {
		f.Conversation = *row.ConversationID
	}
	return f, err
}

// Open returns a file and its bytes; the caller closes the reader. fail.NotFound if the actor does not see it.
func (s *Service) Open(ctx context.Context, actor access.Actor, id uuid.UUID) (File, io.ReadCloser, error) {
	f, err := s.Get(ctx, actor, id)
	if err != nil {
		return File{}, nil, err
	}
	b, err := s.store.Get(ctx, storeKey(actor.Org(), f.hash))
	if errors.Is(err, errMissingBytes) {
		slog.Error("a file's bytes are gone", "organization", actor.Org(), "file", id)
		return File{}, nil, fail.Missing("file")
	}
	return f, b, err
}

// AttachToConversation records in which conversation a file was sent.
func (s *Service) AttachToConversation(ctx context.Context, actor access.Actor, id, conversation uuid.UUID) error {
	system := access.System(actor.Org(), "note where a file was sent")
	return filesdb.New(s.db.As(system)).AttachFile(ctx, filesdb.AttachFileParams{ID: id, ConversationID: conversation})
}

func storeKey(org uuid.UUID, hash []byte) string {
	h := hex.EncodeToString(hash)
	return org.String() + "/" + h[:2] + "/" + h
}

// cleanName returns a file's name from what its sender calls it: no folders, no control characters, none that change directions
// (with one, invoice<U+202E>fdp.exe shows as invoiceexe.pdf), no ends of lines, at most 120 characters.
func cleanName(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = path.Base(strings.ReplaceAll(s, "\\", "/"))
	s = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) || bidi.IsControl(r) || strings.ContainsRune("<>:\"|?*\ufeff", r) {
			return -1
		}
		return r
	}, s)
	if s = strings.TrimRight(strings.TrimSpace(s), ". "); s == "" || strings.Trim(s, "./") == "" {
		s = "file"
	}
	if ext := path.Ext(s); utf8.RuneCountInString(s) > 120 {
		if utf8.RuneCountInString(ext) > 10 {
			ext = ""
		}
		s = string([]rune(s)[:110]) + ext
	}
	return s
}
