// Package forms makes every form safe to be sent twice, and to be edited by two people at the same time.
//
// Owns: submitted_forms and form_edits, and what is done in the transaction of a change that a form makes.
// Must not touch: requests, pages.
// Always true: what a form changes is committed together with the note that it was sent, or neither is.
package forms

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/platform/forms/internal/formsdb"
	"parley/app/platform/pg"
)

// Service is the place of what is known of forms that were sent.
type Service struct{ db *pg.DB }

// New returns it.
func New(db *pg.DB) *Service { return &Service{db} }

// ErrDuplicate says that a form's work was done already, for another request with the same form.
var ErrDuplicate = errors.New("the form was sent before")

// Submission is one form that somebody sends.
type Submission struct {
	Hash [32]byte // of the form's id, what is in it, and who sends it
	Form string   // the address to which it is sent
	Lock string   // saves with the same one wait for each other
	// Check finds out, in the transaction of the change, whether the form is still good, and which fields it changes. What is read with
	// its context is read in that transaction.
	Check func(ctx context.Context) (fields []string, err error)

	first *pg.FirstWrite
}

// maxFields is of how many fields it is noted who changed them.
const maxFields = 1000

// Begin returns the context for the work of a form. The first change that is made with it commits the note that the form was sent;
// it fails with ErrSent if it was, and with the error of Check.
func (s *Service) Begin(ctx context.Context, who access.Actor, sub *Submission) context.Context {
	system := who.AsSystem("note that a form was sent")
	sub.first = pg.NewFirstWrite(who.Org(), func(ctx context.Context) error {
		q := formsdb.New(s.db.As(system))
		n, err := q.RecordForm(ctx, sub.Hash[:])
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrDuplicate
		}
		if err := q.LockSaves(ctx, sub.Lock); err != nil {
			return err
		}
		fields, err := sub.Check(ctx)
		if err != nil {
			return err
		}
		if fields == nil {
			fields = []string{}
		}
		return q.CreateEdit(ctx, formsdb.CreateEditParams{
			ID:     uuid.Must(uuid.NewV7()),
			Form:   sub.Form,
			UserID: who.ID(),
			Fields: fields[:min(len(fields), maxFields)],
		})
	})
	return sub.first.With(ctx)
}

// WithoutSubmission returns the context for what a form's work does beside its change, such as receiving a file.
func WithoutSubmission(ctx context.Context) context.Context { return pg.WithoutFirstWrite(ctx) }

// RecordAnswer notes where the request was redirected to; another one with the same form is, too.
func (s *Service) RecordAnswer(ctx context.Context, who access.Actor, sub *Submission, answer string) error {
	q := formsdb.New(s.db.As(who.AsSystem("note how a form was answered")))
	ctx = pg.WithoutFirstWrite(ctx)
	if !sub.first.Done() { // it changed nothing that is the organization's
		if _, err := q.RecordForm(ctx, sub.Hash[:]); err != nil {
			return err
		}
	}
	return q.SaveFormAnswer(ctx, formsdb.SaveFormAnswerParams{Hash: sub.Hash[:], Answer: answer})
}

// Committed reports whether something that the form changes is committed.
func (sub *Submission) Committed() bool { return sub.first != nil && sub.first.Done() }

// Discard ends the work of a form of which a part failed after another was committed: the same form is not answered as if all was done,
// its work is done again.
func (s *Service) Discard(ctx context.Context, who access.Actor, sub *Submission) error {
	if !sub.Committed() {
		return nil
	}
	return formsdb.New(s.db.As(who.AsSystem("do a form's work again"))).DeleteForm(pg.WithoutFirstWrite(ctx), sub.Hash[:])
}

// FindAnswer says whether a form's work was done, and where its request was redirected to; empty if that is not known yet.
func (s *Service) FindAnswer(ctx context.Context, who access.Actor, hash [32]byte) (answer string, done bool, err error) {
	answer, err = formsdb.New(s.db.As(who.AsSystem("see how a form was answered"))).GetFormAnswer(ctx, hash[:])
	if pg.IsNoRows(err) {
		return "", false, nil
	}
	return answer, err == nil, err
}

// Edit is a change that somebody made by a form.
type Edit struct {
	Form   string
	By     uuid.UUID
	ByName string
	At     time.Time
	Fields []string
}

// ListEdits returns the last changes since a time, the newest first: of forms, and of fields wherever they are. The caller has seen to it
// that who may see the forms.
func (s *Service) ListEdits(ctx context.Context, who access.Actor, since time.Time, forms, fields []string) ([]Edit, error) {
	rows, err := formsdb.New(s.db.As(who.AsSystem("say who has changed a form"))).ListEdits(ctx, formsdb.ListEditsParams{
		Since:  since,
		Forms:  forms,
		Fields: fields,
	})
	list := make([]Edit, len(rows))
	for i, e := range rows {
		list[i] = Edit{e.Form, e.UserID, e.Name, e.At, e.Fields}
	}
	return list, err
}

// BeginPublic says whether the work of a form of somebody who is not logged in is to be done now. If it was done, answer is what
// AnswerPublic noted; where another request does it just now, both are empty.
func (s *Service) BeginPublic(ctx context.Context, hash [32]byte) (fresh bool, answer string, err error) {
	return s.db.Unscoped().BeginForm(ctx, hash[:])
}

// RecordPublicAnswer notes what such a form's work has come to; empty: it was not done.
func (s *Service) RecordPublicAnswer(ctx context.Context, hash [32]byte, answer string) error {
	return s.db.Unscoped().FinishForm(ctx, hash[:], answer)
}
