package prompt

import (
	"regexp"
	"strings"
	"unicode"
)

// maxText is the longest text taken out of an answer, in characters: the longest message of a conversation.
const maxText = 4000

// Removed is written where a link was taken out, so that the agent sees that there was one.
const Removed = "[link removed]"

// Text is what is left of an answer.
type Text struct {
	Text         string
	RemovedLinks []string // links and addresses that were in none of the material, and were taken out
}

// Clean reads an answer that is one text. It may be called again and again while the answer grows.
func (p Prompt) Clean(answer string) Text {
	answer = stripThinking(limitAnswer(answer))
	answer = mark.ReplaceAllString(answer, "")
	return p.clean(answer)
}

var mark = regexp.MustCompile(`(?m)^(?:[TVAWN]|E[0-9])\| ?`) // a model that copies the fence

var (
	comment = regexp.MustCompile(`(?s)<!--.*?(?:-->|$)`)
	element = regexp.MustCompile(
		`(?is)<(script|style|iframe|svg|template|object)\b[^>]*>.*?(?:</(?:script|style|iframe|svg|template|object)\s*>|$)`)
	tag       = regexp.MustCompile(`(?s)</?[a-zA-Z!?][^<>]*(?:>|$)`)
	entity    = regexp.MustCompile(`&(?:[a-zA-Z]{2,31}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});`)
	mdLink    = regexp.MustCompile(`!?\[([^\[\]\n]*)\]\(\s*<?([^()\s<>]*)>?[^()\n]*\)`)
	heads     = regexp.MustCompile(`(?m)^[ \t]{0,3}#{1,6}[ \t]+`)
	fences    = regexp.MustCompile("(?m)^[ \\t]*```[^\\n]*$")
	bold      = regexp.MustCompile(`\*\*([^*\n]+)\*\*|__([^_\n]+)__`)
	backticks = regexp.MustCompile("`([^`\n]+)`")
	blank     = regexp.MustCompile(`\n{3,}`)
	// anything that a program might make a link of
	linkLike = regexp.MustCompile(
		`(?i)\b(?:https?|ftp|wss?|file|data|javascript|vbscript|mailto|tel|sms|whatsapp|intent|blob):[^\s<>"“”„«»]+|\bwww\.[^\s<>"“”„«»]+|[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+|\b(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+(?-i:` + topLevelDomains + `|` + strings.ToUpper(topLevelDomains) + `)\b(?:[:/?#][^\s<>"“”„«»]*)?|\b(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+[\p{L}]{2,24}/[^\s<>"“”„«»]*|\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:[:/][^\s<>"“”„«»]*)?`)
)

// topLevelDomains are the ends of names that are taken for links without anything else that says so; with a path behind
// it, any end is. Not in mixed case: a full stop without a space after it would make one of two words.
const topLevelDomains = `com|net|org|info|biz|io|co|me|app|dev|shop|store|online|site|xyz|top|club|live|link|click|page|web|cloud|ai|ly|gg|to|tv|cc|ws|eu|de|at|ch|fr|es|nl|be|pt|it|pl|tr|uk|ie|us|ca|br|mx|ar|ru|cn|in|jp|au|sa|ae|eg|example|test`

// clean takes out of a text whatever a reply has no business with.
func (p Prompt) clean(s string) Text {
	s = visible(limitAnswer(s))
	for range 3 { // what is taken out may leave together what was apart
		before := s
		if strings.Contains(s, "&") {
			s = entity.ReplaceAllString(s, " ")
		}
		if strings.Contains(s, "<") {
			s = tag.ReplaceAllString(element.ReplaceAllString(comment.ReplaceAllString(s, ""), ""), "")
		}
		if s == before {
			break
		}
	}
	s = stripMarkdown(s)
	var foreign []string
	s = eachLink(s, func(l string) string {
		if p.links[linkKey(l)] {
			return l
		}
		end := len(strings.TrimRight(l, trailing))
		if len(foreign) < 10 {
			foreign = append(foreign, l[:end])
		}
		return Removed + l[end:]
	})
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRightFunc(l, unicode.IsSpace)
	}
	s = strings.TrimSpace(blank.ReplaceAllString(strings.Join(lines, "\n"), "\n\n"))
	if r := []rune(s); len(r) > maxText {
		s = strings.TrimSpace(string(r[:maxText-1])) + "…"
	}
	return Text{s, foreign}
}

