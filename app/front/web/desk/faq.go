package desk

import (
	"net/http"
	"slices"

	"parley/app/domain/faq"
	screens "parley/app/front/desk"
	"parley/app/front/web/page"
	"parley/app/platform/validate"
	view "parley/templates/desk"
)

// EntryText answers with an FAQ entry's text for a conversation, to be put into the composer.
func (h *Handlers) EntryText(req *page.Request) error {
	c, err := h.loadConversation(req)
	if err != nil {
		return err
	}
	id, err := req.ParamID("entry", "FAQ entry")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	language := c.Language
	if q, err := h.conversations.QuestionAt(ctx, req.Actor, c.ID, c.LastSeq); err == nil {
		if found, err := h.faq.Suggest(ctx, req.Actor, screens.QuestionOf(c, q.Text)); err == nil {
			language = found.Language
		}
	}
	text, err := h.faq.GetUsableText(ctx, req.Actor, id, language, screens.ScopeOf(c))
	if err != nil {
		return err
	}
	return req.SendText(text.Answer)
}

// DismissSuggestion records that a suggestion is wrong here, and draws those that are left.
func (h *Handlers) DismissSuggestion(req *page.Request) error {
	c, err := h.loadWritableConversation(req)
	if err != nil {
		return err
	}
	entry, err := req.ParamID("entry", "FAQ entry")
	if err != nil {
		return err
	}
	if err := h.recordChoice(req, c, entry, faq.Dismissed); err != nil {
		return err
	}
	ctx := req.Request().Context()
	q, err := h.conversations.QuestionAt(ctx, req.Actor, c.ID, max(1, page.ParseMessageNumber(req.FormValue("for"))))
	if err != nil {
		return err
	}
	found, err := h.faq.Suggest(ctx, req.Actor, screens.QuestionOf(c, q.Text))
	if err != nil {
		return err
	}
	left := slices.DeleteFunc(found.List, func(x faq.Suggestion) bool { return x.ID == entry })
	return req.Respond(http.StatusOK, view.SuggestionsUpdate(c.ID, screens.Suggestions{Seq: q.Seq, List: left}))
}

// SearchFAQ draws the FAQ entries that an agent has searched for.
func (h *Handlers) SearchFAQ(req *page.Request) error {
	c, err := h.loadConversation(req)
	if err != nil {
		return err
	}
	query, err := validate.OptionalLine("the search text", req.QueryParam("q"), 200)
	if err != nil {
		return err
	}
	list, err := h.faq.Search(req.Request().Context(), req.Actor, query, c.Language, screens.ScopeOf(c))
	if err != nil {
		return err
	}
	return req.Respond(http.StatusOK, view.SearchResults(view.SearchView{Conversation: c.ID, Query: query, List: list}))
}
