package org

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"parley/app/platform/calendar"
	"parley/app/platform/fail"
	"parley/app/platform/validate"
)

// Settings is how a website's widget looks and behaves. The zero value is what a new website has.
type Settings struct {
	Zone             string            `json:"zone,omitempty"`     // IANA name of the time zone in which its greetings count; empty: UTC
	Language         string            `json:"language,omitempty"` // that the widget always speaks; empty: the page's or the browser's
	Appearance       Appearance        `json:"look"`
	Greetings        []Greeting        `json:"greetings,omitempty"` // the first that fits is said
	Holidays         []string          `json:"holidays,omitempty"`  // days on which it counts as closed: 2026-12-25, or 12-25 for every year
	Invite           ProactiveInvite   `json:"invite"`
	Questions        []PreChatQuestion `json:"questions,omitempty"` // before the first message
	Privacy          string            `json:"privacy,omitempty"`   // what the panel says of data; Markdown
	Files            FileSettings      `json:"files"`
	Rating           RatingSettings    `json:"rating"`
	MailDisabled     bool              `json:"no_mail,omitempty"`    // no transcript by mail, no answers by mail
	WarnAfterMinutes int               `json:"warn_after,omitempty"` // minutes of the visitor's silence; 0: never
	EndAfterMinutes  int               `json:"end_after,omitempty"`  // minutes after the warning; 0: never
	ProofOfWork      bool              `json:"proof,omitempty"`      // browsers prove some work before the first message
	Mail             MailSettings      `json:"mail,omitzero"`
	// Texts are the widget's own in other words, by language and the text's name.
	Texts map[string]map[string]string `json:"texts,omitempty"`
}

// Appearance is where the launcher is.
type Appearance struct {
	Left             bool   `json:"left,omitempty"`
	OffsetX          int    `json:"x,omitempty"` // pixels from the side, beside the usual
	OffsetY          int    `json:"y,omitempty"` // pixels from the bottom, beside the usual
	Hidden           bool   `json:"hidden,omitempty"`
	LauncherSelector string `json:"own,omitempty"` // CSS selector of elements in the page that open the chat instead of the launcher
	Color            string `json:"color,omitempty"`
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
	States       []Presence `json:"states,omitempty"`   // none: any
	Days         []int      `json:"days,omitempty"`     // 0 is Sunday; none: any
	From         string     `json:"from,omitempty"`     // 08:00; empty: any time
	To           string     `json:"to,omitempty"`       // before From: on the day after that on which it began
	Page         string     `json:"page,omitempty"`     // beginning of the page's path, or a pattern with *; empty: any
	Language     string     `json:"language,omitempty"` // of the widget; empty: any
	OnlyHolidays bool       `json:"holiday,omitempty"`  // only on holidays
	Text         string     `json:"text"`
	Status       string     `json:"status,omitempty"` // the line under the name
}

// ProactiveInvite shows a greeting beside the launcher by itself.
type ProactiveInvite struct {
	Text          string `json:"text,omitempty"`   // empty: it never does
	AfterSeconds  int    `json:"after,omitempty"`  // seconds on the page
	ScrollPercent int    `json:"scroll,omitempty"` // percent of the page
	OnExit        bool   `json:"exit,omitempty"`   // the pointer leaves the page
	Page          string `json:"page,omitempty"`   // as in Greeting
	RepeatHours   int    `json:"every,omitempty"`  // hours until it may come again
	OnlyOnline    bool   `json:"online,omitempty"` // only while somebody has room
}

// PreChatQuestion is asked before the first message.
type PreChatQuestion struct {
	Kind     string            `json:"kind"` // text, name, email, choice, consent
	Label    string            `json:"label"`
	Labels   map[string]string `json:"labels,omitempty"` // in other languages
	Choices  []string          `json:"choices,omitempty"`
	Required bool              `json:"required,omitempty"`
	Link     string            `json:"link,omitempty"` // of a consent: what it is to
}

// PreChatQuestionKinds is all there are.
var PreChatQuestionKinds = []string{"text", "name", "email", "choice", "consent"}

// FileSettings says what may be sent.
type FileSettings struct {
	Disabled    bool     `json:"off,omitempty"`
	MaxMB       int      `json:"mb,omitempty"`    // the most for one; 0: 10
	Types       []string `json:"sorts,omitempty"` // none: the usual ones
	Screenshots bool     `json:"shots,omitempty"` // the visitor can send a picture of the page
}

