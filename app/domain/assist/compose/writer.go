package compose

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// phraseWriter puts the phrases of one language around the matter.
type phraseWriter struct {
	in       Input
	phrases  phrases
	known    bool // the language has phrases; otherwise the matter stands alone
	language string
}

// customPhrases returns the organization's own phrases for the language.
func (w phraseWriter) customPhrases() CustomPhrases {
	for _, f := range w.in.CustomPhrases {
		if l := primaryLanguage(f.Language); l == "" || l == w.language {
			return f
		}
	}
	return CustomPhrases{}
}

// greeting returns how a first reply begins; a later one has none.
func (w phraseWriter) greeting() string {
	if w.in.Position != FirstReply {
		return ""
	}
	if own := strings.TrimSpace(w.customPhrases().Greeting); own != "" {
		return own
	}
	if !w.known {
		return ""
	}
	hour := w.phrases.greetingAt(w.in.Hour)
	if name := Name(w.in.Visitor); name != "" {
		return strings.NewReplacer("%s", hour, "%n", name).Replace(w.phrases.named)
	}
	return strings.ReplaceAll(w.phrases.unnamed, "%s", hour)
}

// withGreeting puts the greeting before a text: on the same line after an exclamation mark, above it after a comma.
func (w phraseWriter) withGreeting(text string) string {
	g := w.greeting()
	switch {
	case g == "":
		return text
	case strings.HasSuffix(g, "!") && !strings.Contains(text, "\n"):
		return g + " " + text
	}
	return g + "\n" + text
}

// withClosing puts the closing behind a text: a paragraph of its own where the text has several lines.
func (w phraseWriter) withClosing(text, ours string) string {
	if own := strings.TrimSpace(w.customPhrases().Closing); own != "" {
		ours = own
	} else if !w.known {
		ours = ""
	}
	long := strings.Contains(text, "\n")
	text = strings.TrimSpace(text)
	if ours == "" {
		return text
	}
	if long {
		return text + "\n\n" + ours
	}
	return text + " " + ours
}

// short says the matter and asks back once; within a conversation it says the matter only.
func (w phraseWriter) short(matter string) string {
	if w.in.Position != FirstReply {
		return matter
	}
	return w.withGreeting(w.withClosing(matter, w.phrases.anyOther))
}

func (w phraseWriter) thorough(matter string) string {
	start := ""
	if w.in.Position == FirstReply {
		start = w.greeting()
		if w.known && w.customPhrases().Greeting == "" {
			polite := w.phrases.thanks
			if agent := strings.TrimSpace(w.in.Agent); agent != "" {
				polite = strings.ReplaceAll(w.phrases.intro, "%a", agent) + " " + polite
			}
			start = w.withGreeting(polite)
		}
	}
	if start != "" {
		matter = start + "\n\n" + matter
	}
	return w.withClosing(matter+"\n", w.phrases.closing)
}

// secondEntry returns the second entry where it is about as likely as the first and says something else, and its text.
func (w phraseWriter) secondEntry(entries []Entry, whole []block, message string) (Entry, string) {
	if len(entries) < 2 || !w.known {
		return Entry{}, ""
	}
	first, second := entries[0], entries[1]
	if second.Confidence < 0.75*first.Confidence || second.Confidence <= 0 {
		return Entry{}, ""
	}
	more := blocks(second.Answer)
	text := plainText(more)
	if utf8.RuneCountInString(text) > 250 {
		text = short(more, message, second.Question, w.language)
	}
	have, fresh, total := features(plainText(whole)), 0.0, 0.0
	for f, weight := range features(text) {
		total += weight
		if _, known := have[f]; !known {
			fresh += weight
		}
	}
	if total == 0 || fresh/total < 0.4 {
		return Entry{}, ""
	}
	if q := choiceText(second.Question); q != "" && !standsAlone(text, q) {
		text = w.phrases.open + q + w.phrases.shut + " " + text
	}
	if strings.Contains(text, "\n") {
		return second, w.phrases.also + "\n" + text
	}
	return second, w.phrases.also + " " + text
}

// standsAlone reports whether an answer can be understood without its question: it takes up the question's words.
func standsAlone(answer, question string) bool {
	have, taken, total := features(answer), 0.0, 0.0
	for f, weight := range features(question) {
		total += weight
		if _, up := have[f]; up {
			taken += weight
		}
	}
	return taken >= 0.4*total
}

// clarifying asks which of the likely entries is meant.
func (w phraseWriter) clarifying(entries []Entry) (string, []string) {
	var choices, used []string
	seen := map[string]bool{}
	for _, e := range entries {
		q := choiceText(e.Question)
		if trimQuestionMarks(q) == "" || seen[strings.ToLower(q)] || e.Confidence < 0.5*entries[0].Confidence || len(choices) == 3 {
			continue
		}
		seen[strings.ToLower(q)] = true
		choices, used = append(choices, q), append(used, e.ID)
	}
	p := w.phrases
	quoted := func(s string) string { return p.open + trimQuestionMarks(s) + p.shut }
	var text string
	switch len(choices) {
	case 0:
		text = p.more
	case 1:
		text = strings.ReplaceAll(p.one, "%1", quoted(choices[0])) + " " + p.noneOfThese
	case 2:
		text = strings.NewReplacer("%1", quoted(choices[0]), "%2", quoted(choices[1])).Replace(p.two)
	default:
		text = p.several
		for i, c := range choices {
			text += fmt.Sprintf("\n%d. %s", i+1, c)
		}
		text += fmt.Sprintf("\n%d. %s", len(choices)+1, p.other)
	}
	return w.withGreeting(text), used
}

// choiceText makes an entry's question fit to be offered as a choice: its first line, and not too much of it.
func choiceText(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	s = strings.TrimSpace(plain(s))
	r := []rune(s)
	if len(r) > 120 {
		s = strings.TrimRightFunc(string(r[:120]), func(r rune) bool { return !unicode.IsSpace(r) })
		s = strings.TrimSpace(s) + "…"
	}
	return s
}

// trimQuestionMarks is a question without the marks at its ends, to be quoted inside another.
func trimQuestionMarks(q string) string {
	return strings.Trim(q, " \t\r?!.¿¡؟？:“”„«»\"\u00a0\u202f")
}

// notNames are words that people and programs put where a name belongs.
var notNames = set(`visitor guest gast besucher anonymous anonym test user customer kunde unknown unbekannt visiteur invité cliente invitado visitante
	bezoeker klant ospite utente gość klient ziyaretçi misafir زائر ضيف n/a na none -`)

// Name returns the name by which a visitor can be addressed, or the empty text when what was given is not one.
func Name(s string) string {
	words := strings.Fields(s)
	s = strings.Join(words, " ")
	if n := utf8.RuneCountInString(s); n < 2 || n > 40 || len(words) > 4 || notNames[strings.ToLower(words[0])] {
		return ""
	}
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.Is(unicode.M, r) && !strings.ContainsRune(" -'’.·", r) {
			return "" // an address, a number, a smile
		}
	}
	if s == strings.ToLower(s) || s == strings.ToUpper(s) && utf8.RuneCountInString(s) > 3 {
		up := true
		s = strings.Map(func(r rune) rune {
			was := up
			up = r == ' ' || r == '-' || r == '\'' || r == '’'
			if was {
				return unicode.ToTitle(r)
			}
			return unicode.ToLower(r)
		}, s)
	}
	return s
}
