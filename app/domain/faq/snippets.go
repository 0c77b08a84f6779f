package faq

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/faq/internal/faqdb"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/keys"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// Snippet is a phrase on a key: everybody's, one for a customer's conversations, a group's, or a user's own.
type Snippet struct {
	ID        uuid.UUID
	Group     uuid.UUID // zero: not a group's
	User      uuid.UUID // zero: not somebody's own
	Customer  uuid.UUID // zero: not for one customer's conversations
	GroupName string

	CustomerName string

	Name       string // after the slash
	Keys       string // such as Ctrl+Shift+H; empty: none
	Body       string // Markdown with placeholders
	Used       int
	FileName   string    // of the file that comes along; empty: none
	File       uuid.UUID // SaveSnippet: the new one; zero: as it was
	RemoveFile bool      // SaveSnippet: without one
}

// SnippetScope says whose snippets somebody sees.
type SnippetScope struct {
	GroupIDs  []uuid.UUID
	AllGroups bool
	Customer  uuid.UUID // whose conversation a snippet is used in; zero: none
}

// ScopeOf returns whose snippets a team member sees who answers for some groups. A group's snippets may be for any customer: who is
// limited to customers sees those of its own groups.
func ScopeOf(actor access.Actor, groups []uuid.UUID) SnippetScope {
	return SnippetScope{GroupIDs: groups, AllGroups: actor.CanFully(access.QueueRead) && !actor.IsLimited()}
}

// ListSnippets returns the snippets of a scope. Of several with the same name the nearest wins: own, a customer's, a group's,
// the whole organization's.
func (s *Service) ListSnippets(ctx context.Context, who access.Actor, of SnippetScope) ([]Snippet, error) {
	t, err := s.db.Authorize(who, access.SnippetRead)
	if err != nil {
		return nil, err
	}
	rows, err := faqdb.New(t).ListSnippets(ctx, faqdb.ListSnippetsParams{UserID: optional(who.ID()), Everywhere: of.AllGroups, Groups: of.GroupIDs})
	list := make([]Snippet, len(rows))
	for i, row := range rows {
		list[i] = Snippet{ID: row.ID, Group: orNil(row.GroupID), User: orNil(row.UserID), Customer: orNil(row.CustomerID), GroupName: row.GroupName, CustomerName: row.CustomerName, Name: row.Name, Keys: row.Keys, Body: row.Body, Used: int(row.Used), FileName: row.FileName}
	}
	return list, err
}

var snippetName = regexp.MustCompile(`^[\p{L}\p{N}_-]{1,40}$`)

// SaveSnippet stores a snippet, a new one for the zero id. Everybody has its own; managers change those of all and of groups.
func (s *Service) SaveSnippet(ctx context.Context, who access.Actor, snippet Snippet) error {
	t, err := s.db.Authorize(who, access.SnippetSave)
	if err != nil {
		return err
	}
	var checks fail.Checks
	snippet.Name = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(snippet.Name), "/"))
	if !snippetName.MatchString(snippet.Name) {
		checks.Add("name", "Enter a name of up to 40 letters, digits and hyphens. Agents type it after a slash.")
	}
	if snippet.Keys, err = keys.ParseForSnippet(snippet.Keys); err != nil {
		checks.AddError("keys", err)
	}
	snippet.Body, err = validate.Text("the text", snippet.Body, maxAnswer)
	checks.AddError("body", err)
	checks.AddError("body", CheckPlaceholders(snippet.Body))
	if err := checks.Result(); err != nil {
		return err
	}
	q := faqdb.New(t)
	if snippet.ID == uuid.Nil {
		if snippet.User != uuid.Nil && snippet.User != who.ID() || snippet.User == uuid.Nil && !who.CanFully(access.SnippetSave) {
			return fail.New(fail.Forbidden, "Only managers can add snippets for others. Choose “Only me”.")
		}
		if snippet.User == uuid.Nil && who.IsLimited() && !who.Serves(snippet.Customer) {
			return fail.Field("for", "You are limited to some customers. Choose one of them, or “Only me”.")
		}
		if err = rejectTakenKeys(ctx, q, snippet); err != nil {
			return err
		}
		snippet.ID = uuid.Must(uuid.NewV7())
		p := faqdb.CreateSnippetParams{ID: snippet.ID, GroupID: optional(snippet.Group), UserID: optional(snippet.User), CustomerID: optional(snippet.Customer), Name: snippet.Name, Keys: snippet.Keys, Body: snippet.Body, FileID: optional(snippet.File)}
		err = t.Tx(ctx, func(tx *pg.Tenant) error {
			if err := faqdb.New(tx).CreateSnippet(ctx, p); err != nil {
				return err
			}
			return recordSnippet(ctx, tx, who, events.SnippetCreated, nil, &snippet)
		})
	} else {
		row, err := s.getEditableSnippet(ctx, q, who, access.SnippetSave, snippet.ID)
		if err != nil {
			return err
		}
		snippet.User, snippet.Customer, snippet.Group = orNil(row.UserID), orNil(row.CustomerID), orNil(row.GroupID)
		if !strings.EqualFold(row.Keys, snippet.Keys) {
			if err := rejectTakenKeys(ctx, q, snippet); err != nil {
				return err
			}
		}
		p := faqdb.UpdateSnippetParams{ID: snippet.ID, Name: snippet.Name, Keys: snippet.Keys, Body: snippet.Body, FileID: optional(snippet.File), WithoutFile: snippet.RemoveFile}
		err = t.Tx(ctx, func(tx *pg.Tenant) error {
			n, err := faqdb.New(tx).UpdateSnippet(ctx, p)
			if err == nil && n == 0 {
				err = fail.Missing("snippet")
			}
			if err != nil {
				return err
			}
			return recordSnippet(ctx, tx, who, events.SnippetChanged, &row, &snippet)
		})
		return snippetError(err)
	}
	return snippetError(err)
}

