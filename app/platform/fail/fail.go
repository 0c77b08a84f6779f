// Package fail is the vocabulary of things that go wrong for a reason a person can act on.
//
// Owns: the kinds of error and the words a person reads.
// Must not touch: HTTP, databases, anything of ours.
// Always true: an error without a kind is internal; its text is for the log, never for the screen.
package fail

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Kind says what class of failure an error is; the front maps it to a status once.
type Kind int

const (
	// Internal is everything that is our fault. Its message is never shown.
	Internal Kind = iota
	// Invalid: the input is wrong and nothing was changed.
	Invalid
	// Unauthenticated: nobody is logged in, or the token is no longer good.
	Unauthenticated
	// Forbidden: known who asks, but the role does not allow it.
	Forbidden
	// NotFound: does not exist, or is not visible to who asks; the two are never told apart.
	NotFound
	// Conflict: it was right when it was asked, but something changed meanwhile.
	Conflict
	// Busy: too many or too much at the moment; try again after RetryAfter.
	Busy
)

// Error is a failure worded for the person who meets it.
type Error struct {
	Kind       Kind
	Message    string            // what happened and what to do, one or two sentences
	Fields     map[string]string // form field to what is wrong with it; may be nil
	RetryAfter time.Duration     // only for Busy; zero when unknown
	Reason     string            // a word for who says it in another language; may be empty
	Reference  string            // under which the log has it; only of what is internal
}

// WithReason gives the error its reason.
func (e *Error) WithReason(reason string) *Error {
	e.Reason = reason
	return e
}

// Error returns the message, followed by the fields' messages.
func (e *Error) Error() string {
	if len(e.Fields) == 0 {
		return e.Message
	}
	return fmt.Sprintf("%s %v", e.Message, e.Fields)
}

// New returns an error of the kind with a message for the person.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// RetryLater is the answer to what cannot be done just now, for a reason that passes by itself: the same request can succeed after so long.
func RetryLater(after time.Duration) *Error {
	e := New(Busy, "Parley is busy. Try again in %d seconds.", int(math.Ceil(after.Seconds())))
	e.RetryAfter = after
	return e.WithReason("busy")
}

// Field returns an Invalid error that belongs beside one form field.
func Field(field, format string, args ...any) *Error {
	message := fmt.Sprintf(format, args...)
	return &Error{Kind: Invalid, Message: message, Fields: map[string]string{field: message}}
}

// Missing is the one answer for what does not exist and for what may not be seen.
func Missing(what string) *Error {
	return New(NotFound, "This %s does not exist, or you have no access to it.", what)
}

// As returns the error of this package inside err, or nil when there is none.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// KindOf returns the kind of err; Internal for errors that are not of this package.
func KindOf(err error) Kind {
	if e := As(err); e != nil {
		return e.Kind
	}
	return Internal
}

// Checks collects what is wrong with a form, field by field, so that a person sees all of it at once.
type Checks struct{ fields map[string]string }

// Add notes what is wrong with a field, unless something is noted already.
func (c *Checks) Add(field, format string, args ...any) {
	if c.fields == nil {
		c.fields = map[string]string{}
	}
	if _, there := c.fields[field]; !there {
		c.fields[field] = fmt.Sprintf(format, args...)
	}
}

// AddError notes err beside a field, if there is one.
func (c *Checks) AddError(field string, err error) {
	if err == nil {
		return
	}
	c.Add(field, "%s", err.Error())
}

// Merge notes the fields of an error that has some; any other error it returns.
func (c *Checks) Merge(err error) error {
	e := As(err)
	if err == nil || e == nil || len(e.Fields) == 0 {
		return err
	}
	for field, message := range e.Fields {
		c.Add(field, "%s", message)
	}
	return nil
}

// Result returns nil, or one Invalid error that carries everything noted.
func (c *Checks) Result() error {
	if len(c.fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Message: "Nothing was saved. Correct the marked fields.", Fields: c.fields}
}
