package assist

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/assist/compose"
	"parley/app/domain/assist/mask"
	"parley/app/domain/assist/model"
	"parley/app/domain/assist/prompt"
	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/platform/access"
	"parley/app/platform/fail"
)

// Progress is one thing that the agent sees while drafts are made: a draft as it is now, or a sentence about all of them.
type Progress struct {
	Kind    string  `json:"kind,omitempty"`
	Text    string  `json:"text,omitempty"`
	Used    []Entry `json:"used,omitempty"`
	Warning string  `json:"warning,omitempty"`
	Done    bool    `json:"done,omitempty"`
	Notice  string  `json:"say,omitempty"`
}

// Entry is an FAQ entry that a draft is made from.
type Entry struct {
	ID       uuid.UUID `json:"id"`
	Question string    `json:"question"`
	Seq      int       `json:"for"` // the visitor's message
}

// DraftContext is what the caller knows of a conversation besides.
type DraftContext struct {
	Conversation conversation.Conversation
	Agent        string // as the visitor reads it
	Hour         int    // at the website
	Visitor      string
}

// minConfidence is the confidence below which an entry is of no use even for a draft.
const minConfidence = 0.12

// draftInput is what drafts are made from.
type draftInput struct {
	DraftContext
	lines      []prompt.Line
	unanswered []string // what the visitor has said since the last reply, oldest first
	seq        int      // of the newest of them
	answered   bool     // there was a reply before
	language   string
	entries    []faq.Suggestion
	questions  map[uuid.UUID]string
}

func (s *Service) loadInput(ctx context.Context, who access.Actor, in DraftContext) (draftInput, error) {
	m := draftInput{DraftContext: in, language: in.Conversation.Language, questions: map[uuid.UUID]string{}}
	threads, err := s.chat.Threads(ctx, who, map[uuid.UUID]int{in.Conversation.ID: 0})
	if err != nil {
		return m, err
	}
	for _, x := range threads[in.Conversation.ID] {
		switch {
		case x.Kind != conversation.Text || x.Changed == conversation.Erased:
		case x.Author == conversation.ByVisitor:
			m.lines = append(m.lines, prompt.Line{By: prompt.Visitor, Text: x.Body})
			m.unanswered, m.seq = append(m.unanswered, x.Body), x.Seq
		case x.Author == conversation.ByAgent:
			m.lines = append(m.lines, prompt.Line{By: prompt.Agent, Text: x.Body})
			m.unanswered, m.answered = nil, true
		}
	}
	if len(m.lines) == 0 {
		return m, fail.New(fail.Conflict, "The visitor hasn’t written anything yet.")
	}
	question := m.lines[len(m.lines)-1].Text
	if len(m.unanswered) > 0 {
		question = m.unanswered[len(m.unanswered)-1]
	}
	place := faq.Scope{Customer: in.Conversation.Customer, Website: in.Conversation.Website, Group: in.Conversation.Group}
	found, err := s.faq.Candidates(ctx, who, faq.Question{Text: question, Language: in.Conversation.Language, Scope: place})
	if err != nil {
		return m, err
	}
	m.language = found.Language
	for _, suggestion := range found.List {
		if suggestion.Confidence >= minConfidence {
			m.entries = append(m.entries, suggestion)
			m.questions[suggestion.ID] = suggestion.Question
		}
	}
	return m, nil
}

func (m draftInput) usedEntries(ids []string) (list []Entry) {
	for _, s := range ids {
		if id, err := uuid.Parse(s); err == nil && m.questions[id] != "" {
			list = append(list, Entry{id, m.questions[id], m.seq})
		}
	}
	return list
}