// rejectTakenKeys refuses keys that insert another snippet of which somebody would see both.
func rejectTakenKeys(ctx context.Context, q *faqdb.Queries, s Snippet) error {
	if s.Keys == "" {
		return nil
	}
	x, err := q.GetSnippetWithKeys(ctx, faqdb.GetSnippetWithKeysParams{Keys: s.Keys, ID: s.ID, UserID: optional(s.User), CustomerID: optional(s.Customer)})
	if pg.IsNoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	whose := "for everyone"
	switch {
	case x.Own:
		whose = "only yours"
	case x.GroupName != "":
		whose = "group " + x.GroupName
	case x.CustomerName != "":
		whose = "customer " + x.CustomerName
	}
	return fail.Field("keys", "%s is already used for the snippet /%s (%s). Choose another shortcut.", s.Keys, x.Name, whose)
}

// snippetError words why a snippet could not be stored.
func snippetError(err error) error {
	if pg.IsDuplicate(err, "snippets_same_keys") {
		return fail.Field("keys", "Another snippet already uses this shortcut. Choose another one.")
	}
	if pg.IsDuplicate(err, "") {
		return fail.Field("name", "A snippet with this name already exists. Choose another name.")
	}
	if pg.IsMissingReference(err) {
		return fail.Field("for", "This group or customer no longer exists. Choose another one.")
	}
	return err
}

// getEditableSnippet returns a snippet that somebody may change.
func (s *Service) getEditableSnippet(ctx context.Context, q *faqdb.Queries, who access.Actor, action access.Action, id uuid.UUID) (faqdb.GetSnippetRow, error) {
	row, err := q.GetSnippet(ctx, id)
	if pg.IsNoRows(err) || err == nil && row.UserID != nil && *row.UserID != who.ID() {
		return row, fail.Missing("snippet")
	}
	if err == nil && row.UserID == nil && !who.CanFully(action) {
		return row, fail.New(fail.Forbidden, "Only managers can change snippets for others. Ask a manager.")
	}
	if err == nil && row.UserID == nil && row.CustomerID == nil && who.IsLimited() {
		return row, fail.New(fail.Forbidden, "This snippet is for all customers, and you are limited to some. Ask a manager who is not limited.")
	}
	return row, err
}

// RemoveSnippet deletes one.
func (s *Service) RemoveSnippet(ctx context.Context, who access.Actor, id uuid.UUID) error {
	t, err := s.db.Authorize(who, access.SnippetDelete)
	if err != nil {
		return err
	}
	row, err := s.getEditableSnippet(ctx, faqdb.New(t), who, access.SnippetDelete, id)
	if err != nil {
		return err
	}
	return t.Tx(ctx, func(tx *pg.Tenant) error {
		if n, err := faqdb.New(tx).DeleteSnippet(ctx, id); err != nil || n == 0 {
			return err
		}
		return recordSnippet(ctx, tx, who, events.SnippetDeleted, &row, nil)
	})
}

// ExpandSnippet returns a snippet's text for a conversation, and counts it.
func (s *Service) ExpandSnippet(ctx context.Context, who access.Actor, id uuid.UUID, of SnippetScope, in PlaceholderValues) (string, error) {
	t, err := s.db.Authorize(who, access.SnippetRead)
	if err != nil {
		return "", err
	}
	q := faqdb.New(t)
	row, err := getUsableSnippet(ctx, q, who, id, of)
	if err != nil {
		return "", err
	}
	return in.Fill(row.Body), q.CountSnippetUses(ctx, []uuid.UUID{id})
}

// GetSnippetFile returns the file that a snippet brings along.
func (s *Service) GetSnippetFile(ctx context.Context, who access.Actor, id uuid.UUID, of SnippetScope) (uuid.UUID, error) {
	t, err := s.db.Authorize(who, access.SnippetRead)
	if err != nil {
		return uuid.Nil, err
	}
	row, err := getUsableSnippet(ctx, faqdb.New(t), who, id, of)
	if err == nil && row.FileID == nil {
		err = fail.Missing("file")
	}
	return orNil(row.FileID), err
}

// getUsableSnippet returns a snippet that somebody may use.
func getUsableSnippet(ctx context.Context, q *faqdb.Queries, who access.Actor, id uuid.UUID, of SnippetScope) (faqdb.GetSnippetRow, error) {
	row, err := q.GetSnippet(ctx, id)
	if pg.IsNoRows(err) || err == nil && (row.UserID != nil && *row.UserID != who.ID() || row.CustomerID != nil && *row.CustomerID != of.Customer ||
		row.GroupID != nil && !of.AllGroups && !slices.Contains(of.GroupIDs, *row.GroupID)) {
		return row, fail.Missing("snippet")
	}
	return row, err
}
