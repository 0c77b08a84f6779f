// Package compose writes drafts without a language model: from the suggested FAQ entries and a few well-kept phrases.
//
// Owns: the phrases, and the choice of sentences.
// Must not touch: anything of ours; it is a pure function.
// Always true: what a draft says about the matter stands word for word in an entry; a draft is in one language, that of its
// entries; without entries there is only a question.
package compose

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind says what a draft is for.
type Kind string

// The kinds, in the order they are offered.
const (
	Short      Kind = "short"
	Thorough   Kind = "thorough"
	Clarifying Kind = "clarifying"
)

// Draft is a reply for the agent to edit and send.
type Draft struct {
	Kind     Kind
	Language string // of its text; empty when unknown
	Text     string
	Used     []string // ids of the entries it is made of
}

// Entry is a suggested FAQ entry.
type Entry struct {
	ID, Question string
	Answer       string // Markdown
	Language     string // empty: the visitor's
	Confidence   float64
}

// CustomPhrases is what an organization says instead of our own phrases, with its placeholders filled in.
type CustomPhrases struct {
	Language          string // empty: any
	Greeting, Closing string // empty: ours
}

// Position says where in the conversation the draft will stand.
type Position int

// The places.
const (
	FirstReply Position = iota // nobody has greeted the visitor yet
	LaterReply
)

// Input is what drafts are made of.
type Input struct {
	Visitor       string   // name; may be empty
	Language      string   // the visitor's
	Agent         string   // alias; may be empty
	Messages      []string // the visitor's last ones, oldest first
	Hour          int      // of the website's day, 0 to 23
	Position      Position
	Entries       []Entry // best first
	CustomPhrases []CustomPhrases
}

// maxText is the longest draft in characters: the longest message.
const maxText = 4000

// Drafts returns up to three drafts, in the order of their kinds.
func Drafts(in Input) []Draft {
	entries := usable(in)
	if len(entries) == 0 {
		return []Draft{askBack(in)}
	}
	best := entries[0]
	p, known := languages[best.Language]
	w := phraseWriter{in: in, phrases: p, known: known, language: best.Language}
	message := strings.Join(in.Messages, "\n")
	whole := blocks(best.Answer)

	glance := short(whole, message, best.Question, best.Language)
	drafts := []Draft{{Kind: Short, Text: w.short(glance), Used: []string{best.ID}}}
	body, used := plainText(whole), []string{best.ID}
	if second, text := w.secondEntry(entries, whole, message); text != "" {
		body += "\n\n" + text
		used = append(used, second.ID)
	}
	if withoutSpace(body) != withoutSpace(glance) {
		drafts = append(drafts, Draft{Kind: Thorough, Text: w.thorough(body), Used: used})
	}
	if known {
		text, used := w.clarifying(entries)
		drafts = append(drafts, Draft{Kind: Clarifying, Text: text, Used: used})
	}
	for i := range drafts {
		drafts[i].Language, drafts[i].Text = best.Language, truncate(drafts[i].Text)
	}
	return drafts
}

// usable returns the entries that say something, in the language of the best one, their language in the short form.
func usable(in Input) []Entry {
	var out []Entry
	for _, e := range in.Entries {
		e.Language = primaryLanguage(e.Language)
		if e.Language == "" {
			e.Language = primaryLanguage(in.Language)
		}
		if len(e.Answer) > 8*maxText {
			e.Answer = strings.ToValidUTF8(e.Answer[:8*maxText], "")
		}
		if len(blocks(e.Answer)) > 0 && (len(out) == 0 || e.Language == out[0].Language) {
			out = append(out, e)
		}
	}
	return out
}

// askBack asks what the matter is, or answers a greeting.
func askBack(in Input) Draft {
	language := primaryLanguage(in.Language)
	if _, known := languages[language]; !known {
		language = "en"
	}
	w := phraseWriter{in: in, phrases: languages[language], known: true, language: language}
	words := strings.Fields(strings.Join(in.Messages, " "))
	ask := w.phrases.more
	if len(words) <= 2 && utf8.RuneCountInString(strings.Join(words, " ")) <= 20 {
		ask = w.phrases.help
	} else if in.Position == FirstReply {
		ask = w.phrases.thanks + " " + ask
	}
	return Draft{Kind: Clarifying, Language: language, Text: w.withGreeting(ask)}
}

// plainText sets an answer as plain text, its parts an empty line apart; a list follows right on what introduces it.
func plainText(all []block) string {
	var b strings.Builder
	for i, one := range all {
		if i > 0 {
			b.WriteString("\n")
			if !one.list && !strings.HasSuffix(all[i-1].text(), ":") || one.list && all[i-1].list {
				b.WriteString("\n")
			}
		}
		b.WriteString(one.text())
	}
	return b.String()
}

// withoutSpace is a text without its setting, to compare two.
func withoutSpace(s string) string { return strings.Join(strings.Fields(s), " ") }

// primaryLanguage is the language of a tag: de-AT is de.
func primaryLanguage(tag string) string {
	tag = strings.ToLower(strings.TrimSpace(tag))
	if i := strings.IndexAny(tag, "-_"); i >= 0 {
		tag = tag[:i]
	}
	return tag
}

// truncate cuts a text that is longer than a message may be, at the end of a part of it.
func truncate(s string) string {
	if utf8.RuneCountInString(s) <= maxText {
		return s
	}
	s = string([]rune(s)[:maxText-1])
	if i := strings.LastIndex(s, "\n"); i > len(s)/2 {
		return strings.TrimSpace(s[:i])
	}
	return strings.TrimRightFunc(s, func(r rune) bool { return !unicode.IsSpace(r) }) + "…"
}
