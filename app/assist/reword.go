package assist

import (
	"context"
	"strings"
	"time"

	"parley/app/access"
	"parley/app/assist/mask"
	"parley/app/assist/prompt"
	"parley/app/fail"
)

// Ways of rewording, as the desk names them; "to:de" translates.
var ways = map[string]prompt.How{"shorter": prompt.Shorter, "friendlier": prompt.Friendly, "formal": prompt.Formal, "correct": prompt.Correct}

var errNoModel = fail.New(fail.Conflict, "Your organization has no language model. A manager can set one up under “Desk” in the management.")

// Reword says the agent's own text in another way, or in another language, and tells of it as it grows.
func (r *Room) Reword(ctx context.Context, who access.Actor, text, how string, tell func(Step) error) error {
	text, err := fail.Text("a text", text, 4000)
	if err != nil {
		return err
	}
	w, err := r.mustWrite(ctx, who)
	if err != nil {
		return err
	}
	masker, restore := w.masker()
	hidden := hide(masker, text)
	kind, p := "rewrite", prompt.Prompt{}
	if language, translates := strings.CutPrefix(how, "to:"); translates {
		kind, p = "translate", prompt.Translate(hidden, language)
	} else if way, known := ways[how]; known {
		p = prompt.Rewrite(hidden, way)
	} else {
		return fail.New(fail.Invalid, "There is no such way of rewording.")
	}
	return r.one(ctx, who, w, kind, p, restore, tell)
}

// Summarize says what a colleague must know who takes a conversation over.
func (r *Room) Summarize(ctx context.Context, who access.Actor, in Setting, tell func(Step) error) error {
	w, err := r.mustWrite(ctx, who)
	if err != nil {
		return err
	}
	m, err := r.matter(ctx, who, in)
	if err != nil {
		return err
	}
	masker, restore := w.masker()
	return r.one(ctx, who, w, "summary", prompt.Summary(m.talk(masker), "en"), restore, tell)
}

func hide(m *mask.Masker, s string) string {
	if m == nil {
		return s
	}
	return m.Mask(s)
}

func (r *Room) mustWrite(ctx context.Context, who access.Actor) (*writer, error) {
	w, err := r.writer(ctx, who)
	if err == nil && w == nil {
		err = errNoModel
	}
	return w, err
}

// one streams an answer that is one text.
func (r *Room) one(ctx context.Context, who access.Actor, w *writer, kind string, p prompt.Prompt, restore func(string) string, tell func(Step) error) error {
	var all strings.Builder
	var last time.Time
	say := func(done bool) error {
		last = time.Now()
		clean := p.Clean(all.String())
		s := Step{Kind: kind, Text: restore(clean.Text), Done: done}
		if len(clean.Foreign) > 0 {
			s.Warning = "A link that is not in your text was taken out."
		}
		return tell(s)
	}
	err := r.ask(ctx, who, w, asRequest(p), func(piece string) error {
		all.WriteString(piece)
		if time.Since(last) < steady {
			return nil
		}
		return say(false)
	})
	if err != nil && ctx.Err() == nil {
		return tell(Step{Say: inWords(err)})
	}
	if err == nil {
		err = say(true)
	}
	return err
}
