package desk

import (
	"net/http"
	"strings"

	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/domain/settings"
	screens "parley/app/front/desk"
	"parley/app/front/web/page"
	view "parley/templates/desk"
	"parley/templates/ui"
)

// AnswerEntryForm shows what an answer would be as an FAQ entry.
func (h *Handlers) AnswerEntryForm(req *page.Request) error {
	c, err := h.loadWritableConversation(req)
	if err != nil {
		return err
	}
	return h.renderAnswerEntry(req, c, page.ParseMessageNumber(req.QueryParam("seq")), ui.Form{}, http.StatusOK)
}

func (h *Handlers) renderAnswerEntry(req *page.Request, c conversation.Conversation, answer int, f ui.Form, status int) error {
	ctx := req.Request().Context()
	m, err := h.conversations.GetMessage(ctx, req.Actor, c.ID, answer)
	if err != nil {
		return err
	}
	p := view.SaveEntryView{Conversation: c.ID, Seq: answer, Form: f, NewState: faq.Published}
	p.Entry = faq.Text{Answer: m.Body, Language: settings.BaseLanguage(c.Language)}
	if q, err := h.conversations.QuestionAt(ctx, req.Actor, c.ID, answer); err == nil {
		p.QuestionSeq, p.VisitorText = q.Seq, q.Text
		p.Entry.Question = firstLine(q.Text, 200)
		if found, err := h.faq.Suggest(ctx, req.Actor, screens.QuestionOf(c, q.Text)); err == nil {
			if c.Language == "" { // else what the browser says: one message is little to tell a language by
				p.Entry.Language = settings.BaseLanguage(found.Language)
			}
		}
	}
	if p.Similar, err = h.faq.FindSimilar(ctx, req.Actor, f.Value("question", p.Entry.Question), f.Value("answer",
		p.Entry.Answer)); err != nil {
		return err
	}
	if p.Categories, err = h.faq.ListCategories(ctx, req.Actor); err != nil {
		return err
	}
	if goes, err := h.faq.StateOfNewEntry(ctx, req.Actor); err == nil {
		p.NewState = goes
	}
	return req.Respond(status, view.SaveEntryForm(p))
}

// firstLine returns the first line of a text, most characters of it at most.
func firstLine(s string, most int) string {
	s, _, _ = strings.Cut(s, "\n")
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// SaveAnswerEntry makes an FAQ entry from an answer.
func (h *Handlers) SaveAnswerEntry(req *page.Request) error {
	c, err := h.loadWritableConversation(req)
	if err != nil {
		return err
	}
	answer := page.ParseMessageNumber(req.FormValue("seq"))
	ctx := req.Request().Context()
	e := faq.Entry{Category: req.FormValue("category"), Texts: []faq.Text{{Language: req.FormValue("language"),
		Question: req.FormValue("question"), Answer: req.FormValue("answer")}}}
	if req.FormValue("here") == "on" || req.Actor.IsLimited() {
		e.Scope.Customer = c.Customer
	}
	example := faq.Choice{Conversation: c.ID, Language: c.Language}
	if q, err := h.conversations.QuestionAt(ctx, req.Actor, c.ID, answer); err == nil {
		example.Seq, example.Query = q.Seq, q.Text
	}
	_, state, err := h.faq.AddFromAnswer(ctx, req.Actor, e, example)
	if err != nil {
		f, status, err := page.RefusedForm(req, err, "question", "answer", "language", "category", "here")
		if err != nil {
			return err
		}
		return h.renderAnswerEntry(req, c, answer, f, status)
	}
	return req.Respond(http.StatusOK, view.EntrySaved(c.ID, state))
}
