package followup

import (
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/identity"
	"parley/app/domain/org"
	"parley/app/domain/visitor"
	"parley/app/platform/fair"
	"parley/app/platform/jobs"
	"parley/app/platform/mail"
	"parley/app/platform/pg"
)

// Service follows up conversations that wait for the visitor.
type Service struct {
	db              *pg.DB
	conversations   *conversation.Service
	visitors        *visitor.Service
	org             *org.Service
	identity        *identity.Service
	jobs            *jobs.Inserter
	mailer          *mail.Mailer
	turns           *fair.Slots
	answerMailAfter time.Duration
	minute          time.Duration

	mu      sync.Mutex
	next    map[uuid.UUID]time.Time // by organization: the next check that this process knows of
	resumed map[uuid.UUID]time.Time // by organization: when Resume last inserted a check
}

// AnswerMailAfter is how long a visitor has to read an answer in the chat before it is mailed.
const AnswerMailAfter = 3 * time.Minute

// Options are what New needs.
type Options struct {
	DB            *pg.DB
	Conversations *conversation.Service
	Visitors      *visitor.Service
	Org           *org.Service
	Identity      *identity.Service
	Jobs          *jobs.Inserter
	Mailer        *mail.Mailer
	Turns         *fair.Slots // in which organizations have their mails sent

	AnswerMailAfter time.Duration // tests: shorter than AnswerMailAfter; 0: that
	Minute          time.Duration // tests: how long a minute of a website's settings is; 0: a minute
}

// New returns the service. It follows up what it is told of by a bus; its Workers do the work.
func New(o Options) *Service {
	s := &Service{
		db:              o.DB,
		conversations:   o.Conversations,
		visitors:        o.Visitors,
		org:             o.Org,
		identity:        o.Identity,
		jobs:            o.Jobs,
		mailer:          o.Mailer,
		turns:           o.Turns,
		answerMailAfter: o.AnswerMailAfter,
		minute:          o.Minute,
		next:            map[uuid.UUID]time.Time{},
		resumed:         map[uuid.UUID]time.Time{},
	}
	if s.answerMailAfter == 0 {
		s.answerMailAfter = AnswerMailAfter
	}
	if s.minute == 0 {
		s.minute = time.Minute
	}
	return s
}

// Workers do the jobs.
func (s *Service) Workers() []jobs.Worker {
	return []jobs.Worker{
		jobs.ForOrganization("follow up conversations that wait for the visitor", nil, s.check),
		jobs.ForOrganization("mail a reply to a visitor who has left", s.turns, s.sendAnswers),
		jobs.ForOrganization("mail a transcript", s.turns, s.sendTranscript),
	}
}

// Kinds of jobs.
type (
	checkJob struct {
		Org uuid.UUID `json:"org"`
		Due int64     `json:"due"` // in milliseconds since 1970, so that one due at another time is another job
	}
	answerMail struct {
		Org          uuid.UUID `json:"org"`
		Conversation uuid.UUID `json:"conversation"`
		After        int       `json:"after"` // the messages above this number
		Seq          int       `json:"seq"`   // up to this one
	}
	transcriptMail struct {
		Org     uuid.UUID `json:"org"`
		Request uuid.UUID `json:"request"`
	}
)

func (checkJob) Kind() string                    { return "followup_check" }
func (checkJob) Queue() jobs.Queue               { return jobs.Default }
func (a checkJob) Organization() uuid.UUID       { return a.Org }
func (answerMail) Kind() string                  { return "answer_mail" }
func (answerMail) Queue() jobs.Queue             { return jobs.Mail }
func (a answerMail) Organization() uuid.UUID     { return a.Org }
func (transcriptMail) Kind() string              { return "transcript_mail" }
func (transcriptMail) Queue() jobs.Queue         { return jobs.Mail }
func (a transcriptMail) Organization() uuid.UUID { return a.Org }