// stripMarkdown takes out Markdown, which a chat does not show. The looks beforehand spare most of the work: a growing answer is
// cleaned again at every piece.
func stripMarkdown(s string) string {
	if strings.Contains(s, "#") {
		s = heads.ReplaceAllString(s, "")
	}
	if strings.Contains(s, "`") {
		s = backticks.ReplaceAllString(fences.ReplaceAllString(s, ""), "$1")
	}
	if strings.Contains(s, "**") || strings.Contains(s, "__") {
		s = bold.ReplaceAllString(s, "$1$2")
	}
	if !strings.Contains(s, "](") {
		return s
	}
	return mdLink.ReplaceAllStringFunc(s, func(l string) string {
		part := mdLink.FindStringSubmatch(l)
		text, to := strings.TrimSpace(part[1]), part[2]
		if text == "" || text == to || to == "" {
			return text + to
		}
		if !linkLike.MatchString(to) {
			return text
		}
		return text + " (" + to + ")"
	})
}

// eachLink replaces what looks like a link. Only words with a sign of one inside are looked at closely.
func eachLink(s string, replace func(string) string) string {
	var b strings.Builder
	for s != "" {
		end := strings.IndexFunc(s, isLinkBoundary)
		if end < 0 {
			end = len(s)
		}
		if word := s[:end]; strings.ContainsAny(strings.TrimRight(word, trailing), ".:@") {
			b.WriteString(linkLike.ReplaceAllStringFunc(word, replace))
		} else {
			b.WriteString(word)
		}
		s = s[end:]
		if next := strings.IndexFunc(s, func(r rune) bool { return !isLinkBoundary(r) }); next > 0 {
			b.WriteString(s[:next])
			s = s[next:]
		} else if next < 0 {
			b.WriteString(s)
			s = ""
		}
	}
	return b.String()
}

// isLinkBoundary reports what no link has inside.
func isLinkBoundary(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune("<>\"“”„«»", r)
}

// trailing is what ends a sentence rather than a link.
const trailing = `.,;:!?)]}'*_`

// noteLinks remembers the links of a piece of the material.
func (p *Prompt) noteLinks(text string) {
	eachLink(visible(text), func(l string) string {
		p.links[linkKey(l)] = true
		return l
	})
}

// linkKey is the form in which links are compared.
func linkKey(l string) string {
	l = strings.TrimRight(l, trailing)
	low := strings.ToLower(l)
	for _, prefix := range []string{"https://", "http://", "mailto:", "www."} {
		if strings.HasPrefix(low, prefix) {
			l, low = l[len(prefix):], low[len(prefix):]
		}
	}
	if i := strings.IndexAny(l, "/?#"); i >= 0 { // the name of a host has no case, the rest may
		return strings.TrimRight(low[:i]+l[i:], "/")
	}
	return low
}

// maxAnswer bounds how much of an answer is looked at, in bytes.
const maxAnswer = 48 << 10

func limitAnswer(s string) string {
	if len(s) > maxAnswer {
		s = strings.ToValidUTF8(s[:maxAnswer], "")
	}
	return s
}

// stripThinking takes out what some models think aloud before they answer.
func stripThinking(s string) string {
	start := strings.TrimLeftFunc(s, unicode.IsSpace)
	if !strings.HasPrefix(start, "<think") {
		return s
	}
	if _, after, ok := strings.Cut(start, "</think"); ok {
		_, after, _ = strings.Cut(after, ">")
		return after
	}
	return ""
}
