package chat

import (
	"context"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/chat/internal/chatdb"
	"parley/app/fail"
	"parley/app/pg"
)

// erased is the body of what was taken back: the table wants one.
const erased = "–"

// ChangeReply says the agent's own last reply otherwise, or takes it back if there is no text. The visitor sees the new text;
// staff also what it was. id names the change: changing twice is changing once.
func (r *Room) ChangeReply(ctx context.Context, who access.Actor, conversation uuid.UUID, seq int, id uuid.UUID, body string) (Message, error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return Message{}, err
	}
	if body, err = fail.OptionalText("a message", body, MaxText); err != nil {
		return Message{}, fail.Field("body", "%s", err.Error())
	}
	if id == uuid.Nil {
		return Message{}, fail.New(fail.Invalid, "The change has no id. Please reload the page.")
	}
	p := chatdb.ChangeParams{ConversationID: conversation, Seq: int32(seq), AgentID: who.ID(), MessageID: id, Kind: string(Edit), Changed: string(Edited), Body: body}
	if body == "" {
		p.Kind, p.Changed, p.Body = string(Erase), string(Erased), erased
	}
	q, agent := chatdb.New(t), who.ID()
	row, err := q.Change(ctx, p)
	if err == nil {
		s := said(chatdb.TakeRow(row))
		s.Of = seq
		r.ring(who.Org(), s)
		r.told(ctx)
		return s.Message, nil
	}
	if !pg.None(err) && !pg.Duplicate(err, "messages_said_once") {
		return Message{}, err
	}
	known, err := q.KnownMessageIn(ctx, chatdb.KnownMessageInParams{MessageID: id, ConversationID: conversation, AuthorID: &agent})
	if err == nil {
		return message(chatdb.MessagesAfterRow(known)), nil
	}
	if !pg.None(err) {
		return Message{}, err
	}
	if why := r.refusal(ctx, q, who, conversation); fail.KindOf(why) != fail.Conflict || why == error(ErrClosed) {
		return Message{}, why
	}
	return Message{}, fail.New(fail.Conflict, "Only your own last reply can be changed, while the conversation is yours.")
}

// Traces returns what changed messages were before, by the number of the change.
func (r *Room) Traces(ctx context.Context, who access.Actor, conversation uuid.UUID) (map[int]string, error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return nil, err
	}
	rows, err := chatdb.New(t).TracesOf(ctx, conversation)
	was := map[int]string{}
	for _, row := range rows {
		was[int(row.Seq)] = row.Was
	}
	return was, err
}
