package followup

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"parley/app/domain/settings"
)

// What the team has written has no marks in the plain text, and loses nothing that is none.
func TestTeamMessageAsPlainText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"It left us **today**.":                        "It left us today.",
		"*soon* and `a*b` < c & d":                     "soon and a*b < c & d",
		"See [the page](https://shop.example/a?b=1&c)": "See the page (https://shop.example/a?b=1&c)",
		"https://shop.example/a":                       "https://shop.example/a",
		"Take:\n- tea\n- **cups**\nBye":                "Take:\n- tea\n- cups\nBye",
		"1. one\n2. two":                               "1. one\n2. two",
		"> a quote\n> of two\nand more":                "> a quote\n> of two\nand more",
		"```\n**code**\n  in it\n```\nafter":           "**code**\n  in it\nafter",
		"two\n\nparagraphs":                            "two\n\nparagraphs",
		"[write](mailto:a@shop.example)":               "write (a@shop.example)",
	} {
		if _, got := formatTeamMessage(text); got != want {
			t.Errorf("%q is %q, not %q", text, got, want)
		}
	}
}

func sampleMail(transcript bool) Mail {
	at := time.Date(2026, time.July, 4, 12, 5, 0, 0, time.UTC)
	return Mail{
		To:         "anna@home.example",
		Website:    "Brightline <b>Tea</b>",
		Page:       "https://shop.example/#/tea",
		Zones:      []string{"Nowhere/Land", "Europe/Berlin"},
		Transcript: transcript,
		Messages: []Message{
			{Name: "Mia", Text: "It is **in** <i>stock</i>.\nSee https://shop.example/tea", At: at},
			{Visitor: true, Text: "**Danke** <script>\u202eevil", At: at},
			{Visitor: true, Text: "a_b.pdf", File: true, At: at},
		},
		Link:          "https://shop.example/#/tea?parley=T&x",
		OneTime:       true,
		ReportAddress: "abuse@parley.example",
	}
}

// Each language has all texts; both forms of a mail have them all, and nothing that was typed is markup.
func TestEveryLanguage(t *testing.T) {
	t.Parallel()
	if len(textsByLanguage) != len(Languages) {
		t.Errorf("%d languages, %d are offered", len(textsByLanguage), len(Languages))
	}
	for _, language := range Languages {
		w := textsByLanguage[language]
		for _, text := range []string{
			w.answerSubject, w.transcriptSubject, w.answer, w.transcript, w.you, w.file, w.truncated, w.reply, w.open,
			w.oneTime, w.unread, w.whyAnswer, w.whyTranscript, w.report, w.zone, w.timeLayout,
		} {
			if text == "" {
				t.Errorf("%s has not all texts", language)
			}
		}
		for _, transcript := range []bool{false, true} {
			m := sampleMail(transcript)
			m.Language, m.Truncated = language, true
			l := m.Compose()
			all := l.Subject + l.FromName + l.Text + l.HTML
			if strings.ContainsAny(l.Subject+l.Text, "{}") || strings.Contains(l.HTML, "{website}") ||
				strings.Contains(all, "<script") && strings.Contains(l.HTML, "<script") || strings.Contains(l.Subject+l.FromName, "<") {
				t.Errorf("%s: %+v", language, l)
			}
			if at := m.Messages[0].At.Add(2 * time.Hour).Format(w.timeLayout); strings.Count(l.Text, at) != 3 ||
				strings.Count(l.HTML, at) != 3 {
				t.Errorf("%s: not at %s:\n%s", language, at, l.Text)
			}
			if strings.Contains(l.HTML, `dir="rtl"`) != (language == "ar") {
				t.Errorf("%s has another direction", language)
			}
			for what, parts := range map[string][2]string{
				"what the team has formatted": {"<strong>in</strong> &lt;i&gt;", "It is in <i>stock</i>."},
				"what the visitor has typed":  {"**Danke** &lt;script&gt;", "**Danke** <script>"},
				"the link":                    {`href="https://shop.example/#/tea?parley=T&amp;x"`, "\nhttps://shop.example/#/tea?parley=T&x\n"},
				"the domain":                  {"shop.example", "(shop.example)"},
				"the zone":                    {"Europe/Berlin", "Europe/Berlin"},
				"where to report":             {"abuse@parley.example", "abuse@parley.example"},
			} {
				if !strings.Contains(l.HTML, parts[0]) || !strings.Contains(l.Text, parts[1]) {
					t.Errorf("%s: %s is not in\n%s\n%s", language, what, l.HTML, l.Text)
				}
			}
			if missing := onlyIn(shownWords(l.HTML), shownWords(l.Text)); len(missing) > 0 {
				t.Errorf("%s: the plain text says nothing of %q", language, missing)
			}
			z := html.NewTokenizer(strings.NewReader(l.HTML))
			for z.Next() != html.ErrorToken {
				switch tag := z.Token().Data; tag {
				case "img", "script", "style", "table", "link", "form", "svg":
					if z.Token().Type != html.TextToken {
						t.Errorf("%s: there is a %s", language, tag)
					}
				}
			}
			if dir := os.Getenv("MAILS"); dir != "" {
				name := language + map[bool]string{true: "-transcript", false: "-answer"}[transcript]
				os.WriteFile(filepath.Join(dir, name+".html"), []byte(l.HTML), 0o600)
				os.WriteFile(filepath.Join(dir, name+".txt"), []byte(l.Subject+"\n\n"+l.Text), 0o600)
			}
		}
	}
}

