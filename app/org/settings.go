package org

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"parley/app/fail"
)

// Settings is how a website's widget looks and behaves. The zero value is what a new website has.
type Settings struct {
	Zone      string     `json:"zone,omitempty"`     // IANA name of the time zone in which its greetings count; empty: UTC
	Language  string     `json:"language,omitempty"` // that the widget always speaks; empty: the page's or the browser's
	Look      Look       `json:"look"`
	Greetings []Greeting `json:"greetings,omitempty"` // the first that fits is said
	Holidays  []string   `json:"holidays,omitempty"`  // days on which it counts as closed: 2026-12-25, or 12-25 for every year
	Invite    Invite     `json:"invite"`
	Questions []Question `json:"questions,omitempty"` // before the first message
	Privacy   string     `json:"privacy,omitempty"`   // what the panel says of data; Markdown
	Files     Files      `json:"files"`
	Rating    Rating     `json:"rating"`
	NoMail    bool       `json:"no_mail,omitempty"`    // no transcript by mail, no answers by mail
	WarnAfter int        `json:"warn_after,omitempty"` // minutes of the visitor's silence; 0: never
	EndAfter  int        `json:"end_after,omitempty"`  // minutes after the warning; 0: never
	Proof     bool       `json:"proof,omitempty"`      // browsers prove some work before the first message
	Mail      Mail       `json:"mail,omitzero"`
	// Texts are the widget's own in other words, by language and the text's name.
	Texts map[string]map[string]string `json:"texts,omitempty"`
}

// Look is where the launcher is.
type Look struct {
	Left   bool   `json:"left,omitempty"`
	X      int    `json:"x,omitempty"` // pixels from the side, beside the usual
	Y      int    `json:"y,omitempty"` // pixels from the bottom, beside the usual
	Hidden bool   `json:"hidden,omitempty"`
	Own    string `json:"own,omitempty"` // CSS selector of elements in the page that open the chat instead of the launcher
	Color  string `json:"color,omitempty"`
}

// Presence is a website's state: whether somebody is there to answer.
type Presence string

// States of a website.
const (
	Online  Presence = "online"  // somebody has room
	Busy    Presence = "busy"    // all have as much as they may
	Away    Presence = "away"    // it is open, but nobody is there
	Offline Presence = "offline" // it is closed
)

// Presences is all of them.
var Presences = []Presence{Online, Busy, Away, Offline}

// Greeting is what the panel says on opening, when it fits.
type Greeting struct {
	States   []Presence `json:"states,omitempty"` // none: any
	Days     []int      `json:"days,omitempty"`   // 0 is Sunday; none: any
	From     string     `json:"from,omitempty"`   // 08:00; empty: any time. A span may go over midnight
	To       string     `json:"to,omitempty"`
	Page     string     `json:"page,omitempty"`     // beginning of the page's path, or a pattern with *; empty: any
	Language string     `json:"language,omitempty"` // of the widget; empty: any
	Holiday  bool       `json:"holiday,omitempty"`  // only on holidays
	Text     string     `json:"text"`
	Status   string     `json:"status,omitempty"` // the line under the name
}

// Invite shows a greeting beside the launcher by itself.
type Invite struct {
	Text   string `json:"text,omitempty"`   // empty: it never does
	After  int    `json:"after,omitempty"`  // seconds on the page
	Scroll int    `json:"scroll,omitempty"` // percent of the page
	Exit   bool   `json:"exit,omitempty"`   // the pointer leaves the page
	Page   string `json:"page,omitempty"`   // as in Greeting
	Every  int    `json:"every,omitempty"`  // hours until it may come again
	Online bool   `json:"online,omitempty"` // only while somebody has room
}

// Question is asked before the first message.
type Question struct {
	Kind     string            `json:"kind"` // text, name, email, choice, consent
	Label    string            `json:"label"`
	Labels   map[string]string `json:"labels,omitempty"` // in other languages
	Choices  []string          `json:"choices,omitempty"`
	Required bool              `json:"required,omitempty"`
	Link     string            `json:"link,omitempty"` // of a consent: what it is to
}

