package conversation

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// erasedBody is the body of an erased message, because the table wants one.
const erasedBody = "–"

// EditReply changes the text of the agent's own last reply, or erases it if body is empty. The visitor sees the new text; team members also
// see the former one. id names the change, so that sending it twice changes once. fail.Conflict if it is not the agent's last reply.
func (s *Service) EditReply(
	ctx context.Context, actor access.Actor, conversation uuid.UUID, seq int, id uuid.UUID, body string,
) (Message, error) {
	t, err := s.db.Authorize(actor, access.ConversationEditReply)
	if err != nil {
		return Message{}, err
	}
	if body, err = validate.OptionalText("a message", body, MaxText); err != nil {
		return Message{}, fail.Field("body", "%s", err.Error())
	}
	if id == uuid.Nil {
		return Message{}, fail.New(fail.Invalid, "The change has no id. Reload the page.")
	}
	p := conversationdb.ChangeMessageParams{
		ConversationID: conversation,
		Seq:            int32(seq),
		AgentID:        actor.ID(),
		MessageID:      id,
		Kind:           string(Edit),
		Changed:        string(Edited),
		Body:           body,
	}
	if body == "" {
		p.Kind, p.Changed, p.Body = string(Erase), string(Erased), erasedBody
	}
	q, agent := conversationdb.New(t), actor.ID()
	row, err := q.ChangeMessage(ctx, p)
	if err == nil {
		event := toMessageEvent(eventRow(row))
		event.TargetSeq = seq
		s.publish(actor.Org(), event)
		s.flushEvents(ctx)
		return event.Message, nil
	}
	if !pg.IsNoRows(err) && !pg.IsDuplicate(err, "messages_sent_once") {
		return Message{}, err
	}
	known, err := q.GetSentMessageIn(ctx, conversationdb.GetSentMessageInParams{
		MessageID:      id,
		ConversationID: conversation,
		AuthorID:       &agent,
	})
	if err == nil {
		return toMessage(known.MessageRow), nil
	}
	if !pg.IsNoRows(err) {
		return Message{}, err
	}
	if why := s.explainRefusal(ctx, q, actor, conversation); fail.KindOf(why) != fail.Conflict || why == error(ErrClosed) {
		return Message{}, why
	}
	return Message{}, fail.New(fail.Conflict, "You can only edit your own last reply, while the conversation is assigned to you.")
}

// PreviousTexts returns what changed messages said before, by the number of the change.
func (s *Service) PreviousTexts(ctx context.Context, actor access.Actor, conversation uuid.UUID) (map[int]string, error) {
	t, err := s.db.Authorize(actor, access.ConversationRead)
	if err != nil {
		return nil, err
	}
	rows, err := conversationdb.New(t).ListMessageHistory(ctx, conversation)
	previous := map[int]string{}
	for _, row := range rows {
		previous[int(row.Seq)] = row.PreviousBody
	}
	return previous, err
}
