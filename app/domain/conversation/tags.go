package conversation

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// Tag is a label that the organization puts on conversations.
type Tag struct {
	ID   uuid.UUID
	Name string
	Uses int // filled by TagUsage
}

// Tags returns the organization's tags, by name.
func (s *Service) Tags(ctx context.Context, actor access.Actor) ([]Tag, error) {
	t, err := s.db.Authorize(actor, access.TagRead)
	if err != nil {
		return nil, err
	}
	rows, err := conversationdb.New(t).ListTags(ctx)
	list := make([]Tag, len(rows))
	for i, row := range rows {
		list[i] = Tag{ID: row.ID, Name: row.Name}
	}
	return list, err
}

// TagUsage returns the organization's tags with how often each is used, for managers of the whole organization.
func (s *Service) TagUsage(ctx context.Context, actor access.Actor) ([]Tag, error) {
	t, err := s.db.Authorize(actor, access.TagReadUsage)
	if err != nil {
		return nil, err
	}
	rows, err := conversationdb.New(t).ListTagUses(ctx)
	list := make([]Tag, len(rows))
	for i, row := range rows {
		list[i] = Tag{row.ID, row.Name, int(row.Uses)}
	}
	return list, err
}

// TagsOf returns a conversation's tags.
func (s *Service) TagsOf(ctx context.Context, actor access.Actor, conversation uuid.UUID) ([]Tag, error) {
	t, err := s.db.Authorize(actor, access.TagRead)
	if err != nil {
		return nil, err
	}
	rows, err := conversationdb.New(t).ListConversationTags(ctx, []uuid.UUID{conversation})
	list := make([]Tag, len(rows))
	for i, row := range rows {
		list[i] = Tag{ID: row.ID, Name: row.Name}
	}
	return list, err
}

// maxTags is how many tags an organization may have.
const maxTags = 500

// Tag puts a tag on a conversation that the actor may change; a tag that does not exist is created.
func (s *Service) Tag(ctx context.Context, actor access.Actor, conversation uuid.UUID, name string) error {
	t, err := s.db.Authorize(actor, access.ConversationTag)
	if err != nil {
		return err
	}
	if name, err = validate.Name("a tag", name, 50); err != nil {
		return fail.Field("tag", "%s", err.Error())
	}
	if err := s.CheckWriteAccess(ctx, actor, conversation); err != nil {
		return err
	}
	q := conversationdb.New(t)
	p := conversationdb.TagConversationParams{ConversationID: conversation, Name: name, ByID: optional(actor.ID())}
	if n, err := q.TagConversation(ctx, p); err != nil || n > 0 {
		return err
	}
	all, err := s.Tags(ctx, actor)
	if err != nil {
		return err
	}
	if len(all) >= maxTags {
		return fail.Field("tag", "Your organization has %d tags, which is the limit. Choose an existing tag.", len(all))
	}
	if err := createTag(ctx, t, actor, name); err != nil && !errors.Is(err, errDuplicateTag) {
		// another team member may have just created it
		return err
	}
	_, err = q.TagConversation(ctx, p)
	return err
}

var errDuplicateTag = fail.Field("name", "A tag with this name already exists. Choose another name.")

// CreateTag adds a tag to the organization's list, for managers of the whole organization; others create a tag by putting it on a
// conversation. Names are unique without regard to case: errDuplicateTag, a fail.Invalid of the field name.
func (s *Service) CreateTag(ctx context.Context, actor access.Actor, name string) error {
	t, err := s.db.Authorize(actor, access.TagCreate)
	if err != nil {
		return err
	}
	if name, err = validate.Name("a tag", name, 50); err != nil {
		return fail.Field("name", "%s", err.Error())
	}
	return createTag(ctx, t, actor, name)
}

func createTag(ctx context.Context, t *pg.Tenant, actor access.Actor, name string) error {
	id := uuid.Must(uuid.NewV7())
	return t.Tx(ctx, func(tx *pg.Tenant) error {
		n, err := conversationdb.New(tx).CreateTag(ctx, conversationdb.CreateTagParams{ID: id, Name: name})
		if err == nil && n == 0 {
			err = errDuplicateTag
		}
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, actor, tagCreated(id, name))
	})
}

// Untag removes a tag from a conversation that the actor may change.
func (s *Service) Untag(ctx context.Context, actor access.Actor, conversation, tag uuid.UUID) error {
	t, err := s.db.Authorize(actor, access.ConversationTag)
	if err != nil {
		return err
	}
	if err := s.CheckWriteAccess(ctx, actor, conversation); err != nil {
		return err
	}
	_, err = conversationdb.New(t).UntagConversation(ctx, conversationdb.UntagConversationParams{ConversationID: conversation, TagID: tag})
	return err
}

// RenameTag renames a tag, for managers of the whole organization.
func (s *Service) RenameTag(ctx context.Context, actor access.Actor, id uuid.UUID, name string) error {
	t, err := s.db.Authorize(actor, access.TagRename)
	if err != nil {
		return err
	}
	if name, err = validate.Name("a tag", name, 50); err != nil {
		return fail.Field("name", "%s", err.Error())
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		before, err := conversationdb.New(tx).RenameTag(ctx, conversationdb.RenameTagParams{ID: id, Name: name})
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, actor, tagRenamed(id, before, name))
	})
	if pg.IsDuplicate(err, "") {
		return errDuplicateTag
	}
	if pg.IsNoRows(err) {
		return fail.Missing("tag")
	}
	return err
}

// DeleteTag deletes a tag, also from all conversations, for managers of the whole organization.
func (s *Service) DeleteTag(ctx context.Context, actor access.Actor, id uuid.UUID) error {
	t, err := s.db.Authorize(actor, access.TagDelete)
	if err != nil {
		return err
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		name, err := conversationdb.New(tx).DeleteTag(ctx, id)
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, actor, tagDeleted(id, name))
	})
	if pg.IsNoRows(err) {
		return fail.Missing("tag")
	}
	return err
}