// DefaultFileTypes is what may be sent where nothing else is said.
var DefaultFileTypes = []string{"images", "pdf", "texts", "office"}

// MaxBytes is the largest file in bytes.
func (f FileSettings) MaxBytes() int {
	if f.MaxMB == 0 {
		return 10 << 20
	}
	return f.MaxMB << 20
}

// AllowedTypes is what may be sent.
func (f FileSettings) AllowedTypes() []string {
	switch {
	case f.Disabled:
		return nil
	case len(f.Types) == 0:
		return DefaultFileTypes
	}
	return f.Types
}

// RatingSettings says how the visitor is asked for its verdict.
type RatingSettings struct {
	Disabled bool     `json:"off,omitempty"`
	Thumbs   bool     `json:"thumbs,omitempty"` // instead of stars
	Reasons  []string `json:"reasons,omitempty"`
}

const (
	maxGreetings = 50
	maxHolidays  = 200
	maxQuestions = 12
	maxReasons   = 12
	maxLanguages = 50
)

var (
	timeOfDay       = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)
	hexColor        = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	textNamePattern = regexp.MustCompile(`^[a-z_]{1,40}$`)
)

// check refuses what no widget could follow, in the parts that are other than before; nil checks all of them. Fields are named as
// the form names them; those of the third greeting begin with greeting-2-, those of a question with question-.
func (s *Settings) check(before *Settings) error {
	c := &fail.Checks{}
	if before == nil {
		before = &Settings{Language: "-", Zone: "-"}
	}
	if s.Zone != before.Zone || s.Language != before.Language || s.Appearance != before.Appearance {
		s.checkAppearance(c)
	}
	if !reflect.DeepEqual(s.Greetings, before.Greetings) || !slices.Equal(s.Holidays, before.Holidays) {
		s.checkGreetings(c)
	}
	if s.Invite != before.Invite {
		s.checkInvite(c)
	}
	if !reflect.DeepEqual(s.Questions, before.Questions) {
		s.checkQuestions(c)
	}
	if !reflect.DeepEqual(s.Mail, before.Mail) {
		s.Mail.checkInto(c)
	}
	checkText(c, "privacy", "the privacy text", &s.Privacy, 2000)
	if s.Privacy != before.Privacy {
		c.AddError("privacy", rejectPlaceholders("the privacy text", s.Privacy))
	}
	if s.Files.MaxMB < 0 || s.Files.MaxMB > 50 {
		c.Add("files_mb", "Please give a number from 1 to 50.")
	}
	if !slices.Equal(s.Rating.Reasons, before.Rating.Reasons) && len(s.Rating.Reasons) > maxReasons {
		c.Add("reasons", "There can be %d reasons; these are %d.", maxReasons, len(s.Rating.Reasons))
	}
	for i := range s.Rating.Reasons {
		checkLine(c, "reasons", "the reason in line "+strconv.Itoa(i+1), &s.Rating.Reasons[i], 60)
	}
	if s.WarnAfterMinutes < 0 || s.WarnAfterMinutes > 10080 {
		c.Add("warn_after", "Minutes go up to 10080, which is a week.")
	}
	if s.EndAfterMinutes < 0 || s.EndAfterMinutes > 10080 {
		c.Add("end_after", "Minutes go up to 10080, which is a week.")
	} else if s.EndAfterMinutes > 0 && s.WarnAfterMinutes == 0 && s.EndAfterMinutes != before.EndAfterMinutes {
		c.Add("warn_after", "A conversation ends after the visitor was asked. Give the minutes until then, too.")
	}
	if !reflect.DeepEqual(s.Texts, before.Texts) {
		s.checkTexts(c)
	}
	if b, err := json.Marshal(s); err == nil && len(b) > maxSettingsBytes {
		c.Add("", "All settings of a widget together can have %d kB; these are %d kB. Shorten some.", maxSettingsBytes/1000, len(b)/1000+1)
	}
	return c.Result()
}

// maxSettingsBytes is how many bytes the settings of a widget can take.
const maxSettingsBytes = 150_000