// QuestionKinds is all there are.
var QuestionKinds = []string{"text", "name", "email", "choice", "consent"}

// Files says what may be sent.
type Files struct {
	Off   bool     `json:"off,omitempty"`
	MB    int      `json:"mb,omitempty"`    // the most for one; 0: 10
	Sorts []string `json:"sorts,omitempty"` // none: the usual ones
	Shots bool     `json:"shots,omitempty"` // the visitor can send a picture of the page
}

// UsualSorts is what may be sent where nothing else is said.
var UsualSorts = []string{"images", "pdf", "texts", "office"}

// Most is the largest file in bytes.
func (f Files) Most() int {
	if f.MB == 0 {
		return 10 << 20
	}
	return f.MB << 20
}

// Allowed is what may be sent.
func (f Files) Allowed() []string {
	switch {
	case f.Off:
		return nil
	case len(f.Sorts) == 0:
		return UsualSorts
	}
	return f.Sorts
}

// Rating says how the visitor is asked for its verdict.
type Rating struct {
	Off     bool     `json:"off,omitempty"`
	Thumbs  bool     `json:"thumbs,omitempty"` // instead of stars
	Reasons []string `json:"reasons,omitempty"`
}

const textsMost = 50

var (
	clock   = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)
	holiday = regexp.MustCompile(`^(\d{4}-)?\d{2}-\d{2}$`)
	color   = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	textKey = regexp.MustCompile(`^[a-z_]{1,40}$`)
)