// shownWords are the words that a mail shows, without controls and signs.
func shownWords(s string) []string {
	_, body, found := strings.Cut(s, "</title>")
	if found {
		s = html.UnescapeString(tagPattern.ReplaceAllString(body, " "))
	}
	return strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || strings.ContainsRune("().:,-·*<>/;،\u2068\u2069", r) })
}

var tagPattern = regexp.MustCompile(`<[^>]*>`)

func onlyIn(a, b []string) (list []string) {
	there := map[string]bool{}
	for _, w := range b {
		there[w] = true
	}
	for _, w := range a {
		if !there[w] {
			list = append(list, w)
		}
	}
	return list
}

func TestLanguageAndZone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ visitor, website, want string }{
		{"de", "", "de"},
		{"de_DE", "", "de"},
		{"de-AT-1996", "fr", "de"},
		{"PT-br", "", "pt"},
		{"es_419", "", "es"},
		{"zh-Hant", "de", "en"},
		{"", "it", "it"},
		{"", "", "en"},
		{"en-US", "de", "en"},
	} {
		if got := pickLanguage(c.visitor, c.website); got != c.want {
			t.Errorf("%q at a website in %q: %s, not %s", c.visitor, c.website, got, c.want)
		}
	}
	for _, c := range []struct {
		names []string
		want  string
	}{
		{[]string{"Asia/Tokyo", "Europe/Berlin"}, "Asia/Tokyo"},
		{[]string{"", "Europe/Berlin"}, "Europe/Berlin"},
		{[]string{"../../etc/passwd", "Local", strings.Repeat("A", 100), "Europe/Rome"}, "Europe/Rome"},
		{nil, "UTC"},
	} {
		if got := firstZone(c.names...).String(); got != c.want {
			t.Errorf("%q: %s, not %s", c.names, got, c.want)
		}
	}
	if got := formatTime(time.Date(2026, 12, 1, 20, 5, 0, 0, time.UTC), time.UTC, "en-US", textsByLanguage["en"]); got != "Dec 1, 2026, 8:05 PM" {
		t.Errorf("in the United States: %s", got)
	}
}

// A website's own subjects and sender count, in the language of the mail.
func TestWebsiteSubjectAndSender(t *testing.T) {
	t.Parallel()
	m := sampleMail(false)
	m.Website = "Brightline"
	m.Settings.Mail = settings.Mail{
		Sender:  "{website} Service",
		ReplyTo: "help@shop.example",
		ReplySubject: settings.MailSubject{
			Text:         "News from {domain}",
			Translations: map[string]string{"de": "Neues von {website}", "pt-BR": "Novidades"},
		},
	}
	for language, want := range map[string]string{
		"de_AT": "Neues von Brightline",
		"fr":    "News from shop.example",
		"pt_BR": "Novidades",
		"pt":    "News from shop.example",
	} {
		m.Language = language
		if l := m.Compose(); l.Subject != want || l.FromName != "Brightline Service" ||
			l.ReplyTo != "help@shop.example" || strings.Contains(l.Text, textsByLanguage[l.Language].unread) {
			t.Errorf("%s: %q from %q, replies to %q", language, l.Subject, l.FromName, l.ReplyTo)
		}
	}
	m.Transcript = true
	if l := m.Compose(); l.Subject != "Sua conversa" && !strings.Contains(l.Subject, "Brightline") {
		t.Errorf("the transcript is %q", l.Subject)
	}
}
