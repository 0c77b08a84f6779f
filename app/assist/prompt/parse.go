package prompt

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind says what a draft is for.
type Kind string

// The kinds, in the order they are asked for.
const (
	Short      Kind = "short"
	Thorough   Kind = "thorough"
	Clarifying Kind = "clarifying"
)

// State says whether a draft may still grow.
type State int

// The states.
const (
	Growing State = iota
	Complete
)

// Draft is one reply out of the answer.
type Draft struct {
	Kind    Kind
	Text    string
	Used    []string // ids of the offered entries that it says it relies on
	Foreign []string // links that were taken out, see Text
	State   State
}

// Parser reads an answer with drafts while it comes. It forgives models that decorate, reorder or leave out, and believes none
// of them. Not from two goroutines at once.
type Parser struct {
	prompt   Prompt
	raw      strings.Builder // until the first line that begins a draft
	sections []section
	line     strings.Builder // the last line, not yet ended
	size     int
	ended    bool
	thinking bool // what comes is not the answer yet
	dropping bool // a section that was not asked for, or a second time
}

type section struct {
	kind Kind
	used []string
	text strings.Builder
	done *Draft // once it cannot grow any more

	seen    string // the text that was cleaned last, and what came of it
	cleaned Text
}

// Drafts returns a reader for the answer to this prompt.
func (p Prompt) Drafts() *Parser { return &Parser{prompt: p} }

// Add takes the next piece of the answer.
func (r *Parser) Add(piece string) {
	if r.ended {
		return
	}
	if room := answerMax - r.size; len(piece) > room {
		piece = strings.ToValidUTF8(piece[:room], "")
	}
	r.size += len(piece)
	for {
		before, after, found := strings.Cut(piece, "\n")
		r.line.WriteString(before)
		if !found {
			return
		}
		r.take(r.line.String())
		r.line.Reset()
		piece = after
	}
}

// End says that nothing more comes.
func (r *Parser) End() {
	if r.ended {
		return
	}
	if r.line.Len() > 0 {
		r.take(r.line.String())
		r.line.Reset()
	}
	r.ended = true
	if len(r.sections) > 0 {
		return
	}
	// a model that ignored the form, but may have answered: the agent will see
	if text := strings.TrimSpace(r.raw.String()); text != "" && !r.dropping {
		kind := Thorough
		if utf8.RuneCountInString(text) <= 300 {
			kind = Short
		}
		r.sections = []section{{kind: kind}}
		r.sections[0].text.WriteString(text)
	}
}

// Drafts returns what can be shown so far, in the order of the answer; only the last may still be growing. It looks at the whole
// of the growing draft, some 0.1 ms: call it when something is shown, not at every piece.
func (r *Parser) Drafts() []Draft {
	var out []Draft
	for i := range r.sections {
		s := &r.sections[i]
		open := i == len(r.sections)-1 && !r.ended && !r.dropping
		if s.done == nil {
			d := r.draft(s, open)
			if !open {
				s.done = &d
			}
			if d.Text != "" {
				out = append(out, d)
			}
		} else if s.done.Text != "" {
			out = append(out, *s.done)
		}
	}
	return out
}

func (r *Parser) draft(s *section, open bool) Draft {
	text := s.text.String()
	d := Draft{Kind: s.kind, Used: s.used, State: Complete}
	if open {
		d.State = Growing
		if tail := r.line.String(); !mayBegin(tail) {
			text += tail
		}
		text = settled(text)
	}
	if text != s.seen {
		s.seen, s.cleaned = text, r.prompt.clean(text)
	}
	d.Text, d.Foreign = s.cleaned.Text, s.cleaned.Foreign
	return d
}

