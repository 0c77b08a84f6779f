package manage

import (
	"fmt"
	"html"
	"net/http"
	"strings"

	"parley/app/domain/followup"
	"parley/app/domain/settings"
	"parley/app/front/web/page"
	"parley/app/platform/fail"
	"parley/app/platform/mail"
)

// readMailSettings reads how a website's mails look.
func readMailSettings(r *page.FormReader) settings.Mail {
	subject := func(field, labels string) settings.MailSubject {
		return settings.MailSubject{Text: r.FormValue(field), Translations: r.KeyValues(labels, ":=", "de: Ihre Anfrage bei {website}")}
	}
	return settings.Mail{Sender: r.FormValue("sender"), ReplyTo: r.FormValue("reply_to"),
		ReplySubject:      subject("answer_subject", "answer_subjects"),
		TranscriptSubject: subject("transcript_subject", "transcript_subjects")}
}

// mailPolicy is the Content-Security-Policy of a mail's preview: it loads nothing, runs nothing, and stands in our own pages only.
const mailPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"

// MailPreview shows a mail as visitors of a website would receive it, with what is typed in the form; with ?stored, as it is now.
func (h *Handlers) MailPreview(req *page.Request) error {
	id, err := req.ParamID("id", "website")
	if err != nil {
		return err
	}
	w, err := h.org.GetWebsite(req.Request().Context(), req.Actor, id)
	if err != nil {
		return err
	}
	language := w.Settings.General.Language
	if req.QueryParam("stored") == "" {
		r := req.FormReader()
		language, w.Settings.Mail = req.QueryParam("in"), readMailSettings(r)
		err := r.Merge(w.Settings.Mail.Check())
		if err == nil {
			err = r.Result()
		}
		if err != nil {
			return h.renderFramed(req, http.StatusUnprocessableEntity, problemsPage(err))
		}
	}
	l := followup.Example(w, req.QueryParam("kind") == "transcript", language, h.mails.AbuseAddress()).Compose()
	return h.renderFramed(req, http.StatusOK, previewPage(l, h.mails.From()))
}

// renderFramed answers with a page that stands in a frame of ours.
func (h *Handlers) renderFramed(req *page.Request, status int, page string) error {
	header := req.Response().Header()
	header.Set("Content-Security-Policy", mailPolicy)
	header.Set("Cache-Control", "no-store")
	return req.HTML(status, page)
}

// previewPage returns a mail below what a mail program shows above it, with its plain text at the end.
func previewPage(l mail.Message, from string) string {
	var head strings.Builder
	head.WriteString(`<div dir="ltr" style="max-width:600px;margin:0 auto 16px;padding:0 0 12px;border-bottom:1px solid #808080;font-size:14px">`)
	line := func(label, value string) {
		if value != "" {
			fmt.Fprintf(&head, "%s: <bdi>%s</bdi><br>\n", label, html.EscapeString(value))
		}
	}
	sender := l.FromName
	if from != "" {
		sender += " <" + from + ">"
	}
	line("From", sender)
	line("Reply to", l.ReplyTo)
	line("Subject", l.Subject)
	head.WriteString("</div>\n")
	begin, rest, _ := strings.Cut(l.HTML, "<body")
	attributes, body, _ := strings.Cut(rest, ">\n")
	plain := `<details style="max-width:600px;margin:16px auto 0;font-size:14px"><summary>Plain text</summary><pre dir="auto" style="white-space:pre-wrap">` + html.EscapeString(l.Text) + "</pre></details>\n</body>"
	return begin + "<body" + attributes + ">\n" + head.String() + strings.Replace(body, "</body>", plain, 1)
}

// problemsPage says why there is no preview.
func problemsPage(err error) string {
	var list strings.Builder
	if e := fail.As(err); e != nil {
		for _, text := range e.Fields {
			list.WriteString("<li>" + html.EscapeString(text) + "</li>")
		}
	}
	return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>No preview</title></head>` +
		`<body style="font-family:sans-serif"><p>Correct these fields to see the preview:</p><ul>` + list.String() + `</ul></body></html>`
}
