package org

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"parley/app/platform/fail"
	"parley/app/platform/validate"
)

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
