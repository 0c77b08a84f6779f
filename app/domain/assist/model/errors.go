package model

import (
	"parley/app/platform/fail"
	"parley/app/platform/outside"

	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Reason says what kept an answer from coming.
type Reason string

// The reasons, for whoever counts them or words them anew.
const (
	KeyRefused     Reason = "key_refused"
	NoCredit       Reason = "no_credit"
	ModelUnknown   Reason = "model_unknown"
	WrongAddress   Reason = "wrong_address"
	AddressPrivate Reason = "address_inside"
	RateLimited    Reason = "asked_too_often"
	RequestTooLong Reason = "asked_too_long"
	Unreachable    Reason = "not_reachable"
	TooSlow        Reason = "too_slow"
	BrokeOff       Reason = "broke_off"
	AnswerTooLong  Reason = "answer_too_long"
	NotUnderstood  Reason = "not_understood"
	Refused        Reason = "refused"
	Empty          Reason = "empty"
)

var reasonText = map[Reason]string{
	KeyRefused: "The AI provider rejected the API key. A manager can enter a new one in the desk settings.",
	NoCredit:   "The credit at the AI provider is used up. Add credit there.",
	ModelUnknown: "The AI provider does not know this model, or the API key has no access to it. Check the model's " +
		"name in the desk settings.",
	WrongAddress:   "There is no language model at this address. Check it in the desk settings. It usually ends in /v1.",
	AddressPrivate: "This address belongs to a private network. Enter the public address of the AI provider.",
	RateLimited:    "The AI provider’s rate limit is reached. Try again in a few minutes.",
	RequestTooLong: "The conversation is too long for this language model. Choose a model with a larger context.",
	Unreachable:    "The AI provider cannot be reached. Try again in a few minutes.",
	TooSlow:        "The language model took too long to respond. Try again.",
	BrokeOff:       "The language model’s response was interrupted. Try again.",
	AnswerTooLong:  "The language model’s response was too long and was cut off.",
	NotUnderstood:  "The AI provider’s response could not be read. Check the address in the desk settings.",
	Refused:        "The language model declined to respond to this.",
	Empty:          "The language model returned an empty response. Try again.",
}

// Error is why an answer did not come, or not wholly.
type Error struct {
	Reason        Reason
	RetryAfter    time.Duration // with AskedTooOften, if the server said
	ServerMessage string        // a short cleaned sentence of the server's own, for who configures it; often empty
	cause         error
}

// Error returns the sentence for the person; nothing the server said is in it.
func (e *Error) Error() string { return reasonText[e.Reason] }

// Unwrap makes the error one of the kinds of package fail.
func (e *Error) Unwrap() []error {
	kind := fail.Invalid
	switch e.Reason {
	case RateLimited, Unreachable, TooSlow, BrokeOff:
		kind = fail.Busy
	}
	public := &fail.Error{Kind: kind, Message: e.Error(), RetryAfter: e.RetryAfter}
	if e.cause == nil {
		return []error{public}
	}
	return []error{public, e.cause}
}

// ReasonOf returns the reason inside err, or the empty one.
func ReasonOf(err error) Reason {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// transportError words what the transport reported. The cause is kept only where it tells something and cannot hold a secret.
func transportError(err error) *Error {
	switch {
	case errors.Is(err, outside.ErrNotPublic):
		return &Error{Reason: AddressPrivate, cause: outside.ErrNotPublic}
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Reason: TooSlow}
	}
	return &Error{Reason: Unreachable}
}

// refusal is what servers say when they do not answer; the shapes differ, and every field may be missing or of another type.
type refusal struct {
	Message, Type, Code, Param string
}

func (r *refusal) UnmarshalJSON(b []byte) error {
	var fields struct{ Message, Type, Code, Param, Detail, Error json.RawMessage }
	if json.Unmarshal(b, &fields) != nil {
		r.Message = jsonText(b)
		return nil
	}
	if len(fields.Error) > 0 && fields.Error[0] == '{' {
		return json.Unmarshal(fields.Error, r)
	}
	*r = refusal{
		Message: jsonText(fields.Message) + jsonText(fields.Detail) + jsonText(fields.Error),
		Type:    jsonText(fields.Type),
		Code:    jsonText(fields.Code),
		Param:   jsonText(fields.Param),
	}
	return nil
}

// jsonText returns a JSON string's text, or the JSON itself of anything else: good enough to look for words in.
func jsonText(b json.RawMessage) string {
	var s string
	if json.Unmarshal(b, &s) == nil {
		return s
	}
	if string(b) == "null" {
		return ""
	}
	return string(b)
}

// mentions reports whether the server's words hold one of the given ones.
func (r refusal) mentions(any ...string) bool {
	all := strings.ToLower(r.Message + " " + r.Type + " " + r.Code + " " + r.Param)
	for _, word := range any {
		if strings.Contains(all, word) {
			return true
		}
	}
	return false
}

// errorFor finds the reason for a status and what was said with it.
func (c *Client) errorFor(status int, header http.Header, r refusal, now time.Time) *Error {
	e := &Error{Reason: NotUnderstood, ServerMessage: c.cleanServerMessage(r.Message)}
	switch {
	case status >= 300 && status < 400, status == http.StatusMethodNotAllowed:
		e.Reason, e.ServerMessage = WrongAddress, ""
	case status == http.StatusPaymentRequired, r.mentions("insufficient_quota", "credit balance"):
		e.Reason = NoCredit
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable, status == 529, r.mentions("rate_limit"):
		e.Reason, e.RetryAfter = RateLimited, retryAfter(header.Get("Retry-After"), now)
	case status == http.StatusUnauthorized, status == http.StatusForbidden, r.mentions("invalid_api_key"):
		e.Reason = KeyRefused
	case r.mentions("content_filter", "content_policy", "content management policy", "safety system"):
		e.Reason = Refused
	case status == http.StatusRequestEntityTooLarge, r.mentions("context_length", "context length", "context window",
		"context size", "too many tokens", "prompt is too long"):
		e.Reason = RequestTooLong
	case r.mentions("model_not_found", "model not found", "unknown model", "invalid model"),
		r.mentions("model") && r.mentions("not found", "not exist", "not available"):
		e.Reason = ModelUnknown
	case status == http.StatusNotFound:
		e.Reason = WrongAddress
	case status == http.StatusRequestTimeout, status == http.StatusGatewayTimeout:
		e.Reason = TooSlow
	case status >= 500:
		e.Reason = Unreachable
	}
	return e
}

// retryAfter reads both forms of the header; nobody is told to wait longer than an hour.
func retryAfter(s string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.ParseFloat(strings.TrimSpace(s), 64); err == nil {
		wait = time.Duration(min(max(seconds, 0), 3600) * float64(time.Second))
	} else if at, err := http.ParseTime(s); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), time.Hour)
}

var (
	markup  = regexp.MustCompile(`<[^>]*>`)
	address = regexp.MustCompile(`(?i)\b(?:https?://|www\.)\S+`)
	secret  = regexp.MustCompile(`\S*[0-9*_-]\S{15,}|\S{24,}|\b(?:sk|pk|key)-\S+|\S*\*{3,}\S*`) // what looks like a key, whole or starred
)

// cleanServerMessage makes the server's own words fit to be shown: one line, no markup, no addresses, nothing like a key, short.
func (c *Client) cleanServerMessage(s string) string {
	if strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[") {
		return "" // said to programs, not to people
	}
	if len(s) > 4000 {
		s = s[:4000]
	}
	if c.key != "" {
		s = strings.ReplaceAll(s, string(c.key), "…")
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = secret.ReplaceAllString(address.ReplaceAllString(markup.ReplaceAllString(s, " "), "…"), "…")
	s = strings.Join(strings.Fields(s), " ")
	if i := strings.Index(s, ". "); i > 0 {
		s = s[:i+1]
	}
	if r := []rune(s); len(r) > 160 {
		s = strings.TrimSpace(string(r[:159])) + "…"
	}
	return s
}
