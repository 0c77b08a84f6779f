package web

import (
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"parley/app/chat"
	"parley/app/fail"
	"parley/app/faq"
	"parley/app/live"
	"parley/app/org"
	view "parley/templates/desk"
	"parley/templates/ui"
)

// talk finds the conversation that an address names, for somebody who may see it.
func (s *Server) talk(v *visit) (chat.Conversation, error) {
	id, err := v.id("id", "conversation")
	if err != nil {
		return chat.Conversation{}, err
	}
	return s.chat.Get(v.Request().Context(), v.Actor, id)
}

// ownTalk is talk for somebody who may change what belongs to the conversation.
func (s *Server) ownTalk(v *visit) (chat.Conversation, error) {
	c, err := s.talk(v)
	if err == nil {
		err = s.chat.MayWrite(v.Request().Context(), v.Actor, c.ID)
	}
	return c, err
}

// plain answers with a text for the desk's script.
func (v *visit) plain(text string) error {
	v.Response().Header().Set("Cache-Control", "no-store")
	return v.String(http.StatusOK, text)
}

// seq reads the number of a message; what is none is 0, which no message has.
func seq(text string) int {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return 0
	}
	return int(n)
}

// choose keeps what a reply was made from: a suggestion as it is or changed, or an entry that was looked for. The reply is
// kept already: what goes wrong here is only not learned.
func (s *Server) choose(v *visit, conversation uuid.UUID, body string) {
	entry, err := uuid.Parse(v.FormValue("entry"))
	if err != nil {
		return
	}
	ctx := v.Request().Context()
	c, err := s.chat.Get(ctx, v.Actor, conversation)
	if err != nil {
		slog.Warn("learn from a reply", "error", err)
		return
	}
	kind := faq.Accepted
	if v.FormValue("how") == string(faq.Picked) {
		kind = faq.Picked
	} else if text, err := s.faq.Usable(ctx, v.Actor, entry, c.Language, live.PlaceOf(c)); err != nil || !saysAll(body, text.Answer) {
		kind = faq.Edited
	}
	if err := s.chosen(v, c, entry, kind); err != nil {
		slog.Warn("learn from a reply", "error", err)
	}
}

// saysAll reports whether a reply has an answer in it as it is.
func saysAll(body, answer string) bool {
	plain := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	return strings.Contains(plain(body), plain(answer))
}

func (s *Server) chosen(v *visit, c chat.Conversation, entry uuid.UUID, kind faq.Kind) error {
	about := seq(v.FormValue("for"))
	if about == 0 {
		about = c.LastSeq
	}
	ctx := v.Request().Context()
	q, err := s.chat.QuestionAt(ctx, v.Actor, c.ID, about)
	if err != nil {
		return err
	}
	return s.faq.Choose(ctx, v.Actor, faq.Choice{Entry: entry, Kind: kind, Conversation: c.ID, Seq: q.Seq, Query: q.Text, Language: c.Language})
}

// entryText answers with an entry's text for a conversation, to be put into the composer.
func (s *Server) entryText(v *visit) error {
	c, err := s.talk(v)
	if err != nil {
		return err
	}
	id, err := v.id("entry", "FAQ entry")
	if err != nil {
		return err
	}
	ctx := v.Request().Context()
	language := c.Language
	if q, err := s.chat.QuestionAt(ctx, v.Actor, c.ID, c.LastSeq); err == nil {
		if found, err := s.faq.Suggest(ctx, v.Actor, live.QuestionOf(c, q.Text)); err == nil {
			language = found.Language
		}
	}
	text, err := s.faq.Usable(ctx, v.Actor, id, language, live.PlaceOf(c))
	if err != nil {
		return err
	}
	return v.plain(text.Answer)
}

// dismiss says that a suggestion is wrong here, and answers with those that are left.
func (s *Server) dismiss(v *visit) error {
	c, err := s.ownTalk(v)
	if err != nil {
		return err
	}
	entry, err := v.id("entry", "FAQ entry")
	if err != nil {
		return err
	}
	if err := s.chosen(v, c, entry, faq.Dismissed); err != nil {
		return err
	}
	ctx := v.Request().Context()
	q, err := s.chat.QuestionAt(ctx, v.Actor, c.ID, max(1, seq(v.FormValue("for"))))
	if err != nil {
		return err
	}
	found, err := s.faq.Suggest(ctx, v.Actor, live.QuestionOf(c, q.Text))
	if err != nil {
		return err
	}
	left := found.List[:0]
	for _, x := range found.List {
		if x.ID != entry {
			left = append(left, x)
		}
	}
	return s.draw(v, http.StatusOK, view.SuggestionsOf(c.ID, q.Seq, left))
}

