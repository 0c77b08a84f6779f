package chat

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/chat/internal/chatdb"
	"parley/app/fail"
	"parley/app/pg"
)

// Tag is a word of the organization's for what conversations are about.
type Tag struct {
	ID   uuid.UUID
	Name string
	Uses int // filled by AllTags
}

// Tags returns the organization's, by name.
func (r *Room) Tags(ctx context.Context, who access.Actor) ([]Tag, error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return nil, err
	}
	rows, err := chatdb.New(t).ListTags(ctx)
	list := make([]Tag, len(rows))
	for i, row := range rows {
		list[i] = Tag{ID: row.ID, Name: row.Name}
	}
	return list, err
}

// AllTags is Tags with how often each is used.
func (r *Room) AllTags(ctx context.Context, who access.Actor) ([]Tag, error) {
	t, err := r.db.ForAll(who, access.Manage)
	if err != nil {
		return nil, err
	}
	rows, err := chatdb.New(t).CountTags(ctx)
	list := make([]Tag, len(rows))
	for i, row := range rows {
		list[i] = Tag{row.ID, row.Name, int(row.Uses)}
	}
	return list, err
}

// TagsOf returns a conversation's.
func (r *Room) TagsOf(ctx context.Context, who access.Actor, conversation uuid.UUID) ([]Tag, error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return nil, err
	}
	rows, err := chatdb.New(t).TagsOf(ctx, []uuid.UUID{conversation})
	list := make([]Tag, len(rows))
	for i, row := range rows {
		list[i] = Tag{ID: row.ID, Name: row.Name}
	}
	return list, err
}

// tagsMost is how many an organization may have.
const tagsMost = 500

// Tag puts a tag on a conversation; one that does not exist yet is made.
func (r *Room) Tag(ctx context.Context, who access.Actor, conversation uuid.UUID, name string) error {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return err
	}
	if name, err = fail.Name("a tag", name, 50); err != nil {
		return fail.Field("tag", "%s", err.Error())
	}
	if err := r.MayWrite(ctx, who, conversation); err != nil {
		return err
	}
	q := chatdb.New(t)
	p := chatdb.PutTagParams{ConversationID: conversation, Name: name, ByID: optional(who.ID())}
	if n, err := q.PutTag(ctx, p); err != nil || n > 0 {
		return err
	}
	all, err := r.Tags(ctx, who)
	if err != nil {
		return err
	}
	if len(all) >= tagsMost {
		return fail.Field("tag", "Your organization has %d tags, which is all there can be. Choose one of them.", len(all))
	}
	if err := r.AddTag(ctx, who, name); err != nil && !errors.Is(err, errSameTag) { // a colleague may have made it just now
		return err
	}
	_, err = q.PutTag(ctx, p)
	return err
}

var errSameTag = fail.Field("name", "A tag with this name already exists. Choose another name.")

// AddTag makes a tag. Names are unique without regard to case.
func (r *Room) AddTag(ctx context.Context, who access.Actor, name string) error {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return err
	}
	if name, err = fail.Name("a tag", name, 50); err != nil {
		return fail.Field("name", "%s", err.Error())
	}
	n, err := chatdb.New(t).AddTag(ctx, chatdb.AddTagParams{ID: uuid.Must(uuid.NewV7()), Name: name})
	if err == nil && n == 0 {
		return errSameTag
	}
	return err
}

// Untag takes a tag off a conversation.
func (r *Room) Untag(ctx context.Context, who access.Actor, conversation, tag uuid.UUID) error {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return err
	}
	if err := r.MayWrite(ctx, who, conversation); err != nil {
		return err
	}
	_, err = chatdb.New(t).TakeTag(ctx, chatdb.TakeTagParams{ConversationID: conversation, TagID: tag})
	return err
}

// RenameTag changes a tag wherever it is.
func (r *Room) RenameTag(ctx context.Context, who access.Actor, id uuid.UUID, name string) error {
	t, err := r.db.ForAll(who, access.Manage)
	if err != nil {
		return err
	}
	if name, err = fail.Name("a tag", name, 50); err != nil {
		return fail.Field("name", "%s", err.Error())
	}
	n, err := chatdb.New(t).RenameTag(ctx, chatdb.RenameTagParams{ID: id, Name: name})
	if pg.Duplicate(err, "") {
		return errSameTag
	}
	if err == nil && n == 0 {
		return fail.Missing("tag")
	}
	return err
}

// RemoveTag takes a tag off everything and deletes it.
func (r *Room) RemoveTag(ctx context.Context, who access.Actor, id uuid.UUID) error {
	t, err := r.db.ForAll(who, access.Manage)
	if err != nil {
		return err
	}
	n, err := chatdb.New(t).RemoveTag(ctx, id)
	if err == nil && n == 0 {
		return fail.Missing("tag")
	}
	return err
}
