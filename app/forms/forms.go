// Package forms makes every form safe to be sent twice, and to be edited by two people at the same time.
//
// Owns: sent_forms and edits, and what is done in the transaction of a change that a form makes.
// Must not touch: requests, pages.
// Always true: what a form changes is committed together with the note that it was sent, or neither is.
package forms

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/forms/internal/formsdb"
	"parley/app/pg"
)

// Room is the place of what is known of forms that were sent.
type Room struct{ db *pg.DB }

// New returns it.
func New(db *pg.DB) *Room { return &Room{db} }

// ErrSent says that a form's work was done already, for another request with the same form.
var ErrSent = errors.New("the form was sent before")

// Save is one form that somebody sends.
type Save struct {
	Hash [32]byte // of the form's id, what is in it, and who sends it
	Form string   // the address to which it is sent
	Lock string   // saves with the same one wait for each other
	// Check finds out, in the transaction of the change, whether the form is still good, and which fields it changes. What is read with
	// its context is read in that transaction.
	Check func(ctx context.Context) (fields []string, err error)

	first *pg.First
}

// maxFields is of how many fields it is noted who changed them.
const maxFields = 1000

// Begin returns the context for the work of a form. The first change that is made with it commits the note that the form was sent;
// it fails with ErrSent if it was, and with the error of Check.
func (r *Room) Begin(ctx context.Context, who access.Actor, s *Save) context.Context {
	system := who.AsSystem("note that a form was sent")
	s.first = pg.NewFirst(who.Org(), func(ctx context.Context) error {
		q := formsdb.New(r.db.As(system))
		n, err := q.TakeForm(ctx, s.Hash[:])
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrSent
		}
		if err := q.LockSaves(ctx, s.Lock); err != nil {
			return err
		}
		fields, err := s.Check(ctx)
		if err != nil {
			return err
		}
		if fields == nil {
			fields = []string{}
		}
		return q.AddEdit(ctx, formsdb.AddEditParams{ID: uuid.Must(uuid.NewV7()), Form: s.Form, UserID: who.ID(), Fields: fields[:min(len(fields), maxFields)]})
	})
	return s.first.With(ctx)
}

// Beside returns the context for what a form's work does beside its change, such as receiving a file.
func Beside(ctx context.Context) context.Context { return pg.Without(ctx) }

// End notes where the request was redirected to; another one with the same form is, too.
func (r *Room) End(ctx context.Context, who access.Actor, s *Save, answer string) error {
	q := formsdb.New(r.db.As(who.AsSystem("note how a form was answered")))
	ctx = pg.Without(ctx)
	if !s.first.Done() { // it changed nothing that is the organization's
		if _, err := q.TakeForm(ctx, s.Hash[:]); err != nil {
			return err
		}
	}
	return q.AnswerForm(ctx, formsdb.AnswerFormParams{Hash: s.Hash[:], Answer: answer})
}

// Done reports whether something that the form changes is committed.
func (s *Save) Done() bool { return s.first != nil && s.first.Done() }

// Forget ends the work of a form of which a part failed after another was committed: the same form is not answered as if all was done,
// its work is done again.
func (r *Room) Forget(ctx context.Context, who access.Actor, s *Save) error {
	if !s.Done() {
		return nil
	}
	return formsdb.New(r.db.As(who.AsSystem("do a form's work again"))).ForgetForm(pg.Without(ctx), s.Hash[:])
}

// Answer says whether a form's work was done, and where its request was redirected to; empty if that is not known yet.
func (r *Room) Answer(ctx context.Context, who access.Actor, hash [32]byte) (answer string, done bool, err error) {
	answer, err = formsdb.New(r.db.As(who.AsSystem("see how a form was answered"))).AnswerOf(ctx, hash[:])
	if pg.None(err) {
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

// Edits returns the last changes since a time, the newest first: of forms, and of fields wherever they are. The caller has seen to it
// that who may see the forms.
func (r *Room) Edits(ctx context.Context, who access.Actor, since time.Time, forms, fields []string) ([]Edit, error) {
	rows, err := formsdb.New(r.db.As(who.AsSystem("say who has changed a form"))).EditsOf(ctx, formsdb.EditsOfParams{Since: since, Forms: forms, Fields: fields})
	list := make([]Edit, len(rows))
	for i, e := range rows {
		list[i] = Edit{e.Form, e.UserID, e.Name, e.At, e.Fields}
	}
	return list, err
}

// BeginPublic says whether the work of a form of somebody who is not logged in is to be done now. If it was done, answer is what
// AnswerPublic noted; where another request does it just now, both are empty.
func (r *Room) BeginPublic(ctx context.Context, hash [32]byte) (fresh bool, answer string, err error) {
	return r.db.Doors().BeginForm(ctx, hash[:])
}

// AnswerPublic notes what such a form's work has come to; empty: it was not done.
func (r *Room) AnswerPublic(ctx context.Context, hash [32]byte, answer string) error {
	return r.db.Doors().AnswerForm(ctx, hash[:], answer)
}
