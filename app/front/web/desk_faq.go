package web

import (
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/domain/org"
	screens "parley/app/front/desk"
	"parley/app/platform/validate"
	view "parley/templates/desk"
	"parley/templates/ui"
)

// loadConversation finds the conversation that an address names, for somebody who may see it.
func (s *Server) loadConversation(req *request) (conversation.Conversation, error) {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return conversation.Conversation{}, err
	}
	return s.conversations.Get(req.Request().Context(), req.Actor, id)
}

// loadWritableConversation is talk for somebody who may change what belongs to the conversation.
func (s *Server) loadWritableConversation(req *request) (conversation.Conversation, error) {
	c, err := s.loadConversation(req)
	if err == nil {
		err = s.conversations.CheckWriteAccess(req.Request().Context(), req.Actor, c.ID)
	}
	return c, err
}

// sendText answers with a text for the desk's script.
func (req *request) sendText(text string) error {
	req.Response().Header().Set("Cache-Control", "no-store")
	return req.String(http.StatusOK, text)
}

// parseSeq reads the number of a message; what is none is 0, which no message has.
func parseSeq(text string) int {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return 0
	}
	return int(n)
}

// recordReplySource keeps what a reply was made from: a suggestion as it is or changed, or an entry that was looked for. The reply is
// kept already: what goes wrong here is only not learned.
func (s *Server) recordReplySource(req *request, conversation uuid.UUID, body string) {
	entry, err := uuid.Parse(req.FormValue("entry"))
	if err != nil {
		return
	}
	ctx := req.Request().Context()
	c, err := s.conversations.Get(ctx, req.Actor, conversation)
	if err != nil {
		slog.Warn("learn from a reply", "error", err)
		return
	}
	kind := faq.Accepted
	if req.FormValue("how") == string(faq.Picked) {
		kind = faq.Picked
	} else if text, err := s.faq.GetUsableText(ctx, req.Actor, entry, c.Language, screens.ScopeOf(c)); err != nil || !containsAnswer(body, text.Answer) {
		kind = faq.Edited
	}
	if err := s.recordChoice(req, c, entry, kind); err != nil {
		slog.Warn("learn from a reply", "error", err)
	}
}

// containsAnswer reports whether a reply has an answer in it as it is.
func containsAnswer(body, answer string) bool {
	plain := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	return strings.Contains(plain(body), plain(answer))
}

func (s *Server) recordChoice(req *request, c conversation.Conversation, entry uuid.UUID, kind faq.ChoiceKind) error {
	about := parseSeq(req.FormValue("for"))
	if about == 0 {
		about = c.LastSeq
	}
	ctx := req.Request().Context()
	q, err := s.conversations.QuestionAt(ctx, req.Actor, c.ID, about)
	if err != nil {
		return err
	}
	return s.faq.RecordChoice(ctx, req.Actor, faq.Choice{Entry: entry, Kind: kind, Conversation: c.ID, Seq: q.Seq, Query: q.Text, Language: c.Language})
}

// entryText answers with an entry's text for a conversation, to be put into the composer.
func (s *Server) entryText(req *request) error {
	c, err := s.loadConversation(req)
	if err != nil {
		return err
	}
	id, err := req.paramID("entry", "FAQ entry")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	language := c.Language
	if q, err := s.conversations.QuestionAt(ctx, req.Actor, c.ID, c.LastSeq); err == nil {
		if found, err := s.faq.Suggest(ctx, req.Actor, screens.QuestionOf(c, q.Text)); err == nil {
			language = found.Language
		}
	}
	text, err := s.faq.GetUsableText(ctx, req.Actor, id, language, screens.ScopeOf(c))
	if err != nil {
		return err
	}
	return req.sendText(text.Answer)
}

// dismissSuggestion says that a suggestion is wrong here, and answers with those that are left.
func (s *Server) dismissSuggestion(req *request) error {
	c, err := s.loadWritableConversation(req)
	if err != nil {
		return err
	}
	entry, err := req.paramID("entry", "FAQ entry")
	if err != nil {
		return err
	}
	if err := s.recordChoice(req, c, entry, faq.Dismissed); err != nil {
		return err
	}
	ctx := req.Request().Context()
	q, err := s.conversations.QuestionAt(ctx, req.Actor, c.ID, max(1, parseSeq(req.FormValue("for"))))
	if err != nil {
		return err
	}
	found, err := s.faq.Suggest(ctx, req.Actor, screens.QuestionOf(c, q.Text))
	if err != nil {
		return err
	}
	left := slices.DeleteFunc(found.List, func(x faq.Suggestion) bool { return x.ID == entry })
	return s.render(req, http.StatusOK, view.SuggestionsUpdate(c.ID, screens.Suggestions{Seq: q.Seq, List: left}))
}