// check refuses what no widget could follow; fields are named as the form names them.
func (s *Settings) check() error {
	var c fail.Checks
	line := func(field, what string, text *string, most int) {
		clean, err := fail.OptionalLine(what, *text, most)
		c.Err(field, err)
		*text = clean
	}
	long := func(field, what string, text *string, most int) {
		clean, err := fail.OptionalText(what, *text, most)
		c.Err(field, err)
		*text = clean
	}
	if _, err := time.LoadLocation(s.Zone); err != nil || len(s.Zone) > 60 || s.Zone != "" && s.Zone != "UTC" && !strings.Contains(s.Zone, "/") {
		c.Add("zone", "There is no time zone “%s”. Write it as in Europe/Berlin.", s.Zone)
	}
	s.Language = tag(&c, "language", s.Language)
	for name, n := range map[string]int{"x": s.Look.X, "y": s.Look.Y} {
		if n < -50 || n > 1000 {
			c.Add(name, "Please give a number of pixels from -50 to 1000.")
		}
	}
	line("own", "the selector", &s.Look.Own, 200)
	if s.Look.Color != "" && !color.MatchString(s.Look.Color) {
		c.Add("color", "Please choose a color such as #0b6bcb.")
	}
	if len(s.Greetings) > textsMost || len(s.Holidays) > 200 || len(s.Questions) > 12 || len(s.Texts) > textsMost || len(s.Rating.Reasons) > 12 {
		c.Add("", "That is more than a widget can have: 50 greetings, 200 holidays, 12 questions, 12 reasons.")
	}
	for i := range s.Greetings {
		g := &s.Greetings[i]
		field := fmt.Sprintf("greeting-%d", i)
		long(field, "the greeting", &g.Text, 1000)
		line(field, "the status", &g.Status, 200)
		line(field, "the page", &g.Page, 300)
		g.Language = tag(&c, field, g.Language)
		if g.Text == "" && g.Status == "" {
			c.Add(field, "Please write what it says, or remove it.")
		}
		if (g.From == "") != (g.To == "") || g.From != "" && (!clock.MatchString(g.From) || !clock.MatchString(g.To)) {
			c.Add(field, "Please give both times as 08:00 and 17:30, or none.")
		}
		for _, p := range g.States {
			if !slices.Contains(Presences, p) {
				c.Add(field, "There is no state “%s”.", p)
			}
		}
		for _, d := range g.Days {
			if d < 0 || d > 6 {
				c.Add(field, "There is no such day.")
			}
		}
	}
	for _, h := range s.Holidays {
		full := h
		if len(h) == 5 {
			full = "2028-" + h
		}
		if _, err := time.Parse(time.DateOnly, full); err != nil || !holiday.MatchString(h) {
			c.Add("holidays", "“%s” is no day. Write 2026-12-25, or 12-25 for every year.", h)
		}
	}
	long("invite", "the invitation", &s.Invite.Text, 300)
	line("invite_page", "the page", &s.Invite.Page, 300)
	if s.Invite.After < 0 || s.Invite.After > 3600 || s.Invite.Scroll < 0 || s.Invite.Scroll > 100 || s.Invite.Every < 0 || s.Invite.Every > 8760 {
		c.Add("invite", "Seconds go up to 3600, percent up to 100, hours up to 8760.")
	}
	for i := range s.Questions {
		q := &s.Questions[i]
		field := fmt.Sprintf("question-%d", i)
		line(field, "the question", &q.Label, 300)
		line(field, "the link", &q.Link, 500)
		if q.Label == "" || !slices.Contains(QuestionKinds, q.Kind) {
			c.Add(field, "Please write what is asked, and choose a kind.")
		}
		if q.Kind == "choice" && (len(q.Choices) < 2 || len(q.Choices) > 30) {
			c.Add(field, "A choice needs between 2 and 30 answers, one on each line.")
		}
		for j := range q.Choices {
			line(field, "the answer", &q.Choices[j], 100)
		}
		if u, err := url.Parse(q.Link); q.Link != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
			c.Add(field, "The link must begin with https://")
		}
		if len(q.Labels) > textsMost {
			c.Add(field, "That is more than a widget can have.")
		}
		for l, text := range q.Labels {
			line(field, "the question", &text, 300)
			q.Labels[l] = text
			if _, err := language.Parse(l); err != nil || text == "" {
				c.Add(field, "Each line needs a language and the question in it: de: Wie heißen Sie?")
			}
		}
	}
	s.Mail.check(&c)
	long("privacy", "the privacy text", &s.Privacy, 2000)
	if s.Files.MB < 0 || s.Files.MB > 50 {
		c.Add("files_mb", "Please give a number from 1 to 50.")
	}
	for i := range s.Rating.Reasons {
		line("reasons", "the reason", &s.Rating.Reasons[i], 60)
	}
	if s.WarnAfter < 0 || s.WarnAfter > 10080 || s.EndAfter < 0 || s.EndAfter > 10080 {
		c.Add("warn_after", "Minutes go up to 10080, which is a week.")
	}
	for l, texts := range s.Texts {
		if len(texts) > 200 {
			c.Add("texts", "There are not so many texts.")
		}
		for name, text := range texts {
			if !textKey.MatchString(name) {
				c.Add("texts", "“%s” is not the name of a text.", name)
			}
			line("texts", "the text", &text, 500)
			texts[name] = text
		}
		if _, err := language.Parse(l); err != nil || l == "" {
			c.Add("texts", "Each line needs a language and a text’s name: de.write = Was möchten Sie wissen?")
		}
	}
	for i, g := range s.Greetings {
		c.Err(fmt.Sprintf("greeting-%d", i), unfilled("a greeting", g.Text+"\n"+g.Status))
	}
	c.Err("invite", unfilled("the invitation", s.Invite.Text))
	c.Err("privacy", unfilled("the privacy text", s.Privacy))
	if b, err := json.Marshal(s); err == nil && len(b) > 150_000 {
		c.Add("", "That is more than a widget can have.")
	}
	return c.Result()
}

var snippets = regexp.MustCompile(`(?i)\{(visitor|agent|website|customer|greeting|data\.[\p{L}\p{N}_.-]+|name)(\|[^{}\n]*)?\}`)

// unfilled refuses placeholders of snippets in a text that is shown as it is.
func unfilled(what, text string) error {
	if p := snippets.FindString(text); p != "" {
		return fail.New(fail.Invalid, "Visitors would read %s in %s as it is: only snippets have placeholders. Write it without.", p, what)
	}
	return nil
}

func tag(c *fail.Checks, field, s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	t, err := language.Parse(s)
	if err != nil {
		c.Add(field, "“%s” is no language. Write it as in en, de or pt-BR.", s)
		return s
	}
	return t.String()
}