func checkLine(c *fail.Checks, field, what string, text *string, most int) {
	clean, err := validate.OptionalLine(what, *text, most)
	c.AddError(field, err)
	if err == nil {
		*text = clean
	}
}

func checkText(c *fail.Checks, field, what string, text *string, most int) {
	clean, err := validate.OptionalText(what, *text, most)
	c.AddError(field, err)
	if err == nil {
		*text = clean
	}
}

func checkPage(c *fail.Checks, field string, pattern *string) {
	checkLine(c, field, "the page", pattern, 300)
	clean, err := pagePattern(*pattern)
	c.AddError(field, err)
	if err == nil {
		*pattern = clean
	}
}

func (s *Settings) checkAppearance(c *fail.Checks) {
	if _, err := time.LoadLocation(s.Zone); err != nil || len(s.Zone) > 60 || s.Zone != "" && s.Zone != "UTC" && !strings.Contains(s.Zone, "/") {
		c.Add("zone", "There is no time zone “%s”. Write it as in Europe/Berlin.", s.Zone)
	}
	s.Language = checkLanguage(c, "language", s.Language)
	for name, n := range map[string]int{"x": s.Appearance.OffsetX, "y": s.Appearance.OffsetY} {
		if n < -50 || n > 1000 {
			c.Add(name, "Please give a number of pixels from -50 to 1000.")
		}
	}
	checkLine(c, "own", "the selector", &s.Appearance.LauncherSelector, 200)
	if s.Appearance.LauncherSelector != "" {
		c.AddError("own", checkSelector(s.Appearance.LauncherSelector))
	}
	if s.Appearance.Color != "" && !hexColor.MatchString(s.Appearance.Color) {
		c.Add("color", "Please choose a color such as #0b6bcb.")
	}
}

func (s *Settings) checkGreetings(c *fail.Checks) {
	if len(s.Greetings) > maxGreetings {
		c.Add("", "A widget can have %d greetings; these are %d. Remove some.", maxGreetings, len(s.Greetings))
	}
	for i := range s.Greetings {
		g := &s.Greetings[i]
		field := func(name string) string { return fmt.Sprintf("greeting-%d-%s", i, name) }
		checkText(c, field("text"), "the greeting", &g.Text, 1000)
		checkLine(c, field("status"), "the line under the name", &g.Status, 200)
		c.AddError(field("text"), rejectPlaceholders("a greeting", g.Text))
		c.AddError(field("status"), rejectPlaceholders("a greeting", g.Status))
		checkPage(c, field("page"), &g.Page)
		g.Language = checkLanguage(c, field("language"), g.Language)
		if g.Text == "" && g.Status == "" {
			c.Add(field("text"), "Write a greeting or the line under the name, or remove this greeting.")
		}
		if g.To == "24:00" {
			g.To = "00:00"
		}
		switch {
		case g.From == "" && g.To == "":
		case g.From == "" || !timeOfDay.MatchString(g.From):
			c.Add(field("from"), "Give both times as 08:00 and 17:30, or leave both empty.")
		case g.To == "" || !timeOfDay.MatchString(g.To):
			c.Add(field("to"), "Give both times as 08:00 and 17:30, or leave both empty.")
		case g.From == g.To:
			c.Add(field("to"), "This is when it begins. Choose another time, or leave both empty for the whole day.")
		}
		for _, p := range g.States {
			if !slices.Contains(Presences, p) {
				c.Add(field("text"), "There is no state “%s”.", p)
			}
		}
		for _, d := range g.Days {
			if d < 0 || d > 6 {
				c.Add(field("text"), "There is no such day.")
			}
		}
	}
	days, err := calendar.ParseDays(strings.Join(s.Holidays, "\n"), maxHolidays)
	if c.AddError("holidays", err); err == nil {
		s.Holidays = days
	}
}

func (s *Settings) checkInvite(c *fail.Checks) {
	checkText(c, "invite", "the invitation", &s.Invite.Text, 300)
	c.AddError("invite", rejectPlaceholders("the invitation", s.Invite.Text))
	checkPage(c, "invite_page", &s.Invite.Page)
	for _, x := range []struct {
		field, what string
		n, most     int
	}{{"after", "seconds", s.Invite.AfterSeconds, 3600}, {"scroll", "percent", s.Invite.ScrollPercent, 100}, {"every", "hours", s.Invite.RepeatHours, 8760}} {
		if x.n < 0 || x.n > x.most {
			c.Add(x.field, "Please give a number of %s from 0 to %d.", x.what, x.most)
		}
	}
	if i := s.Invite; i.Text == "" && i != (ProactiveInvite{}) {
		c.Add("invite", "Write the invitation. To have none, empty the fields below, too.")
	}
}