// searchFAQ is the agent's own search.
func (s *Server) searchFAQ(req *request) error {
	c, err := s.loadConversation(req)
	if err != nil {
		return err
	}
	query, err := validate.OptionalLine("what you look for", req.QueryParam("q"), 200)
	if err != nil {
		return err
	}
	list, err := s.faq.Search(req.Request().Context(), req.Actor, query, c.Language, screens.ScopeOf(c))
	if err != nil {
		return err
	}
	return s.render(req, http.StatusOK, view.SearchResults(view.SearchView{Conversation: c.ID, Query: query, List: list}))
}

// answerEntryForm shows what an answer would be as an FAQ entry.
func (s *Server) answerEntryForm(req *request) error {
	c, err := s.loadWritableConversation(req)
	if err != nil {
		return err
	}
	return s.renderAnswerEntry(req, c, parseSeq(req.QueryParam("seq")), ui.Form{}, http.StatusOK)
}

func (s *Server) renderAnswerEntry(req *request, c conversation.Conversation, answer int, f ui.Form, status int) error {
	ctx := req.Request().Context()
	m, err := s.conversations.GetMessage(ctx, req.Actor, c.ID, answer)
	if err != nil {
		return err
	}
	p := view.SaveEntryView{Conversation: c.ID, Seq: answer, Form: f, NewState: faq.Published}
	p.Entry = faq.Text{Answer: m.Body, Language: baseLanguage(c.Language)}
	if q, err := s.conversations.QuestionAt(ctx, req.Actor, c.ID, answer); err == nil {
		p.QuestionSeq, p.VisitorText = q.Seq, q.Text
		p.Entry.Question = firstLine(q.Text, 200)
		if found, err := s.faq.Suggest(ctx, req.Actor, screens.QuestionOf(c, q.Text)); err == nil {
			if c.Language == "" { // else what the browser says: one message is little to tell a language by
				p.Entry.Language = baseLanguage(found.Language)
			}
		}
	}
	if p.Similar, err = s.faq.FindSimilar(ctx, req.Actor, f.Value("question", p.Entry.Question), f.Value("answer", p.Entry.Answer)); err != nil {
		return err
	}
	if p.Categories, err = s.faq.ListCategories(ctx, req.Actor); err != nil {
		return err
	}
	if goes, err := s.faq.StateOfNewEntry(ctx, req.Actor); err == nil {
		p.NewState = goes
	}
	return s.render(req, status, view.SaveEntryForm(p))
}

func baseLanguage(s string) string {
	s, _, _ = strings.Cut(org.NormalizeLanguage(s), "-")
	if s == "" {
		return "en"
	}
	return s
}

func firstLine(s string, most int) string {
	s, _, _ = strings.Cut(s, "\n")
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// saveAnswerEntry makes an FAQ entry of an answer.
func (s *Server) saveAnswerEntry(req *request) error {
	c, err := s.loadWritableConversation(req)
	if err != nil {
		return err
	}
	answer := parseSeq(req.FormValue("seq"))
	ctx := req.Request().Context()
	e := faq.Entry{Category: req.FormValue("category"), Texts: []faq.Text{{Language: req.FormValue("language"), Question: req.FormValue("question"), Answer: req.FormValue("answer")}}}
	if req.FormValue("here") == "on" || req.Actor.IsLimited() {
		e.Scope.Customer = c.Customer
	}
	example := faq.Choice{Conversation: c.ID, Language: c.Language}
	if q, err := s.conversations.QuestionAt(ctx, req.Actor, c.ID, answer); err == nil {
		example.Seq, example.Query = q.Seq, q.Text
	}
	_, state, err := s.faq.AddFromAnswer(ctx, req.Actor, e, example)
	if err != nil {
		f, status, err := refusedForm(req, err, "question", "answer", "language", "category", "here")
		if err != nil {
			return err
		}
		return s.renderAnswerEntry(req, c, answer, f, status)
	}
	return s.render(req, http.StatusOK, view.EntrySaved(c.ID, state))
}

// messageText answers with a message's text as it was written, to be changed.
func (s *Server) messageText(req *request) error {
	c, err := s.loadConversation(req)
	if err != nil {
		return err
	}
	m, err := s.conversations.GetMessage(req.Request().Context(), req.Actor, c.ID, parseSeq(req.Param("seq")))
	if err != nil {
		return err
	}
	return req.sendText(m.Body)
}