// take handles one whole line.
func (r *Parser) take(line string) {
	line = strings.TrimSuffix(line, "\r")
	if len(r.sections) == 0 && strings.HasPrefix(strings.TrimSpace(r.raw.String()+line), "<think") {
		r.thinking = true
	}
	if _, after, over := strings.Cut(line, "</think"); over { // all before was thought aloud, even if its start is missing
		_, line, _ = strings.Cut(after, ">")
		r.thinking, r.dropping, r.sections = false, false, nil
		r.raw.Reset()
	}
	if r.thinking {
		return
	}
	kind, labels, is := header(line)
	switch {
	case is:
		r.dropping = kind == ""
		for _, s := range r.sections {
			r.dropping = r.dropping || s.kind == kind
		}
		if !r.dropping {
			r.sections = append(r.sections, section{kind: kind, used: r.known(labels)})
		}
	case r.dropping:
	case len(r.sections) == 0:
		r.raw.WriteString(line + "\n")
	default:
		r.sections[len(r.sections)-1].text.WriteString(line + "\n")
	}
}

// known returns the ids of those labels that were offered, each once.
func (r *Parser) known(labels []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, l := range labels {
		if id, ok := r.prompt.ids[l]; ok && !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

var (
	begin = regexp.MustCompile(`^[\s>]*(?:={2,}|#{1,6}|\*{2}|-{3,}|<{2,}|\[)[\s=*#\[<\d.)-]*([\p{L}]{2,20})\b([^\n]*)$`)
	bare  = regexp.MustCompile(`^\s*(SHORT|THOROUGH|QUESTION)\s*(\|[^\n]*|:?)$`)
	label = regexp.MustCompile(`\b[Ee]([0-9]{1,2})\b`)
	rest  = regexp.MustCompile(`(?i)\b(?:reply|draft|answer|used|uses|entries|entry|none|based on|and|e[0-9]{1,2}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b|[\s|,;:=*#\[\]()<>_.–—-]+`)
)

var kinds = map[string]Kind{"short": Short, "thorough": Thorough, "long": Thorough, "question": Clarifying, "clarifying": Clarifying, "clarify": Clarifying}

// header reads a line that begins a draft, however it is decorated: === SHORT | E1, **Short** (E1, E2), ### QUESTION: none. A line
// in the asked form with a word that was not asked for begins something, too, which is nobody's draft.
func header(line string) (Kind, []string, bool) {
	if len(line) > 300 {
		return "", nil, false
	}
	m := begin.FindStringSubmatch(line)
	if m == nil {
		m = bare.FindStringSubmatch(strings.TrimRight(line, " "))
	}
	if m == nil {
		return "", nil, false
	}
	kind, known := kinds[strings.ToLower(m[1])]
	strict := strings.HasPrefix(strings.TrimSpace(line), "==")
	if !known {
		return "", nil, strict && m[1] == strings.ToUpper(m[1])
	}
	if !strict && rest.ReplaceAllString(strings.ReplaceAll(strings.ToLower(m[2]), "question", ""), "") != "" {
		return "", nil, false // a sentence that happens to begin so
	}
	var labels []string
	for _, l := range label.FindAllStringSubmatch(m[2], -1) {
		labels = append(labels, "E"+strings.TrimLeft(l[1], "0"))
	}
	return kind, labels, true
}

// mayBegin reports whether an unfinished line could still become the start of a draft.
func mayBegin(line string) bool {
	line = strings.TrimLeft(line, " \t>")
	if line == "" || len(line) > 300 {
		return line == ""
	}
	for _, word := range []string{"SHORT", "THOROUGH", "QUESTION"} {
		if strings.HasPrefix(line, word) || strings.HasPrefix(word, line) {
			return true
		}
	}
	return strings.ContainsRune("=#*-<[", rune(line[0]))
}

var unsettled = regexp.MustCompile(`!?\[[^\]\n]*$|!?\[[^\]\n]*\]\([^)\n]*$`)

// settled cuts off the end of a growing text that the next piece may turn into something else: a word, a link, a tag.
func settled(s string) string {
	s = s[:strings.LastIndexFunc(s, unicode.IsSpace)+1]
	return unsettled.ReplaceAllString(s, "")
}
