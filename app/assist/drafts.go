package assist

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/assist/compose"
	"parley/app/assist/mask"
	"parley/app/assist/model"
	"parley/app/assist/prompt"
	"parley/app/chat"
	"parley/app/fail"
	"parley/app/faq"
)

// Step is one thing that the agent is told while drafts are made: a draft as it is now, or a word about all of them.
type Step struct {
	Kind    string  `json:"kind,omitempty"`
	Text    string  `json:"text,omitempty"`
	Used    []Entry `json:"used,omitempty"`
	Warning string  `json:"warning,omitempty"`
	Done    bool    `json:"done,omitempty"`
	Say     string  `json:"say,omitempty"`
}

// Entry is an FAQ entry that a draft is made from.
type Entry struct {
	ID       uuid.UUID `json:"id"`
	Question string    `json:"question"`
	For      int       `json:"for"` // the visitor's message
}

// Setting is what the caller knows of a conversation besides.
type Setting struct {
	Conversation chat.Conversation
	Agent        string // as the visitor reads it
	Hour         int    // at the website
	Visitor      string
}

// least is the confidence below which an entry is of no use even for a draft.
const least = 0.12

// matter is what drafts are made from.
type matter struct {
	Setting
	lines     []prompt.Line
	last      []string // what the visitor has said since the last reply, oldest first
	seq       int      // of the newest of them
	answered  bool     // there was a reply before
	language  string
	entries   []faq.Suggestion
	questions map[uuid.UUID]string
}

func (r *Room) matter(ctx context.Context, who access.Actor, in Setting) (matter, error) {
	m := matter{Setting: in, language: in.Conversation.Language, questions: map[uuid.UUID]string{}}
	threads, err := r.chat.Threads(ctx, who, map[uuid.UUID]int{in.Conversation.ID: 0})
	if err != nil {
		return m, err
	}
	for _, x := range threads[in.Conversation.ID] {
		switch {
		case x.Kind != chat.Text || x.Changed == chat.Erased:
		case x.Author == chat.ByVisitor:
			m.lines = append(m.lines, prompt.Line{By: prompt.Visitor, Text: x.Body})
			m.last, m.seq = append(m.last, x.Body), x.Seq
		case x.Author == chat.ByAgent:
			m.lines = append(m.lines, prompt.Line{By: prompt.Agent, Text: x.Body})
			m.last, m.answered = nil, true
		}
	}
	if len(m.lines) == 0 {
		return m, fail.New(fail.Conflict, "The visitor has not written anything yet.")
	}
	question := m.lines[len(m.lines)-1].Text
	if len(m.last) > 0 {
		question = m.last[len(m.last)-1]
	}
	place := faq.Scope{Customer: in.Conversation.Customer, Website: in.Conversation.Website, Group: in.Conversation.Group}
	found, err := r.faq.Candidates(ctx, who, faq.Question{Text: question, Language: in.Conversation.Language, Place: place})
	if err != nil {
		return m, err
	}
	m.language = found.Language
	for _, s := range found.List {
		if s.Confidence >= least {
			m.entries = append(m.entries, s)
			m.questions[s.ID] = s.Question
		}
	}
	return m, nil
}

func (m matter) used(ids []string) (list []Entry) {
	for _, s := range ids {
		if id, err := uuid.Parse(s); err == nil && m.questions[id] != "" {
			list = append(list, Entry{id, m.questions[id], m.seq})
		}
	}
	return list
}