// Drafts makes up to three drafts for a conversation and reports them as they grow. When it returns nil, at least one is there.
func (s *Service) Drafts(ctx context.Context, who access.Actor, in DraftContext, emit func(Progress) error) error {
	m, err := s.loadInput(ctx, who, in)
	if err != nil {
		return err
	}
	w, err := s.loadWriter(ctx, who, access.ConversationDraft)
	if err == nil && w != nil {
		err = s.modelDrafts(ctx, who, w, m, emit)
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
	if err != nil { // the agent gets drafts all the same
		if err := emit(Progress{Notice: errorText(err) + " These drafts are based on FAQ entries."}); err != nil {
			return err
		}
	}
	return emitAll(m.composeDrafts(), m, emit)
}

// composeDrafts is the drafts made without a model.
func (m draftInput) composeDrafts() []compose.Draft {
	in := compose.Input{Visitor: m.Visitor, Language: m.language, Agent: m.Agent, Messages: m.unanswered, Hour: m.Hour}
	if m.answered {
		in.Position = compose.LaterReply
	}
	for _, e := range m.entries {
		in.Entries = append(in.Entries, compose.Entry{
			ID:         e.ID.String(),
			Question:   e.Question,
			Answer:     e.Answer,
			Language:   e.Language,
			Confidence: e.Confidence,
		})
	}
	return compose.Drafts(in)
}

func emitAll(list []compose.Draft, m draftInput, emit func(Progress) error) error {
	for _, d := range list {
		if err := emit(Progress{Kind: string(d.Kind), Text: d.Text, Used: m.usedEntries(d.Used), Done: true}); err != nil {
			return err
		}
	}
	return nil
}

// errorText says why there is no answer from the model; what is our own fault is logged.
func errorText(err error) string {
	var e *model.Error
	if errors.As(err, &e) {
		return e.Error()
	}
	if f := fail.As(err); f != nil {
		return f.Message
	}
	ref := uuid.NewString()[:8]
	slog.Error("ask the language model", "reference", ref, "error", err)
	return "The language model could not be reached (reference " + ref + ")."
}

// promptConversation is the part of the conversation that the model gets.
func (m draftInput) promptConversation(masker *mask.Masker) prompt.Conversation {
	t := prompt.Conversation{Website: m.Conversation.WebsiteName, Agent: m.Agent, Language: m.language}
	for _, l := range m.lines {
		t.Lines = append(t.Lines, prompt.Line{By: l.By, Text: maskText(masker, l.Text)})
	}
	return t
}

// draftPrompt is what is sent for drafts.
func (m draftInput) draftPrompt(masker *mask.Masker) prompt.Prompt {
	t := m.promptConversation(masker)
	for _, e := range m.entries {
		t.Entries = append(t.Entries, prompt.Entry{ID: e.ID.String(), Question: e.Question, Answer: e.Answer})
	}
	return prompt.Drafts(t)
}

func toModelRequest(p prompt.Prompt) model.Request {
	q := model.Request{MaxTokens: p.MaxTokens}
	for _, m := range p.Messages {
		q.Messages = append(q.Messages, model.Message{Role: model.Role(m.Role), Text: m.Text})
	}
	return q
}

// emitInterval is the shortest time between two reports of a growing draft.
const emitInterval = 80 * time.Millisecond

func (s *Service) modelDrafts(ctx context.Context, who access.Actor, w *modelWriter, m draftInput, emit func(Progress) error) error {
	masker, restore := w.masker()
	p := m.draftPrompt(masker)
	parser := p.Drafts()
	emitted := map[prompt.Kind]Progress{}
	var last time.Time
	emitChanged := func() error {
		last = time.Now()
		for _, d := range parser.Drafts() {
			step := Progress{Kind: string(d.Kind), Text: restore(d.Text), Used: m.usedEntries(d.Used), Done: d.State == prompt.Complete}
			if len(d.RemovedLinks) > 0 {
				step.Warning = "A link that is not in the conversation or the FAQ was removed."
			}
			if before := emitted[d.Kind]; before.Text == step.Text && before.Done == step.Done &&
				before.Warning == step.Warning && slices.Equal(before.Used, step.Used) || step.Text == "" {
				continue
			}
			emitted[d.Kind] = step
			if err := emit(step); err != nil {
				return err
			}
		}
		return nil
	}
	err := s.streamWithinBudget(ctx, who, w, toModelRequest(p), func(piece string) error {
		parser.Add(piece)
		if time.Since(last) < emitInterval {
			return nil
		}
		return emitChanged()
	})
	if err != nil {
		return err
	}
	parser.End()
	if err := emitChanged(); err != nil {
		return err
	}
	if len(emitted) == 0 {
		return fail.New(fail.Busy, "The language model returned no usable draft. Try again.")
	}
	return nil
}

// masker replaces what must not leave the installation, and puts it back into the answer.
func (w *modelWriter) masker() (*mask.Masker, func(string) string) {
	if !w.mask {
		return nil, func(s string) string { return s }
	}
	m := mask.New()
	return m, m.Restore
}

// PreviewRequest returns exactly what would be sent to the model for a conversation's drafts.
func (s *Service) PreviewRequest(ctx context.Context, who access.Actor, in DraftContext) (string, error) {
	w, err := s.loadWriter(ctx, who, access.ConversationDraft)
	if err != nil {
		return "", err
	}
	if w == nil {
		return "", fail.New(fail.NotFound, "Your organization has no language model. No data is sent.")
	}
	m, err := s.loadInput(ctx, who, in)
	if err != nil {
		return "", err
	}
	masker, _ := w.masker()
	return m.draftPrompt(masker).Preview(), nil
}
