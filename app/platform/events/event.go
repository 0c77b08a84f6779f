package events

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// Event is what somebody changed.
type Event struct {
	Kind     Kind
	Subject  Subject
	Customer uuid.UUID // whose it is; zero: the whole organization's
	Before   Payload   // what held before; nil: there was nothing
	After    Payload   // what holds now; nil: there is nothing any more
}

// SubjectType names what an event is about.
type SubjectType string

// Types of subjects.
const (
	Organization  SubjectType = "organization"
	Member        SubjectType = "member"
	Invitation    SubjectType = "invitation"
	Customer      SubjectType = "customer"
	Website       SubjectType = "website"
	Group         SubjectType = "group"
	FAQEntry      SubjectType = "faq_entry"
	Snippet       SubjectType = "snippet"
	Tag           SubjectType = "tag"
	LanguageModel SubjectType = "language_model"
	Block         SubjectType = "block"
	Conversation  SubjectType = "conversation"
	AuditLog      SubjectType = "audit_log"
)

// Subject is what an event is about.
type Subject struct {
	Type SubjectType
	ID   uuid.UUID // zero: the organization itself, or several subjects
	Name string    // as it is called now, or was called last; cut after 300 characters
}

// Via says how a change came in.
type Via string

// Ways by which changes come in.
const (
	Browser     Via = "browser"
	API         Via = "api"
	Import      Via = "import"
	CommandLine Via = "command line"
	System      Via = "system" // nobody asked for it: the program did it by itself
)

// Origin is where a change comes from.
type Origin struct {
	Via       Via
	Address   string // of the client; empty: not known
	UserAgent string // of the client; empty: not known
}

type originKey struct{}

// WithOrigin returns a context for work that comes from an origin.
func WithOrigin(ctx context.Context, from Origin) context.Context {
	return context.WithValue(ctx, originKey{}, from)
}

// OriginOf returns where the work of a context comes from; System if that is not known.
func OriginOf(ctx context.Context) Origin {
	from, known := ctx.Value(originKey{}).(Origin)
	if !known {
		return Origin{Via: System}
	}
	from.Address, from.UserAgent = cut(from.Address, maxAddress), cut(from.UserAgent, maxUserAgent)
	return from
}

// AsImport returns a context for the import of a file, from the same client.
func AsImport(ctx context.Context) context.Context {
	from := OriginOf(ctx)
	from.Via = Import
	return WithOrigin(ctx, from)
}

// Stored is an event as it is stored.
type Stored struct {
	Number    int64 // in its organization, from 1
	ID        uuid.UUID
	At        time.Time
	ActorID   uuid.UUID // zero: the system
	ActorName string    // at that time
	ActorRole string
	Kind      Kind
	Subject   Subject
	Customer  uuid.UUID // zero: the whole organization's
	Origin    Origin
	Payload   StoredPayload
}

// StoredPayload is what an event says beside its subject. Of a change, both sides have only the fields that differ.
type StoredPayload struct {
	Before json.RawMessage `json:"before,omitempty"` // a JSON object; empty: there was nothing
	After  json.RawMessage `json:"after,omitempty"`  // a JSON object; empty: there is nothing any more
	Cut    []string        `json:"cut,omitempty"`    // fields that are too large to be stored here
}
