// Package bidi keeps the direction of foreign text from touching the text around it.
//
// Owns: what of the Unicode bidirectional algorithm (UAX #9) is needed for text that somebody else wrote.
//
// Must not touch: HTML (templates/ui draws it), anything of ours.
//
// Always true: what Isolate and Balance return shows the same characters as what they were given; only controls that nobody
// sees are added or left out.
package bidi

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/bidi"
)

const (
	firstStrong  = '\u2068' // FSI: an isolate whose direction is that of its first letter
	popIsolate   = '\u2069' // PDI: the end of an isolate
	popEmbedding = '\u202c' // PDF: the end of an embedding or override
)

// Isolate returns s as a piece of a plain text: wrapped in U+2068 … U+2069, line by line, so that its direction ends where it
// ends. A line that cannot turn anything around, such as one in Latin letters only, stays as it is.
func Isolate(s string) string {
	if !affectsOrder(s) {
		return s
	}
	var out strings.Builder
	for s != "" {
		line, end := s, ""
		if i := strings.IndexFunc(s, isParagraphSeparator); i >= 0 {
			_, n := utf8.DecodeRuneInString(s[i:])
			line, end = s[:i], s[i:i+n]
		}
		s = s[len(line)+len(end):]
		if affectsOrder(line) {
			line = string(firstStrong) + Balance(line) + string(popIsolate)
		}
		out.WriteString(line + end)
	}
	return out.String()
}

// Balance returns s as the content of an element that isolates it, such as bdi: ends of isolates that s did not begin are left
// out, since they would end the element's own, and what s leaves open is ended.
func Balance(s string) string {
	var b Balancer
	return b.Next(s) + b.End()
}

// Balancer is Balance for a text that comes in pieces. The zero value is ready.
type Balancer struct {
	open      int // isolates
	overrides int // embeddings and overrides outside of them: an isolate ends those inside it
}

// Next returns the next piece, balanced as far as it goes.
func (b *Balancer) Next(piece string) string {
	if b.open == 0 && b.overrides == 0 && !strings.ContainsFunc(piece, IsControl) {
		return piece
	}
	var out strings.Builder
	for len(piece) > 0 {
		r, n := utf8.DecodeRuneInString(piece)
		switch {
		case r == popIsolate && b.open == 0:
			piece = piece[n:]
			continue
		case r == popIsolate:
			b.open--
		case isIsolateMark(r):
			b.open++
		case b.open == 0 && startsEmbedding(r):
			b.overrides++
		case b.open == 0 && r == popEmbedding:
			b.overrides = max(0, b.overrides-1)
		case isParagraphSeparator(r): // ends what is open, as the algorithm does
			out.WriteString(b.End())
		}
		out.WriteString(piece[:n])
		piece = piece[n:]
	}
	return out.String()
}

// End returns what ends all that is open.
func (b *Balancer) End() string {
	ends := strings.Repeat(string(popIsolate), b.open) + strings.Repeat(string(popEmbedding), b.overrides)
	*b = Balancer{}
	return ends
}

// Strip returns s without the characters that do nothing but change directions (Unicode's property Bidi_Control).
func Strip(s string) string {
	return strings.Map(func(r rune) rune {
		if IsControl(r) {
			return -1
		}
		return r
	}, s)
}

// IsControl reports whether r does nothing but change directions.
func IsControl(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) }

// startsEmbedding reports whether r begins an embedding or an override.
func startsEmbedding(r rune) bool { return r >= '\u202a' && r <= '\u202e' && r != popEmbedding }

// isIsolateMark reports whether r begins or ends an isolate.
func isIsolateMark(r rune) bool { return r >= '\u2066' && r <= popIsolate }

// isParagraphSeparator reports whether r ends a paragraph, beyond which no direction reaches.
func isParagraphSeparator(r rune) bool { return bidiClass(r) == bidi.B }

// affectsOrder reports whether s can change the order in which text beside it is shown.
func affectsOrder(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		if r < 0x0590 { // nothing below is written from right to left
			return false
		}
		switch bidiClass(r) {
		case bidi.L, bidi.EN, bidi.ES, bidi.ET, bidi.CS, bidi.B, bidi.S, bidi.WS, bidi.ON, bidi.BN, bidi.NSM:
			return false
		}
		return true
	})
}

func bidiClass(r rune) bidi.Class {
	p, _ := bidi.LookupRune(r)
	return p.Class()
}
