package followup

import (
	"cmp"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"
	"time"

	"parley/app/domain/org"
	"parley/app/domain/settings"
	"parley/app/platform/bidi"
	"parley/app/platform/mail"
)

// Mail is a mail to a visitor, before it is written in a language.
type Mail struct {
	To string // address

	Website  string // name
	Page     string // address of the page where the conversation began
	Host     string // the website's first domain, where the page says none
	Settings settings.Widget

	Language string   // that the visitor's widget speaks; empty: not known
	Zones    []string // names of time zones: the first that exists counts

	Transcript    bool
	Messages      []Message
	Truncated     bool   // there are more messages
	Closed        bool   // the conversation has ended
	Link          string // back into the chat; empty: none
	OneTime       bool   // the link works once
	ReportAddress string // where the mail can be reported
}

// Message is a message in a mail.
type Message struct {
	Visitor bool   // it is the visitor's own
	Name    string // whose it is otherwise; empty: the website's
	Text    string // of a file: its name
	File    bool
	At      time.Time
}

// Compose writes the mail.
func (m Mail) Compose() mail.Message {
	language := pickLanguage(m.Language, m.Settings.General.Language)
	w := textsByLanguage[language]
	d := builder{
		texts:        w,
		zone:         firstZone(append(m.Zones, m.Settings.General.Zone)...),
		dateLanguage: m.Language,
		accent:       m.Settings.Appearance.ColorOrStylesheet(),
	}
	if pickLanguage(m.Language) != language || m.Language == "" {
		d.dateLanguage = language
	}
	name := mail.SafeName(m.Website, mail.MaxOrganizationName, cmp.Or(domainOf(m.Page, m.Host), "Chat"))
	d.names = map[string]string{"website": name, "domain": domainOf(m.Page, m.Host), "report": m.ReportAddress, "zone": d.zone.String()}
	if d.names["domain"] == "" {
		d.names["domain"] = name
	}

	set, subject := m.Settings.Mail, w.answerSubject
	own := set.ReplySubject.In(m.Language, language)
	if m.Transcript {
		subject, own = w.transcriptSubject, set.TranscriptSubject.In(m.Language, language)
	}
	l := mail.Message{To: m.To, Subject: fillIn(cmp.Or(own, subject), d.names), ReplyTo: set.ReplyTo, Language: language,
		FromName: cmp.Or(fillIn(set.Sender, d.names), name)}
	d.write(m, l.Subject, language)
	l.Text, l.HTML = d.plain.String(), d.html.String()
	return l
}

// builder is a mail that is being written, in both forms.
type builder struct {
	texts        texts
	dateLanguage string // the language of dates
	accent       string // the website's color
	zone         *time.Location
	names        map[string]string
	plain, html  strings.Builder
}

func (b *builder) write(m Mail, subject, language string) {
	dir, side := "ltr", "left"
	if b.texts.rightToLeft {
		dir, side = "rtl", "right"
	}
	// No colors but on the button and for lines: a program that shows mails dark picks its own.
	fmt.Fprintf(&b.html, `<!doctype html>
<html lang="%s" dir="%s">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>%s</title>
</head>
<body style="margin:0;padding:16px;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5">
<div lang="%[1]s" dir="%[2]s" style="max-width:600px;margin:0 auto">
`, language, dir, html.EscapeString(subject))

	fmt.Fprintf(&b.html, "<p style=\"margin:0 0 16px\"><strong style=\"font-size:20px\"><bdi>%s</bdi></strong>",
		html.EscapeString(b.names["website"]))
	fmt.Fprintf(&b.plain, "%s", bidi.Isolate(b.names["website"]))
	if b.names["domain"] != b.names["website"] {
		fmt.Fprintf(&b.html, "<br>\n<bdi>%s</bdi>", html.EscapeString(b.names["domain"]))
		fmt.Fprintf(&b.plain, " (%s)", b.names["domain"])
	}
	b.html.WriteString("</p>\n")
	b.plain.WriteString("\n\n")

	first := b.texts.answer
	if m.Transcript {
		first = b.texts.transcript
	}
	b.paragraph("margin:0 0 16px", first)
	for _, x := range m.Messages {
		b.message(x, side)
	}
	if m.Truncated {
		b.paragraph("margin:0 0 16px", b.texts.truncated)
	}
	if m.Link != "" {
		b.link(m, side)
	}
	b.html.WriteString(`<div style="margin:24px 0 0;padding:12px 0 0;border-top:1px solid #808080;font-size:14px">` + "\n")
	b.plain.WriteString("--\n")
	small := "margin:0 0 8px"
	if m.Settings.Mail.ReplyTo == "" && m.Link != "" {
		b.paragraph(small, b.texts.unread)
	}
	if m.Transcript {
		b.paragraph(small, b.texts.whyTranscript)
	} else {
		b.paragraph(small, b.texts.whyAnswer)
	}
	if m.ReportAddress != "" {
		b.paragraph(small, b.texts.report)
	}
	b.paragraph(small, b.texts.zone)
	b.html.WriteString("</div>\n</div>\n</body>\n</html>\n")
}

