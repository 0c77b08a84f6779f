package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"path"
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
	Kind          string // media type
	Size          int64  // bytes
	Width, Height int    // of an image, in pixels; else 0
	hash          []byte
}

// New is a file that comes.
type New struct {
	ID      uuid.UUID // named by the sender
	Use     Use
	Visitor uuid.UUID // whose conversation it is for; zero: none
	Name    string
	Bytes   []byte
	Allowed []Sort
	Most    int // bytes
}

// MostBytes is the largest file that any rule can allow.
const MostBytes = 50 << 20

// Room is the place of files.
type Room struct {
	db    *pg.DB
	store Store
	clamd string // empty: nothing is scanned
}

// NewRoom returns the room. clamd is the address of a virus scanner; empty: none is asked.
func NewRoom(db *pg.DB, store Store, clamd string) *Room {
	return &Room{db: db, store: store, clamd: clamd}
}

// Put looks at a file, keeps its bytes, and then its row. The same id from the same sender again is the same file.
func (r *Room) Put(ctx context.Context, who access.Actor, in New) (File, error) {
	name := cleanName(in.Name)
	switch {
	case in.ID == uuid.Nil:
		return File{}, fail.New(fail.Invalid, "The file has no id.")
	case len(in.Bytes) == 0:
		return File{}, fail.New(fail.Invalid, "“%s” is empty.", bidi.Isolate(name)).Because("empty")
	case len(in.Bytes) > min(in.Most, MostBytes):
		return File{}, TooLarge(name, in.Most)
	}
	l, name, err := look(in.Bytes, name, in.Allowed)
	if err != nil {
		return File{}, err
	}
	if r.clamd != "" {
		found, err := scan(ctx, r.clamd, in.Bytes)
		if err != nil {
			slog.Error("scan a file", "error", err)
			return File{}, &fail.Error{Kind: fail.Busy, RetryAfter: 5e9, Message: "Files cannot be checked just now. Please try again in a moment."}
		}
		if found != "" {
			slog.Warn("a file was refused by the virus scanner", "organization", who.Org(), "found", found)
			return File{}, fail.New(fail.Invalid, "“%s” was not taken: it contains something harmful (%s).", bidi.Isolate(name), found).Because("harmful")
		}
	}
	sum := sha256.Sum256(in.Bytes)
	f := File{ID: in.ID, Use: in.Use, Visitor: in.Visitor, Name: name, Kind: l.kind, Size: int64(len(in.Bytes)), Width: l.width, Height: l.height, hash: sum[:]}
	if err := r.keep(ctx, who, f.hash, in.Bytes); err != nil {
		return File{}, err
	}
	return r.enter(ctx, who, f)
}

// TooLarge refuses a file of more than so many bytes.
func TooLarge(name string, most int) error {
	return fail.New(fail.Invalid, "“%s” is larger than %d MB, which is the most that can be sent here.", bidi.Isolate(cleanName(name)), most>>20)
}

func (r *Room) keep(ctx context.Context, who access.Actor, hash, b []byte) error {
	ctx, cancel := context.WithTimeout(ctx, storeIn)
	defer cancel()
	if err := r.store.Put(ctx, place(who.Org(), hash), b); err != nil {
		return errors.Join(errors.New("keep a file"), err)
	}
	return nil
}

// enter writes the row of a file whose bytes are kept.
func (r *Room) enter(ctx context.Context, who access.Actor, f File) (File, error) {
	p := filesdb.PutFileParams{ID: f.ID, Use: string(f.Use), Name: f.Name, Kind: f.Kind, Size: f.Size, Width: int32(f.Width), Height: int32(f.Height), Hash: f.hash}
	if f.Visitor != uuid.Nil {
		p.VisitorID = &f.Visitor
	}
	if id := who.ID(); !who.IsVisitor() && id != uuid.Nil {
		p.ByID = &id
	}
	q := filesdb.New(r.db.As(who))
	_, err := q.PutFile(ctx, p)
	if pg.None(err) { // there already: the same again, or another's
		known, err := r.Get(ctx, who, f.ID)
		if err == nil && known.Use == f.Use && known.Visitor == f.Visitor && string(known.hash) == string(f.hash) {
			return known, nil
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
	f.ID, f.Use, f.Visitor, f.Conversation = id, OfMessage, visitor, uuid.Nil
	return r.enter(ctx, who, f)
}

// Get returns a file that the actor may see.
func (r *Room) Get(ctx context.Context, who access.Actor, id uuid.UUID) (File, error) {
	row, err := filesdb.New(r.db.As(who)).GetFile(ctx, id)
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
	if s = strings.TrimSpace(s); s == "" || strings.Trim(s, "./") == "" {
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
