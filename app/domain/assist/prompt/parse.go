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
	Kind         Kind
	Text         string
	Used         []string // ids of the offered entries that it says it relies on
	RemovedLinks []string // links that were taken out, see Text
	State        State
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

	cleanedFrom string // the text that was cleaned last, and what came of it
	cleaned     Text
}

// Drafts returns a reader for the answer to this prompt.
func (p Prompt) Drafts() *Parser { return &Parser{prompt: p} }

// Add takes the next piece of the answer.
func (p *Parser) Add(piece string) {
	if p.ended {
		return
	}
	if left := maxAnswer - p.size; len(piece) > left {
		piece = strings.ToValidUTF8(piece[:left], "")
	}
	p.size += len(piece)
	for {
		before, after, found := strings.Cut(piece, "\n")
		p.line.WriteString(before)
		if !found {
			return
		}
		p.addLine(p.line.String())
		p.line.Reset()
		piece = after
	}
}

// End says that nothing more comes.
func (p *Parser) End() {
	if p.ended {
		return
	}
	if p.line.Len() > 0 {
		p.addLine(p.line.String())
		p.line.Reset()
	}
	p.ended = true
	if len(p.sections) > 0 {
		return
	}
	// a model that ignored the form, but may have answered: the agent will see
	if text := strings.TrimSpace(p.raw.String()); text != "" && !p.dropping {
		kind := Thorough
		if utf8.RuneCountInString(text) <= 300 {
			kind = Short
		}
		p.sections = []section{{kind: kind}}
		p.sections[0].text.WriteString(text)
	}
}

// Drafts returns what can be shown so far, in the order of the answer; only the last may still be growing. It looks at the whole
// of the growing draft, some 0.1 ms: call it when something is shown, not at every piece.
func (p *Parser) Drafts() []Draft {
	var out []Draft
	for i := range p.sections {
		s := &p.sections[i]
		open := i == len(p.sections)-1 && !p.ended && !p.dropping
		if s.done == nil {
			d := p.draft(s, open)
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

func (p *Parser) draft(s *section, open bool) Draft {
	text := s.text.String()
	d := Draft{Kind: s.kind, Used: s.used, State: Complete}
	if open {
		d.State = Growing
		if tail := p.line.String(); !mayBeHeader(tail) {
			text += tail
		}
		text = cutUnsettled(text)
	}
	if text != s.cleanedFrom {
		s.cleanedFrom, s.cleaned = text, p.prompt.clean(text)
	}
	d.Text, d.RemovedLinks = s.cleaned.Text, s.cleaned.RemovedLinks
	return d
}

// addLine handles one whole line.
func (p *Parser) addLine(line string) {
	line = strings.TrimSuffix(line, "\r")
	if len(p.sections) == 0 && strings.HasPrefix(strings.TrimSpace(p.raw.String()+line), "<think") {
		p.thinking = true
	}
	if _, after, over := strings.Cut(line, "</think"); over { // all before was thought aloud, even if its start is missing
		_, line, _ = strings.Cut(after, ">")
		p.thinking, p.dropping, p.sections = false, false, nil
		p.raw.Reset()
	}
	if p.thinking {
		return
	}
	kind, labels, is := parseHeader(line)
	switch {
	case is:
		p.dropping = kind == ""
		for _, s := range p.sections {
			p.dropping = p.dropping || s.kind == kind
		}
		if !p.dropping {
			p.sections = append(p.sections, section{kind: kind, used: p.offeredIDs(labels)})
		}
	case p.dropping:
	case len(p.sections) == 0:
		p.raw.WriteString(line + "\n")
	default:
		p.sections[len(p.sections)-1].text.WriteString(line + "\n")
	}
}

// offeredIDs returns the ids of those labels that were offered, each once.
func (p *Parser) offeredIDs(labels []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, l := range labels {
		if id, ok := p.prompt.ids[l]; ok && !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

var (
	draftHeader = regexp.MustCompile(`^[\s>]*(?:={2,}|#{1,6}|\*{2}|-{3,}|<{2,}|\[)[\s=*#\[<\d.)-]*([\p{L}]{2,20})\b([^\n]*)$`)
	bareHeader  = regexp.MustCompile(`^\s*(SHORT|THOROUGH|QUESTION)\s*(\|[^\n]*|:?)$`)
	label       = regexp.MustCompile(`\b[Ee]([0-9]{1,2})\b`)
	headerRest  = regexp.MustCompile(
		`(?i)\b(?:reply|draft|answer|used|uses|entries|entry|none|based on|and|e[0-9]{1,2}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b|[\s|,;:=*#\[\]()<>_.–—-]+`)
)

var kinds = map[string]Kind{
	"short":      Short,
	"thorough":   Thorough,
	"long":       Thorough,
	"question":   Clarifying,
	"clarifying": Clarifying,
	"clarify":    Clarifying,
}

// parseHeader reads a line that begins a draft, however it is decorated: === SHORT | E1, **Short** (E1, E2), ### QUESTION: none. A line
// in the asked form with a word that was not asked for begins something, too, which is nobody's draft.
func parseHeader(line string) (Kind, []string, bool) {
	if len(line) > 300 {
		return "", nil, false
	}
	m := draftHeader.FindStringSubmatch(line)
	if m == nil {
		m = bareHeader.FindStringSubmatch(strings.TrimRight(line, " "))
	}
	if m == nil {
		return "", nil, false
	}
	kind, known := kinds[strings.ToLower(m[1])]
	strict := strings.HasPrefix(strings.TrimSpace(line), "==")
	if !known {
		return "", nil, strict && m[1] == strings.ToUpper(m[1])
	}
	if !strict && headerRest.ReplaceAllString(strings.ReplaceAll(strings.ToLower(m[2]), "question", ""), "") != "" {
		return "", nil, false // a sentence that happens to begin so
	}
	var labels []string
	for _, l := range label.FindAllStringSubmatch(m[2], -1) {
		labels = append(labels, "E"+strings.TrimLeft(l[1], "0"))
	}
	return kind, labels, true
}

// mayBeHeader reports whether an unfinished line could still become the start of a draft.
func mayBeHeader(line string) bool {
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

// cutUnsettled cuts off the end of a growing text that the next piece may turn into something else: a word, a link, a tag.
func cutUnsettled(s string) string {
	s = s[:strings.LastIndexFunc(s, unicode.IsSpace)+1]
	return unsettled.ReplaceAllString(s, "")
}
