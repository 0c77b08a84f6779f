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

	"parley/app/access"
	"parley/app/bidi"
	"parley/app/fail"
	"parley/app/files/internal/filesdb"
	"parley/app/pg"
)

// Use is what a file is kept for.
type Use string

// Uses of files.
const (
	OfMessage Use = "message"
	OfSnippet Use = "snippet"
	Picture   Use = "picture"
)

// File is one file, without its bytes.
type File struct {
	ID            uuid.UUID
	Use           Use
	Visitor       uuid.UUID // whose conversation it is in; zero: none
	Conversation  uuid.UUID // zero: not said yet, or not of a message
	Name          string
	Kind          string    // media type
	Size          int64     // bytes
	Width, Height int       // of an image, in pixels; else 0
	Website       uuid.UUID // where it counts when it is put; zero: for the organization only
	hash          []byte
	upload        uuid.UUID // that brought it; zero: not just now
}

// New is a file that comes.
type New struct {
	ID      uuid.UUID // named by the sender
	Use     Use
	Visitor uuid.UUID // whose conversation it is for; zero: none
	Website uuid.UUID // of the conversation; a visitor's is its own
	Name    string
	Content io.Reader // read once; nil: Bytes
	Size    int64     // bytes that Content has, as its sender says; 0: it says nothing
	Bytes   []byte
	Allowed []Sort
	Most    int // bytes
}

// MostBytes is the largest file that any rule can allow.
const MostBytes = 50 << 20

// Room is the place of files.
type Room struct {
	db     *pg.DB
	store  Store
	clamd  string // empty: nothing is scanned
	quotas Quotas
	dir    string // for uploads under way
}

// NewRoom returns the room. clamd is the address of a virus scanner; empty: none is asked.
func NewRoom(db *pg.DB, store Store, clamd string) *Room {
	r := &Room{db: db, store: store, clamd: clamd, quotas: DefaultQuotas}
	r.dir = filepath.Join(os.TempDir(), "parley-incoming")
	if f, is := store.(folder); is {
		r.dir = f.incoming()
	}
	return r
}

// Limit sets the quotas. To be called before the first file.
func (r *Room) Limit(q Quotas) { r.quotas = q }

// ReceiveIn sets the folder for uploads under way, where the store is not a folder itself. To be called before the first file.
func (r *Room) ReceiveIn(dir string) {
	if _, is := r.store.(folder); !is {
		r.dir = dir
	}
}

// TooLarge refuses a file of more than so many bytes.
func TooLarge(name string, most int) error {
	limit := fmt.Sprintf("%d MB", most>>20)
	if most < 1<<20 {
		limit = fmt.Sprintf("%d kB", most>>10)
	}
	return fail.New(fail.Invalid, "“%s” is larger than %s, which is the most that can be sent here.", bidi.Isolate(cleanName(name)), limit).Because("damaged")
}

// enter writes the row of a file whose bytes are stored.
func (r *Room) enter(ctx context.Context, t *pg.Tenant, f File) (File, error) {
	who := t.Actor()
	p := filesdb.PutFileParams{ID: f.ID, Use: string(f.Use), Name: f.Name, Kind: f.Kind, Size: f.Size, Width: int32(f.Width), Height: int32(f.Height), Hash: f.hash}
	if f.Visitor != uuid.Nil {
		p.VisitorID = &f.Visitor
	}
	if f.Website != uuid.Nil {
		p.WebsiteID = &f.Website
	}
	if f.upload != uuid.Nil {
		p.UploadID = &f.upload
	}
	if id := who.ID(); !who.IsVisitor() && id != uuid.Nil {
		p.ByID = &id
	}
	q := filesdb.New(t)
	_, err := q.PutFile(ctx, p)
	if pg.None(err) { // there already: the same again, or another's
		known, err := get(ctx, q, f.ID)
		if err == nil && known.Use == f.Use && known.Visitor == f.Visitor && string(known.hash) == string(f.hash) {
			known.upload = f.upload
			return known, q.AgainUpload(ctx, filesdb.AgainUploadParams{ID: f.ID, UploadID: p.UploadID})
		}
		return File{}, fail.New(fail.Conflict, "This file's id is taken.")
	}
	return f, err
}

// Copy enters a file anew, for a message: its bytes are the same.
func (r *Room) Copy(ctx context.Context, who access.Actor, from, id, visitor uuid.UUID) (File, error) {
	f, err := r.Get(ctx, who, from)
	if err != nil {
		return File{}, err
	}
	f.ID, f.Use, f.Visitor, f.Conversation, f.upload = id, OfMessage, visitor, uuid.Nil, uuid.Must(uuid.NewV7())
	f.Website = uuid.Nil
	var entered File
	err = r.db.As(who).Tx(ctx, func(t *pg.Tenant) (err error) {
		entered, err = r.enter(ctx, t, f)
		return err
	})
	return entered, err
}

// Used returns how much of its storage an organization uses, or with a website how much of its own that one does, to managers who see
// the website.
func (r *Room) Used(ctx context.Context, who access.Actor, website uuid.UUID) (StorageUse, error) {
	if _, err := r.db.For(who, access.Manage); err != nil {
		return StorageUse{}, err
	}
	use, err := filesdb.New(r.db.As(who.AsSystem("say how much is stored"))).StorageUse(ctx, website)
	if website == uuid.Nil {
		return StorageUse{use.Organization, r.quotas.Organization}, err
	}
	return StorageUse{use.Website, r.quotas.Website}, err
}

// Get returns a file that the actor may see.
func (r *Room) Get(ctx context.Context, who access.Actor, id uuid.UUID) (File, error) {
	return get(ctx, filesdb.New(r.db.As(who)), id)
}

func get(ctx context.Context, q *filesdb.Queries, id uuid.UUID) (File, error) {
	row, err := q.GetFile(ctx, id)
	if pg.None(err) {
		return File{}, fail.Missing("file")
	}
	f := File{ID: row.ID, Use: Use(row.Use), Name: row.Name, Kind: row.Kind, Size: row.Size, Width: int(row.Width), Height: int(row.Height), hash: row.Hash}
	if row.VisitorID != nil {
		f.Visitor = *row.VisitorID
	}
	if row.ConversationID != nil {
		f.Conversation = *row.ConversationID
	}
	return f, err
}

// Open returns a file that the actor may see, with its bytes; the reader is to be closed.
func (r *Room) Open(ctx context.Context, who access.Actor, id uuid.UUID) (File, io.ReadCloser, error) {
	f, err := r.Get(ctx, who, id)
	if err != nil {
		return File{}, nil, err
	}
	b, err := r.store.Get(ctx, place(who.Org(), f.hash))
	if errors.Is(err, errGone) {
		slog.Error("a file's bytes are gone", "organization", who.Org(), "file", id)
		return File{}, nil, fail.Missing("file")
	}
	return f, b, err
}

// Said notes in which conversation a file was said.
func (r *Room) Said(ctx context.Context, who access.Actor, id, conversation uuid.UUID) error {
	system := access.System(who.Org(), "note where a file was said")
	return filesdb.New(r.db.As(system)).SaidFile(ctx, filesdb.SaidFileParams{ID: id, ConversationID: conversation})
}

func place(org uuid.UUID, hash []byte) string {
	h := hex.EncodeToString(hash)
	return org.String() + "/" + h[:2] + "/" + h
}

// cleanName makes a file's name of what its sender calls it: no folders, no control characters, none that change directions
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