// Drafts makes up to three drafts for a conversation and tells of them as they grow. When it returns nil, at least one is there.
func (r *Room) Drafts(ctx context.Context, who access.Actor, in Setting, tell func(Step) error) error {
	m, err := r.matter(ctx, who, in)
	if err != nil {
		return err
	}
	w, err := r.writer(ctx, who)
	if err == nil && w != nil {
		err = r.modelDrafts(ctx, who, w, m, tell)
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
	if err != nil { // the agent gets drafts all the same
		if err := tell(Step{Say: inWords(err) + " These drafts are made from FAQ entries."}); err != nil {
			return err
		}
	}
	return tellAll(m.composed(), m, tell)
}

// composed is the drafts made without a model.
func (m matter) composed() []compose.Draft {
	in := compose.Input{Visitor: m.Visitor, Language: m.language, Agent: m.Agent, Messages: m.last, Hour: m.Hour}
	if m.answered {
		in.Place = compose.LaterReply
	}
	for _, e := range m.entries {
		in.Entries = append(in.Entries, compose.Entry{ID: e.ID.String(), Question: e.Question, Answer: e.Answer, Language: e.Language, Confidence: e.Confidence})
	}
	return compose.Drafts(in)
}

func tellAll(list []compose.Draft, m matter, tell func(Step) error) error {
	for _, d := range list {
		if err := tell(Step{Kind: string(d.Kind), Text: d.Text, Used: m.used(d.Used), Done: true}); err != nil {
			return err
		}
	}
	return nil
}

// inWords says why there is no answer from the model; what is our own fault is logged.
func inWords(err error) string {
	var e *model.Error
	if errors.As(err, &e) {
		return e.Error()
	}
	if f := fail.As(err); f != nil {
		return f.Message
	}
	ref := uuid.NewString()[:8]
	slog.Error("ask the language model", "reference", ref, "error", err)
	return "The language model could not be asked (reference " + ref + ")."
}

// talk is what the model is told of the conversation.
func (m matter) talk(masker *mask.Masker) prompt.Talk {
	t := prompt.Talk{Website: m.Conversation.WebsiteName, Agent: m.Agent, Language: m.language}
	for _, l := range m.lines {
		t.Lines = append(t.Lines, prompt.Line{By: l.By, Text: hide(masker, l.Text)})
	}
	return t
}

// request is what is sent for drafts.
func (m matter) request(masker *mask.Masker) prompt.Prompt {
	t := m.talk(masker)
	for _, e := range m.entries {
		t.Entries = append(t.Entries, prompt.Entry{ID: e.ID.String(), Question: e.Question, Answer: e.Answer})
	}
	return prompt.Drafts(t)
}

func asRequest(p prompt.Prompt) model.Request {
	q := model.Request{MaxTokens: p.MaxTokens}
	for _, m := range p.Messages {
		q.Messages = append(q.Messages, model.Message{Role: model.Role(m.Role), Text: m.Text})
	}
	return q
}

// steady is how often a growing draft is told at most.
const steady = 80 * time.Millisecond

func (r *Room) modelDrafts(ctx context.Context, who access.Actor, w *writer, m matter, tell func(Step) error) error {
	masker, restore := w.masker()
	p := m.request(masker)
	parser := p.Drafts()
	told := map[prompt.Kind]Step{}
	var last time.Time
	say := func() error {
		last = time.Now()
		for _, d := range parser.Drafts() {
			s := Step{Kind: string(d.Kind), Text: restore(d.Text), Used: m.used(d.Used), Done: d.State == prompt.Complete}
			if len(d.Foreign) > 0 {
				s.Warning = "A link that is nowhere in the conversation or the FAQ was taken out."
			}
			if before := told[d.Kind]; before.Text == s.Text && before.Done == s.Done && before.Warning == s.Warning && slices.Equal(before.Used, s.Used) || s.Text == "" {
				continue
			}
			told[d.Kind] = s
			if err := tell(s); err != nil {
				return err
			}
		}
		return nil
	}
	err := r.ask(ctx, who, w, asRequest(p), func(piece string) error {
		parser.Add(piece)
		if time.Since(last) < steady {
			return nil
		}
		return say()
	})
	if err != nil {
		return err
	}
	parser.End()
	if err := say(); err != nil {
		return err
	}
	if len(told) == 0 {
		return fail.New(fail.Busy, "The language model gave no draft that could be used.")
	}
	return nil
}

// masker hides what does not leave the house, and puts it back into what comes.
func (w *writer) masker() (*mask.Masker, func(string) string) {
	if !w.mask {
		return nil, func(s string) string { return s }
	}
	m := mask.New()
	return m, m.Restore
}

// Sent returns exactly what would be sent to the model for a conversation's drafts.
func (r *Room) Sent(ctx context.Context, who access.Actor, in Setting) (string, error) {
	w, err := r.writer(ctx, who)
	if err != nil {
		return "", err
	}
	if w == nil {
		return "", fail.New(fail.NotFound, "Your organization has no language model: nothing leaves the house.")
	}
	m, err := r.matter(ctx, who, in)
	if err != nil {
		return "", err
	}
	masker, _ := w.masker()
	return m.request(masker).Preview(), nil
}