// paragraph writes a sentence of ours.
func (b *builder) paragraph(style, text string) {
	escaped, isolated := map[string]string{}, map[string]string{}
	for name, value := range b.names {
		escaped[name], isolated[name] = "<bdi>"+html.EscapeString(value)+"</bdi>", bidi.Isolate(value)
	}
	fmt.Fprintf(&b.html, "<p style=\"%s\">%s</p>\n", style, fillIn(html.EscapeString(text), escaped))
	b.plain.WriteString(fillIn(text, isolated) + "\n\n")
}

// message writes a message; in the plain text it is indented, so that nobody writes a line that looks like another's.
func (b *builder) message(x Message, side string) {
	name, formatted, plain, color := cmp.Or(x.Name, b.names["website"]), "", "", b.accent
	if x.Visitor {
		name, color = b.texts.you, "#808080"
	}
	switch {
	case x.File:
		formatted = fillIn(html.EscapeString(b.texts.file), map[string]string{
			"name": "<bdi>" + html.EscapeString(bidi.Balance(x.Text)) + "</bdi>",
		})
		plain = fillIn(b.texts.file, map[string]string{"name": x.Text})
	case x.Visitor:
		formatted, plain = formatVisitorMessage(x.Text)
	default:
		formatted, plain = formatTeamMessage(x.Text)
	}
	at := formatTime(x.At, b.zone, b.dateLanguage, b.texts)
	fmt.Fprintf(&b.html, `<div style="margin:0 0 16px;padding:0 12px;border:0 solid %s;border-%s-width:3px">
<p style="margin:0;font-size:14px"><strong><bdi>%s</bdi></strong> · <bdi>%s</bdi></p>
<div dir="auto" style="margin:0;text-align:%s;overflow-wrap:break-word;word-break:break-word">%s</div>
</div>
`, color, side, html.EscapeString(bidi.Balance(name)), html.EscapeString(at), side, formatted)
	fmt.Fprintf(&b.plain, "%s · %s\n  %s\n\n", bidi.Isolate(name), at, strings.ReplaceAll(bidi.Isolate(plain), "\n", "\n  "))
}

// link writes the way back into the chat.
func (b *builder) link(m Mail, side string) {
	words := b.texts.reply
	if m.Closed {
		words = b.texts.open
	}
	const button = `<p style="margin:24px 0 8px;text-align:%s">` +
		`<a href="%s" style="display:inline-block;padding:10px 20px;border-radius:6px;background-color:%s;color:%s;` +
		`text-decoration:none;font-weight:bold">%s</a></p>` + "\n"
	fmt.Fprintf(&b.html, button, side, html.EscapeString(m.Link), b.accent, textColorOn(b.accent), html.EscapeString(words))
	fmt.Fprintf(&b.plain, "%s:\n%s\n\n", words, m.Link)
	if m.OneTime {
		b.paragraph("margin:0 0 16px;font-size:14px", b.texts.oneTime)
	}
}

// fillIn puts values in place of their names in braces.
func fillIn(text string, values map[string]string) string {
	var pairs []string
	for name, value := range values {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// domainOf returns the host of a page, or of a domain such as *.shop.example.
func domainOf(page, host string) string {
	if u, err := url.Parse(page); err == nil && u.Host != "" {
		return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	}
	return strings.TrimPrefix(host, "*.")
}

// textColorOn returns which of black and white can be read on a color, by the rule of the chat's launcher.
func textColorOn(color string) string {
	n, _ := strconv.ParseUint(strings.TrimPrefix(color, "#"), 16, 32)
	if (n>>16)*3+(n>>8&255)*6+n&255 > 1450 {
		return "#000000"
	}
	return "#ffffff"
}

// Example returns a mail as a visitor of a website would receive it, for the website's page.
func Example(w org.Website, transcript bool, language, report string) Mail {
	m := Mail{
		To:            "visitor@mail.example",
		Website:       w.Name,
		Settings:      w.Settings,
		Language:      language,
		Transcript:    transcript,
		ReportAddress: report,
		OneTime:       true,
	}
	for _, d := range w.Domains {
		m.Host = cmp.Or(m.Host, d.Host)
	}
	m.Link = "https://" + cmp.Or(domainOf("", m.Host), "shop.example") + "/"
	at := time.Date(2026, time.March, 4, 14, 5, 0, 0, time.UTC)
	if transcript {
		m.Messages = append(m.Messages, Message{Visitor: true, Text: "Where is my parcel? My order is #1042.", At: at})
	}
	m.Messages = append(m.Messages, Message{
		Name: "Mia",
		Text: "It was shipped **today**:\n- the green tea\n- the cups\n\nYou can [track it](https://parcels.example/1042).",
		At:   at.Add(90 * time.Second),
	})
	return m
}
