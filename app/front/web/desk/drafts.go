package desk

import (
	"encoding/json"
	"net/http"

	"parley/app/domain/assist"
	"parley/app/domain/assist/compose"
	"parley/app/front/web/page"
)

// draftInput returns what drafts need to know of a conversation.
func (h *Handlers) draftInput(req *page.Request) (assist.DraftContext, error) {
	c, err := h.loadWritableConversation(req)
	if err != nil {
		return assist.DraftContext{}, err
	}
	ctx := req.Request().Context()
	in := assist.DraftContext{Conversation: c, Agent: c.AgentName, Hour: h.groups.LocalTime(ctx, req.Actor,
		c.Group).Hour(), Visitor: compose.Name(c.VisitorName)}
	if c.Agent != req.ID() {
		in.Agent = req.Name
	}
	return in, nil
}

// streamSteps answers with a line of JSON for each step, as it comes. An error before the first step is answered like any other.
func (h *Handlers) streamSteps(req *page.Request, do func(send func(assist.Progress) error) error) error {
	res := req.Response()
	begun := false
	return do(func(step assist.Progress) error {
		if !begun {
			begun = true
			res.Header().Set("Content-Type", "application/x-ndjson")
			res.Header().Set("Cache-Control", "no-store")
			res.Header().Set("X-Accel-Buffering", "no") // a proxy that gathers would hide what comes
			res.WriteHeader(http.StatusOK)
		}
		line, err := json.Marshal(step)
		if err != nil {
			return err
		}
		if _, err := res.Write(append(line, '\n')); err != nil {
			return err
		}
		res.Flush()
		return nil
	})
}

// Draft streams drafts of a reply; the agent reads, edits and sends.
func (h *Handlers) Draft(req *page.Request) error {
	in, err := h.draftInput(req)
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	return h.streamSteps(req, func(send func(assist.Progress) error) error { return h.assist.Drafts(ctx, req.Actor, in, send) })
}

// Reword streams the agent's own text in other words, or a summary of the conversation.
func (h *Handlers) Reword(req *page.Request) error {
	in, err := h.draftInput(req)
	if err != nil {
		return err
	}
	ctx, how := req.Request().Context(), req.FormValue("how")
	return h.streamSteps(req, func(send func(assist.Progress) error) error {
		if how == "summary" {
			return h.assist.Summarize(ctx, req.Actor, in, send)
		}
		return h.assist.Reword(ctx, req.Actor, req.FormValue("text"), how, send)
	})
}

// PreviewModelInput shows what would be sent to the language model.
func (h *Handlers) PreviewModelInput(req *page.Request) error {
	in, err := h.draftInput(req)
	if err != nil {
		return err
	}
	text, err := h.assist.PreviewRequest(req.Request().Context(), req.Actor, in)
	if err != nil {
		return err
	}
	return req.SendText(text)
}
