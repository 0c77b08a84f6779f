package frames

import (
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/fail"
	"parley/app/platform/pg/outage"
)

// Refused says that something was not done, and why.
type Refused struct {
	outFrame
	ID   string `json:"id,omitempty"` // of the frame that was refused; empty: none
	Code string `json:"code"`
	ErrorText
	Retry float64 `json:"retry,omitempty"` // seconds
}

// ErrorText says what went wrong: in English, and by a word, for clients that say it in another language.
type ErrorText struct {
	Message   string `json:"message"`
	Reason    string `json:"reason,omitempty"`
	Reference string `json:"reference,omitempty"` // under which it is logged
}

// codes are the kinds of errors as PROTOCOL.md calls them.
var codes = map[fail.Kind]string{fail.Invalid: "invalid", fail.Unauthenticated: "unauthenticated", fail.Forbidden: "forbidden",
	fail.NotFound: "not_found", fail.Conflict: "conflict", fail.Busy: "busy"}

// outageRetry is when a client tries again what failed because the database could not be reached.
const outageRetry = 3 * time.Second

// NewRefused turns an error into words for a person. One without such words is logged under a reference, with what was being done.
func NewRefused(err error, doing string) Refused {
	var e *fail.Error
	if !errors.As(err, &e) && outage.IsOutage(err) {
		slog.Warn(doing, "error", err)
		e = fail.RetryLater(outageRetry)
	}
	if e == nil {
		ref := uuid.NewString()[:8]
		slog.Error(doing, "reference", ref, "error", err)
		return Refused{
			outFrame: outFrame{"refused"},
			Code:     "internal",
			Retry:    2,
			ErrorText: ErrorText{
				"Something went wrong on our side. Try again. If the problem persists, contact support with reference " + ref + ".",
				"fault",
				ref,
			},
		}
	}
	code := codes[e.Kind]
	if errors.Is(err, error(conversation.ErrClosed)) {
		code = "closed"
	}
	return Refused{outFrame: outFrame{"refused"}, Code: code, Retry: e.RetryAfter.Seconds(), ErrorText: ErrorTextOf(e)}
}

// NewWorkRequired asks a new visitor's browser for a proof of work on a challenge.
func NewWorkRequired(challenge string) Refused {
	return Refused{outFrame: outFrame{"refused"}, Code: "work", ErrorText: ErrorText{Message: challenge}}
}

// ErrorTextOf returns an error as a client of visitors is told it.
func ErrorTextOf(e *fail.Error) ErrorText {
	text := ErrorText{e.Message, e.Reason, e.Reference}
	if text.Reason == "" && e.Kind == fail.Busy {
		text.Reason = "busy"
	}
	return text
}
