package main

import (
	"go/scanner"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
)

// A Match is one retired word.
type Match struct {
	Line    int    // from 1
	Word    string // as it stands there, in lower case, names taken apart
	Instead string
}

// A rule is a retired word and what to write instead.
type rule struct {
	word    *regexp.Regexp // matched against lower-case text in which names are taken apart: takeBack is "take back"
	names   bool           // only in names, because the word has a plain meaning in a sentence
	instead string
}

func retired(pattern, instead string) rule {
	return rule{word: regexp.MustCompile(`\b(?:` + pattern + `)\b`), instead: instead}
}
func retiredName(pattern, instead string) rule {
	r := retired(pattern, instead)
	r.names = true
	return r
}

var rules = []rule{
	retired(`line ?ups?`, "queue"),
	retired(`in line|the lines? of (?:its|the|a) groups?|waiting lines?`, "in the queue"),
	retired(`hand(?:s|ed|ing)? over|handovers?`, "transfer"),
	retired(`t(?:ake|akes|aken|aking|ook) back`, "requeue; for a message: delete"),
	retired(`given by (?:itself|themselves)`, "assigned automatically"),
	retired(`guests?`, "participant"),
	retired(`live board|the board|boards?`, "live monitor"),
	retired(`past conversations`, "archive"),
	retired(`whispers?`, "internal note"),
	retired(`canned`, "snippet"),
	retired(`colleagues?`, "teammate or team member"),
	retired(`bells?|rings?|ringing`, "publish an event, notify"),
	retired(`the rooms?|a room`, "Service"),
	retiredName(`rooms?`, "Service"),
	retired(`the house|houses|furnish(?:es|ed)?`, "services, installation, company"),
	retired(`ground floor|the floors?`, "platform"),
	retired(`gauges`, "limiter"),
	retired(`in company`, "in one batch, group commit"),
	retiredName(`worlds?`, "fixture"),
	retiredName(`keeper`, "store, cache, committer"),
	retiredName(`lineup|linehead`, "queue"),
	retiredName(`tide`, "say what changes"),
}

// Check returns the retired words in one file.
func Check(file, text string) (found []Match) {
	each := func(line int, text string, name bool) {
		low := strings.ToLower(apart(text))
		for _, r := range rules {
			if r.names && !name {
				continue
			}
			for _, w := range r.word.FindAllString(low, -1) {
				found = append(found, Match{line, w, r.instead})
			}
		}
	}
	switch filepath.Ext(file) {
	case ".go":
		goFile(text, each)
	case ".js":
		script(text, each)
	case ".sql":
		database(text, each)
	case ".templ":
		for i, line := range strings.Split(text, "\n") {
			if c, ok := strings.CutPrefix(strings.TrimSpace(line), "//"); ok {
				each(i+1, c, false)
			}
		}
	case ".md":
		for i, line := range strings.Split(text, "\n") {
			each(i+1, line, false)
		}
	}
	return found
}

// apart takes names apart: takeBack, take_back and take-back become "take back".
func apart(s string) string {
	var b strings.Builder
	before := rune(0)
	for _, r := range s {
		switch {
		case r == '_' || r == '-':
			r = ' '
		case unicode.IsUpper(r) && unicode.IsLower(before):
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

// goFile reads the names and comments of a Go file.
func goFile(text string, each func(line int, text string, name bool)) {
	set := token.NewFileSet()
	f := set.AddFile("", -1, len(text))
	var s scanner.Scanner
	s.Init(f, []byte(text), func(token.Position, string) {}, scanner.ScanComments)
	for {
		pos, tok, lit := s.Scan()
		switch tok {
		case token.EOF:
			return
		case token.IDENT:
			if !strings.Contains(lit, "KeepAlive") { // a name of the standard library
				each(f.Line(pos), lit, true)
			}
		case token.COMMENT:
			for i, l := range strings.Split(lit, "\n") {
				each(f.Line(pos)+i, l, false)
			}
		}
	}
}

var (
	jsToken  = regexp.MustCompile("(?s)//[^\n]*|/\\*.*?\\*/|'(?:\\\\.|[^'\\\\\n])*'|\"(?:\\\\.|[^\"\\\\\n])*\"|`(?:\\\\.|[^`\\\\])*`|[A-Za-z_$][\\w$]*")
	sqlToken = regexp.MustCompile(`(?s)--[^\n]*|'(?:''|[^'])*'|[A-Za-z_]\w*`)
)

// script reads the names and comments of a JavaScript file. A regular expression is read as names, which does no harm.
func script(text string, each func(line int, text string, name bool)) {
	for _, m := range jsToken.FindAllStringIndex(text, -1) {
		t, line := text[m[0]:m[1]], 1+strings.Count(text[:m[0]], "\n")
		switch {
		case t[0] == '\'' || t[0] == '"' || t[0] == '`':
		case strings.HasPrefix(t, "//") || strings.HasPrefix(t, "/*"):
			for i, l := range strings.Split(t, "\n") {
				each(line+i, l, false)
			}
		default:
			each(line, t, true)
		}
	}
}

// database reads the names and comments of an SQL file.
func database(text string, each func(line int, text string, name bool)) {
	for _, m := range sqlToken.FindAllStringIndex(text, -1) {
		t, line := text[m[0]:m[1]], 1+strings.Count(text[:m[0]], "\n")
		switch {
		case t[0] == '\'':
		case strings.HasPrefix(t, "--"):
			each(line, t, false)
		default:
			each(line, t, true)
		}
	}
}
