package conversation

import (
	"context"
	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/bidi"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// ContactDetails is how a visitor can be reached; either may be empty.
type ContactDetails struct{ Name, Email string }

func (a ContactDetails) noteText() string {
	a.Name = bidi.Isolate(a.Name)
	switch {
	case a.Email == "":
		return "Visitor’s name: " + a.Name
	case a.Name == "":
		return "Visitor’s email address: " + a.Email
	}
	return "Visitor’s name and email address: " + a.Name + ", " + a.Email
}

// SaveContactDetails stores a visitor's name and address and posts an internal note with them. fail.Conflict if the visitor has no running
// conversation.
func (s *Service) SaveContactDetails(ctx context.Context, actor access.Actor, in ContactDetails) error {
	if !actor.IsVisitor() {
		return fail.New(fail.Forbidden, "Only visitors can leave an email address here.")
	}
	var err error
	if in.Email != "" || in.Name == "" {
		if in.Email, err = validate.Email(in.Email); err != nil {
			return err
		}
	}
	if in.Name, err = validate.OptionalName("the name", in.Name, 100); err != nil {
		return err
	}
	system := access.System(actor.Org(), "note where a visitor can be written to") // a visitor writes no notes
	row, err := conversationdb.New(s.db.As(system)).SaveVisitorEmail(ctx, conversationdb.SaveVisitorEmailParams{
		VisitorID: actor.ID(),
		Email:     in.Email,
		Name:      in.Name,
		Note:      in.noteText(),
	})
	if pg.IsNoRows(err) {
		return fail.New(fail.Conflict, "Write a message first.")
	}
	if err == nil {
		s.publish(actor.Org(), toMessageEvent(eventRow(row)))
	}
	return err
}
