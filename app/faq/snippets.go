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
		if err = keysTaken(ctx, q, s); err != nil {
			return err
		}
		err = q.AddSnippet(ctx, faqdb.AddSnippetParams{ID: uuid.Must(uuid.NewV7()), GroupID: optional(s.Group), UserID: optional(s.User), CustomerID: optional(s.Customer), Name: s.Name, Keys: s.Keys, Body: s.Body, FileID: optional(s.File)})
	} else {
		row, err := r.own(ctx, q, who, s.ID)
		if err != nil {
			return err
		}
		s.User, s.Customer, s.Group = given(row.UserID), given(row.CustomerID), given(row.GroupID)
		if !strings.EqualFold(row.Keys, s.Keys) {
			if err := keysTaken(ctx, q, s); err != nil {
				return err
			}
		}
		n, err := q.UpdateSnippet(ctx, faqdb.UpdateSnippetParams{ID: s.ID, Name: s.Name, Keys: s.Keys, Body: s.Body, FileID: optional(s.File), WithoutFile: s.NoFile})
		if err == nil && n == 0 {
			err = fail.Missing("snippet")
		}
		return sameSnippet(err)
	}
	return sameSnippet(err)
}

// keysTaken refuses keys that insert another snippet of which somebody would see both.
func keysTaken(ctx context.Context, q *faqdb.Queries, s Snippet) error {
	if s.Keys == "" {
		return nil
	}
	x, err := q.SnippetWithKeys(ctx, faqdb.SnippetWithKeysParams{Keys: s.Keys, ID: s.ID, UserID: optional(s.User), CustomerID: optional(s.Customer)})
	if pg.None(err) {
		return nil
	}
	if err != nil {
		return err
	}
	whose := "everybody’s"
	switch {
	case x.Own:
		whose = "yours"
	case x.GroupName != "":
		whose = "of the group " + x.GroupName
	case x.CustomerName != "":
		whose = "of the customer " + x.CustomerName
	}
	return fail.Field("keys", "%s inserts the snippet /%s already (%s). Choose other keys.", s.Keys, x.Name, whose)
}

// sameSnippet words why a snippet could not be stored.
func sameSnippet(err error) error {
	if pg.Duplicate(err, "snippets_same_keys") {
		return fail.Field("keys", "Another snippet has these keys already. Choose other keys.")
	}
	if pg.Duplicate(err, "") {
		return fail.Field("name", "A snippet with this name already exists. Choose another name.")
	}
	if pg.Missing(err) {
		return fail.Field("for", "This group or customer does not exist any more. Choose again.")
	}
	return err
}

// own returns a snippet that somebody may change.
func (r *Room) own(ctx context.Context, q *faqdb.Queries, who access.Actor, id uuid.UUID) (faqdb.GetSnippetRow, error) {
	row, err := q.GetSnippet(ctx, id)
	if pg.None(err) || err == nil && row.UserID != nil && *row.UserID != who.ID() {
		return row, fail.Missing("snippet")
	}
	if err == nil && row.UserID == nil && !who.May(access.Manage) {
		return row, fail.New(fail.Forbidden, "Only managers change snippets that are for others, too.")
	}
	if err == nil && row.UserID == nil && row.CustomerID == nil && who.Limited() {
		return row, fail.New(fail.Forbidden, "This snippet is for all customers, and you are limited to some. Ask a manager who is not.")
	}
	return row, err
}

// RemoveSnippet deletes one.
func (r *Room) RemoveSnippet(ctx context.Context, who access.Actor, id uuid.UUID) error {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return err
	}
	q := faqdb.New(t)
	if _, err := r.own(ctx, q, who, id); err != nil {
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