// look is the agent's own search.
func (s *Server) look(v *visit) error {
	c, err := s.talk(v)
	if err != nil {
		return err
	}
	query, err := fail.OptionalLine("what you look for", v.QueryParam("q"), 200)
	if err != nil {
		return err
	}
	list, err := s.faq.Search(v.Request().Context(), v.Actor, query, c.Language, live.PlaceOf(c))
	if err != nil {
		return err
	}
	return s.draw(v, http.StatusOK, view.Found(view.FoundPage{Conversation: c.ID, Query: query, List: list}))
}

// keepForm shows what an answer would be as an FAQ entry.
func (s *Server) keepForm(v *visit) error {
	c, err := s.ownTalk(v)
	if err != nil {
		return err
	}
	return s.keepWith(v, c, seq(v.QueryParam("seq")), ui.Form{}, http.StatusOK)
}

func (s *Server) keepWith(v *visit, c chat.Conversation, answer int, f ui.Form, status int) error {
	ctx := v.Request().Context()
	m, err := s.chat.Message(ctx, v.Actor, c.ID, answer)
	if err != nil {
		return err
	}
	p := view.KeepPage{Conversation: c.ID, Seq: answer, Form: f, Goes: faq.Live}
	p.Entry = faq.Text{Answer: m.Body, Language: shortLanguage(c.Language)}
	if q, err := s.chat.QuestionAt(ctx, v.Actor, c.ID, answer); err == nil {
		p.Asked, p.Words = q.Seq, q.Text
		p.Entry.Question = firstLine(q.Text, 200)
		if found, err := s.faq.Suggest(ctx, v.Actor, live.QuestionOf(c, q.Text)); err == nil {
			if c.Language == "" { // else what the browser says: one message is little to tell a language by
				p.Entry.Language = shortLanguage(found.Language)
			}
		}
	}
	if p.Alike, err = s.faq.Alike(ctx, v.Actor, f.Value("question", p.Entry.Question), f.Value("answer", p.Entry.Answer)); err != nil {
		return err
	}
	if p.Categories, err = s.faq.Categories(ctx, v.Actor); err != nil {
		return err
	}
	if goes, err := s.faq.Goes(ctx, v.Actor); err == nil {
		p.Goes = goes
	}
	return s.draw(v, status, view.Keep(p))
}

func shortLanguage(s string) string {
	s, _, _ = strings.Cut(org.PlainLanguage(s), "-")
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

// keep makes an FAQ entry of an answer.
func (s *Server) keep(v *visit) error {
	c, err := s.ownTalk(v)
	if err != nil {
		return err
	}
	answer := seq(v.FormValue("seq"))
	ctx := v.Request().Context()
	e := faq.Entry{Category: v.FormValue("category"), Texts: []faq.Text{{Language: v.FormValue("language"), Question: v.FormValue("question"), Answer: v.FormValue("answer")}}}
	if v.FormValue("here") == "on" || v.Actor.Limited() {
		e.Scope.Customer = c.Customer
	}
	example := faq.Choice{Conversation: c.ID, Language: c.Language}
	if q, err := s.chat.QuestionAt(ctx, v.Actor, c.ID, answer); err == nil {
		example.Seq, example.Query = q.Seq, q.Text
	}
	_, state, err := s.faq.Keep(ctx, v.Actor, e, example)
	if err != nil {
		f, status, err := form(v, err, "question", "answer", "language", "category", "here")
		if err != nil {
			return err
		}
		return s.keepWith(v, c, answer, f, status)
	}
	return s.draw(v, http.StatusOK, view.Kept(c.ID, state))
}

// messageText answers with a message's text as it was written, to be changed.
func (s *Server) messageText(v *visit) error {
	c, err := s.talk(v)
	if err != nil {
		return err
	}
	m, err := s.chat.Message(v.Request().Context(), v.Actor, c.ID, seq(v.Param("seq")))
	if err != nil {
		return err
	}
	return v.plain(m.Body)
}
