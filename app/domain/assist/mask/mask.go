// Package mask hides from a language model what it does not need to know about a visitor: e-mail addresses, phone numbers,
// payment card numbers and bank accounts, replaced by names such as [email 1].
//
// Owns: finding these values, and putting them back into an answer.
// Must not touch: anything of ours; it is text in, text out.
// Always true: the same value has the same name in all texts of one Masker, and nothing that is not of its own making is put
// back; no text takes more than linear time.
//
// What it is not: a proof that nothing personal leaves. Names, streets and whatever a person spells out stay. It would rather
// leave an order number readable than hide every number, and rather hide an odd number than show a card.
package mask

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Kind says what sort of value was hidden; it is the word in the placeholder.
type Kind string

// The kinds.
const (
	Email Kind = "email"
	Phone Kind = "phone"
	Card  Kind = "card"
	IBAN  Kind = "iban"
)

// Masker names the values of one conversation. Use one for all texts that go into one request, and for its answer; not from
// two goroutines at once.
type Masker struct {
	names  map[value]string
	values map[string]string // placeholder to the value as it was first written
	count  map[Kind]int
}

// value is a value in the one spelling by which it is recognized again.
type value struct {
	kind Kind
	text string
}

// New returns a Masker that knows no values yet.
func New() *Masker {
	return &Masker{names: map[value]string{}, values: map[string]string{}, count: map[Kind]int{}}
}

// span is a place in a text that holds a value.
type span struct {
	from, to int // bytes
	value    value
}

// What Restore takes for a placeholder: models change case and spaces, escape brackets, and write e-mail with a hyphen.
var placeholder = regexp.MustCompile(`(?i)\\?\[\s?(e-?mail|phone|card|iban)[\s\x{a0}]?([0-9]{1,5})\s?\\?\]`)

// Mask returns text with every value replaced by its placeholder. What only looks like a placeholder is written with round
// brackets, so that nobody can have another value put in its place.
func (m *Masker) Mask(text string) string {
	text = placeholder.ReplaceAllString(strings.ToValidUTF8(text, "\ufffd"), "($1 $2)")
	spans := find(text)
	if len(spans) == 0 {
		return text
	}
	var b strings.Builder
	at := 0
	for _, s := range spans {
		b.WriteString(text[at:s.from])
		b.WriteString(m.name(s.value, text[s.from:s.to]))
		at = s.to
	}
	b.WriteString(text[at:])
	return b.String()
}

func (m *Masker) name(v value, written string) string {
	if name, known := m.names[v]; known {
		return name
	}
	m.count[v.kind]++
	name := fmt.Sprintf("[%s %d]", v.kind, m.count[v.kind])
	m.names[v], m.values[name] = name, written
	return name
}

// Restore puts the values back where an answer uses their placeholders. Placeholders that were never given out stay as they
// are, for the agent to see. What a value itself holds is not looked at again.
func (m *Masker) Restore(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		part := placeholder.FindStringSubmatch(found)
		kind := strings.ReplaceAll(strings.ToLower(part[1]), "-", "")
		n, _ := strconv.Atoi(part[2])
		if written, known := m.values[fmt.Sprintf("[%s %d]", kind, n)]; known {
			return written
		}
		return found
	})
}

// Count returns how many different values of a kind were hidden.
func (m *Masker) Count(k Kind) int { return m.count[k] }

// find returns the values in text in order, none overlapping another. Cards and accounts come before phones, since a part of
// either would pass for a phone number.
func find(text string) []span {
	var spans []span
	for _, at := range email.FindAllStringIndex(text, -1) {
		spans = append(spans, span{at[0], at[1], value{Email, plainEmail(text[at[0]:at[1]])}})
	}
	runs := numbers(text)
	spans = mergeSpans(spans, ibans(text))
	spans = mergeSpans(spans, cards(runs))
	spans = mergeSpans(spans, phones(text, runs, spans))
	return spans
}

// mergeSpans merges two ordered lists; where they overlap, the first list's value stands.
func mergeSpans(have, more []span) []span {
	i := 0
	var fresh []span
	for _, s := range more {
		for i < len(have) && have[i].to <= s.from {
			i++
		}
		if i == len(have) || s.to <= have[i].from {
			fresh = append(fresh, s)
		}
	}
	have = append(have, fresh...)
	slices.SortFunc(have, func(a, b span) int { return a.from - b.from })
	return have
}

// Addresses as people write them, also with a full-width sign and the (at) that is meant to fool machines.
var email = regexp.MustCompile(
	`(?i)[\p{L}\p{N}_.%+'-]*[\p{L}\p{N}_%+-](?:[@＠﹫]|\s?[(\[{]\s?at\s?[)\]}]\s?)[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?(?:(?:\.|\s?[(\[{]\s?dot\s?[)\]}]\s?)[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?)+`)

var emailSigns = regexp.MustCompile(`(?i)[＠﹫]|\s?[(\[{]\s?at\s?[)\]}]\s?`)
var emailDots = regexp.MustCompile(`(?i)\s?[(\[{]\s?dot\s?[)\]}]\s?`)

func plainEmail(s string) string {
	return strings.ToLower(emailDots.ReplaceAllString(emailSigns.ReplaceAllString(s, "@"), "."))
}
