package followup

import (
	"strconv"
	"strings"

	nethtml "golang.org/x/net/html"
)

// plainText returns the HTML of a message as plain text: what is bold loses its marks, links show where they lead, lists
// and quotes keep their signs. It reads what markup.RenderHTML writes, so that both parts of a mail follow one grammar.
func plainText(h string) string {
	var w plainTextWriter
	for z := nethtml.NewTokenizer(strings.NewReader(h)); ; {
		kind := z.Next()
		if kind == nethtml.ErrorToken {
			return strings.Trim(w.out.String(), "\n")
		}
		w.token(kind, z.Token())
	}
}

// plainTextWriter writes the tokens of a message as plain text.
type plainTextWriter struct {
	out     strings.Builder
	lists   []int // the next number of each list that is open; bullet for a list without numbers
	inQuote bool
	inLink  bool
	href    string // of the last link
	label   string // what it shows, as far as it has been read
}

// bullet is the next number of a list that has none.
const bullet = -1

func (w *plainTextWriter) token(kind nethtml.TokenType, t nethtml.Token) {
	begins, ends := kind == nethtml.StartTagToken, kind == nethtml.EndTagToken
	switch {
	case kind == nethtml.TextToken:
		w.write(t.Data)
	case begins && t.Data == "a":
		w.href, w.label, w.inLink = attribute(t, "href"), "", true
	case ends && t.Data == "a":
		w.endLink()
	case begins && (t.Data == "ul" || t.Data == "ol"):
		w.beginList(t)
	case begins && t.Data == "li":
		w.beginItem(t)
	case ends && (t.Data == "ul" || t.Data == "ol") && len(w.lists) > 0:
		w.lists = w.lists[:len(w.lists)-1]
		w.beginBlock()
	case t.Data == "blockquote":
		w.beginBlock()
		w.inQuote = begins
	case t.Data == "pre" || t.Data == "p" || t.Data == "div":
		w.beginBlock()
	case t.Data == "br":
		w.write("\n")
	}
}

// atLineStart reports whether nothing is written on the last line.
func (w *plainTextWriter) atLineStart() bool {
	s := w.out.String()
	return s == "" || strings.HasSuffix(s, "\n")
}

// beginBlock begins a line, unless one has just begun.
func (w *plainTextWriter) beginBlock() {
	if !w.atLineStart() {
		w.out.WriteByte('\n')
	}
}

// write writes text, with the sign of a quote before each line of one.
func (w *plainTextWriter) write(text string) {
	if w.inLink {
		w.label += text
	}
	for i, part := range strings.Split(text, "\n") {
		if i > 0 {
			w.out.WriteByte('\n')
		}
		if w.inQuote && part != "" && w.atLineStart() {
			w.out.WriteString("> ")
		}
		w.out.WriteString(part)
	}
}

// endLink writes where a link leads, unless its label says so.
func (w *plainTextWriter) endLink() {
	w.inLink = false
	bare := strings.TrimPrefix(w.href, "mailto:")
	if w.href != w.label && bare != w.label && !strings.HasSuffix(w.href, "://"+w.label) {
		w.write(" (" + bare + ")")
	}
}

func (w *plainTextWriter) beginList(t nethtml.Token) {
	w.beginBlock()
	next := bullet
	if t.Data == "ol" {
		next = 1
		if start, err := strconv.Atoi(attribute(t, "start")); err == nil {
			next = start
		}
	}
	w.lists = append(w.lists, next)
}

func (w *plainTextWriter) beginItem(t nethtml.Token) {
	w.beginBlock()
	if len(w.lists) == 0 {
		return
	}
	next := &w.lists[len(w.lists)-1]
	if value, err := strconv.Atoi(attribute(t, "value")); err == nil && *next >= 0 {
		*next = value
	}
	if *next < 0 {
		w.out.WriteString("- ")
		return
	}
	w.out.WriteString(strconv.Itoa(*next) + ". ")
	*next++
}

// attribute returns the value of a tag's attribute, empty if it has none.
func attribute(t nethtml.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