func (s *Settings) checkQuestions(c *fail.Checks) {
	if len(s.Questions) > maxQuestions {
		c.Add("", "A widget can have %d questions; these are %d. Remove some.", maxQuestions, len(s.Questions))
	}
	for i := range s.Questions {
		q := &s.Questions[i]
		field := func(name string) string { return fmt.Sprintf("question-%d-%s", i, name) }
		checkLine(c, field("label"), "the question", &q.Label, 300)
		checkLine(c, field("link"), "the link", &q.Link, 500)
		if q.Label == "" {
			c.Add(field("label"), "Write what is asked, or remove this question.")
		}
		if !slices.Contains(PreChatQuestionKinds, q.Kind) {
			c.Add(field("kind"), "Please choose one of these.")
		}
		if n := len(q.Choices); q.Kind == "choice" && (n < 2 || n > 30) {
			c.Add(field("choices"), "A choice needs between 2 and 30 answers, one on each line; these are %d.", n)
		} else if n > 30 {
			c.Add(field("choices"), "There can be 30 answers; these are %d.", n)
		}
		seen := map[string]bool{}
		for j := range q.Choices {
			checkLine(c, field("choices"), "the answer in line "+strconv.Itoa(j+1), &q.Choices[j], 100)
			if name := strings.ToLower(q.Choices[j]); seen[name] {
				c.Add(field("choices"), "“%s” is there twice.", q.Choices[j])
			} else {
				seen[name] = true
			}
		}
		if u, err := url.Parse(q.Link); q.Link != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
			c.Add(field("link"), "The link must begin with https://")
		}
		if len(q.Labels) > maxLanguages {
			c.Add(field("labels"), "There can be %d languages; these are %d.", maxLanguages, len(q.Labels))
		}
		for l, text := range q.Labels {
			checkLine(c, field("labels"), "the question", &text, 300)
			q.Labels[l] = text
			if text == "" {
				c.Add(field("labels"), "Each line needs a language and the question in it: de: Wie heißen Sie?")
			}
			c.AddError(field("labels"), validateLanguage(l))
		}
	}
}

func (s *Settings) checkTexts(c *fail.Checks) {
	if len(s.Texts) > maxLanguages {
		c.Add("texts", "There can be %d languages; these are %d.", maxLanguages, len(s.Texts))
	}
	for l, texts := range s.Texts {
		if len(texts) > 200 {
			c.Add("texts", "There are not so many texts.")
		}
		for name, text := range texts {
			if !textNamePattern.MatchString(name) {
				c.Add("texts", "“%s” is not the name of a text.", name)
			}
			checkLine(c, "texts", "the text “"+name+"”", &text, 500)
			if text == "" {
				c.Add("texts", "“%s” has no text. Write one behind =, or take the line out.", name)
			}
			texts[name] = text
		}
		if l == "" {
			c.Add("texts", "Each line needs a language and a text’s name: de.write = Was möchten Sie wissen?")
		} else {
			c.AddError("texts", validateLanguage(l))
		}
	}
}

var snippetPlaceholder = regexp.MustCompile(`(?i)\{(visitor|agent|website|customer|greeting|data\.[\p{L}\p{N}_.-]+|name)(\|[^{}\n]*)?\}`)

// rejectPlaceholders refuses placeholders of snippets in a text that is shown as it is.
func rejectPlaceholders(what, text string) error {
	if p := snippetPlaceholder.FindString(text); p != "" {
		return fail.New(fail.Invalid, "Visitors would read %s in %s as it is: only snippets have placeholders. Write it without.", p, what)
	}
	return nil
}

// validateLanguage refuses what is no language, behind which stands a text in it.
func validateLanguage(s string) error {
	if _, err := language.Parse(s); err != nil {
		return fail.New(fail.Invalid, "“%s” is not a language of the widget. Write it as in en, de or pt-BR.", s)
	}
	return nil
}

func checkLanguage(c *fail.Checks, field, s string) string {
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
