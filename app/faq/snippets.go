package faq

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/fail"
	"parley/app/faq/internal/faqdb"
	"parley/app/keys"
	"parley/app/pg"
)

// Snippet is a phrase on a key: everybody's, one for a customer's conversations, a group's, or a user's own.
type Snippet struct {
	ID        uuid.UUID
	Group     uuid.UUID // zero: not a group's
	User      uuid.UUID // zero: not somebody's own
	Customer  uuid.UUID // zero: not for one customer's conversations
	GroupName string

	CustomerName string

	Name     string // after the slash
	Keys     string // such as Ctrl+Shift+H; empty: none
	Body     string // Markdown with placeholders
	Used     int
	FileName string    // of the file that comes along; empty: none
	File     uuid.UUID // SaveSnippet: the new one; zero: as it was
	NoFile   bool      // SaveSnippet: without one
}

// Groups says whose snippets somebody sees.
type Groups struct {
	List       []uuid.UUID
	Everywhere bool
	Customer   uuid.UUID // whose conversation a snippet is used in; zero: none
}

// Snippets returns those that somebody may use. Of several with the same name the nearest wins: own, a customer's, a group's, everybody's.
func (r *Room) Snippets(ctx context.Context, who access.Actor, of Groups) ([]Snippet, error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return nil, err
	}
	rows, err := faqdb.New(t).ListSnippets(ctx, faqdb.ListSnippetsParams{UserID: optional(who.ID()), Everywhere: of.Everywhere, Groups: of.List})
	list := make([]Snippet, len(rows))
	for i, s := range rows {
		list[i] = Snippet{ID: s.ID, Group: given(s.GroupID), User: given(s.UserID), Customer: given(s.CustomerID), GroupName: s.GroupName, CustomerName: s.CustomerName, Name: s.Name, Keys: s.Keys, Body: s.Body, Used: int(s.Used), FileName: s.FileName}
	}
	return list, err
}

var snippetName = regexp.MustCompile(`^[\p{L}\p{N}_-]{1,40}$`)

// SaveSnippet keeps a snippet, a new one for the zero id. Everybody keeps its own; managers those of all and of groups.
func (r *Room) SaveSnippet(ctx context.Context, who access.Actor, s Snippet) error {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return err
	}
	var checks fail.Checks
	s.Name = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(s.Name), "/"))
	if !snippetName.MatchString(s.Name) {
		checks.Add("name", "Please give a name of letters, digits and hyphens, at most 40; it is typed after a slash.")
	}
	if s.Keys, err = keys.Free(s.Keys); err != nil {
		checks.Err("keys", err)
	}
	s.Body, err = fail.Text("the text", s.Body, maxAnswer)
	checks.Err("body", err)
	checks.Err("body", CheckPlaceholders(s.Body))
	if err := checks.Result(); err != nil {
		return err
	}
	q := faqdb.New(t)
	if s.ID == uuid.Nil {
		if s.User != uuid.Nil && s.User != who.ID() || s.User == uuid.Nil && !who.May(access.Manage) {
			return fail.New(fail.Forbidden, "Only managers write snippets for others. Choose “Me”.")
		}
		if s.User == uuid.Nil && who.Limited() && !who.Serves(s.Customer) {
			return fail.Field("for", "You are limited to some customers. Choose one of them, or yourself.")
		}
		err = q.AddSnippet(ctx, faqdb.AddSnippetParams{ID: uuid.Must(uuid.NewV7()), GroupID: optional(s.Group), UserID: optional(s.User), CustomerID: optional(s.Customer), Name: s.Name, Keys: s.Keys, Body: s.Body, FileID: optional(s.File)})
	} else {
		if err = r.own(ctx, q, who, s.ID); err != nil {
			return err
		}
		_, err = q.UpdateSnippet(ctx, faqdb.UpdateSnippetParams{ID: s.ID, Name: s.Name, Keys: s.Keys, Body: s.Body, FileID: optional(s.File), WithoutFile: s.NoFile})
	}
	if pg.Duplicate(err, "") {
		return fail.Field("name", "There is a snippet with this name already.")
	}
	if pg.Missing(err) {
		return fail.Field("for", "This group or customer does not exist any more. Choose again.")
	}
	return err
}

// own checks that somebody may change a snippet.
func (r *Room) own(ctx context.Context, q *faqdb.Queries, who access.Actor, id uuid.UUID) error {
	row, err := q.GetSnippet(ctx, id)
	if pg.None(err) || err == nil && row.UserID != nil && *row.UserID != who.ID() {
		return fail.Missing("snippet")
	}
	if err == nil && row.UserID == nil && !who.May(access.Manage) {
		return fail.New(fail.Forbidden, "Only managers change snippets that are for others, too.")
	}
	if err == nil && row.UserID == nil && row.CustomerID == nil && who.Limited() {
		return fail.New(fail.Forbidden, "This snippet is for all customers, and you are limited to some. Ask a manager who is not.")
	}
	return err
}

// RemoveSnippet deletes one.
func (r *Room) RemoveSnippet(ctx context.Context, who access.Actor, id uuid.UUID) error {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return err
	}
	q := faqdb.New(t)
	if err := r.own(ctx, q, who, id); err != nil {
		return err
	}
	_, err = q.RemoveSnippet(ctx, id)
	return err
}

// UseSnippet returns a snippet's text for a conversation, and counts it.
func (r *Room) UseSnippet(ctx context.Context, who access.Actor, id uuid.UUID, of Groups, in Fields) (string, error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return "", err
	}
	q := faqdb.New(t)
	row, err := mayUse(ctx, q, who, id, of)
	if err != nil {
		return "", err
	}
	return in.Fill(row.Body), q.UseSnippets(ctx, []uuid.UUID{id})
}

// Attachment returns the file that a snippet brings along.
func (r *Room) Attachment(ctx context.Context, who access.Actor, id uuid.UUID, of Groups) (uuid.UUID, error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return uuid.Nil, err
	}
	row, err := mayUse(ctx, faqdb.New(t), who, id, of)
	if err == nil && row.FileID == nil {
		err = fail.Missing("file")
	}
	return given(row.FileID), err
}

// mayUse returns a snippet that somebody may use.
func mayUse(ctx context.Context, q *faqdb.Queries, who access.Actor, id uuid.UUID, of Groups) (faqdb.GetSnippetRow, error) {
	row, err := q.GetSnippet(ctx, id)
	if pg.None(err) || err == nil && (row.UserID != nil && *row.UserID != who.ID() || row.CustomerID != nil && *row.CustomerID != of.Customer ||
		row.GroupID != nil && !of.Everywhere && !slices.Contains(of.List, *row.GroupID)) {
		return row, fail.Missing("snippet")
	}
	return row, err
}
