package assist

import (
	"context"
	"strings"
	"time"

	"parley/app/domain/assist/mask"
	"parley/app/domain/assist/prompt"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/validate"
)

// Ways of rewording, as the desk names them; "to:de" translates.
var rewordStyles = map[string]prompt.Style{
	"shorter":    prompt.Shorter,
	"friendlier": prompt.Friendly,
	"formal":     prompt.Formal,
	"correct":    prompt.Correct,
}

var errNoModel = fail.New(fail.Conflict,
	"Your organization has no language model. A manager can add one in the desk settings.")

// Reword writes the agent's own text in another way, or in another language, and reports it as it grows.
func (s *Service) Reword(ctx context.Context, who access.Actor, text, how string, emit func(Progress) error) error {
	text, err := validate.Text("a text", text, 4000)
	if err != nil {
		return err
	}
	w, err := s.requireWriter(ctx, who)
	if err != nil {
		return err
	}
	masker, restore := w.masker()
	hidden := maskText(masker, text)
	kind, p := "rewrite", prompt.Prompt{}
	if language, translates := strings.CutPrefix(how, "to:"); translates {
		kind, p = "translate", prompt.Translate(hidden, language)
	} else if way, known := rewordStyles[how]; known {
		p = prompt.Rewrite(hidden, way)
	} else {
		return fail.New(fail.Invalid, "This way of rewriting is not available.")
	}
	return s.streamText(ctx, who, w, kind, p, restore, emit)
}

// Summarize returns what a team member must know who takes a conversation over.
func (s *Service) Summarize(ctx context.Context, who access.Actor, in DraftContext, emit func(Progress) error) error {
	w, err := s.requireWriter(ctx, who)
	if err != nil {
		return err
	}
	m, err := s.loadInput(ctx, who, in)
	if err != nil {
		return err
	}
	masker, restore := w.masker()
	return s.streamText(ctx, who, w, "summary", prompt.Summary(m.promptConversation(masker), "en"), restore, emit)
}

func maskText(m *mask.Masker, s string) string {
	if m == nil {
		return s
	}
	return m.Mask(s)
}

func (s *Service) requireWriter(ctx context.Context, who access.Actor) (*modelWriter, error) {
	w, err := s.loadWriter(ctx, who, access.ConversationReword)
	if err == nil && w == nil {
		err = errNoModel
	}
	return w, err
}

// streamText streams an answer that is one text.
func (s *Service) streamText(
	ctx context.Context, who access.Actor, w *modelWriter, kind string, p prompt.Prompt, restore func(string) string,
	emit func(Progress) error,
) error {
	var all strings.Builder
	var last time.Time
	emitText := func(done bool) error {
		last = time.Now()
		clean := p.Clean(all.String())
		step := Progress{Kind: kind, Text: restore(clean.Text), Done: done}
		if len(clean.RemovedLinks) > 0 {
			step.Warning = "A link that is not in your text was removed."
		}
		return emit(step)
	}
	err := s.streamWithinBudget(ctx, who, w, toModelRequest(p), func(piece string) error {
		all.WriteString(piece)
		if time.Since(last) < emitInterval {
			return nil
		}
		return emitText(false)
	})
	if err != nil && ctx.Err() == nil {
		return emit(Progress{Notice: errorText(err)})
	}
	if err == nil {
		err = emitText(true)
	}
	return err
}
