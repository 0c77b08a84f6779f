package web

import (
	"encoding/json"
	"net/http"

	"parley/app/domain/assist"
	"parley/app/domain/assist/compose"
)

// draftInput is what drafts need to know of a conversation.
func (s *Server) draftInput(req *request) (assist.DraftContext, error) {
	c, err := s.loadWritableConversation(req)
	if err != nil {
		return assist.DraftContext{}, err
	}
	ctx := req.Request().Context()
	in := assist.DraftContext{Conversation: c, Agent: c.AgentName, Hour: s.groups.LocalTime(ctx, req.Actor, c.Group).Hour(), Visitor: compose.Name(c.VisitorName)}
	if c.Agent != req.ID() {
		in.Agent = req.Name
	}
	return in, nil
}

// streamSteps answers with a line of JSON for each step, as it comes. What goes wrong before the first one is an error like any.
func (s *Server) streamSteps(req *request, do func(send func(assist.Progress) error) error) error {
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

// draftReplies streams drafts for a conversation; the agent reads, edits and sends.
func (s *Server) draftReplies(req *request) error {
	in, err := s.draftInput(req)
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	return s.streamSteps(req, func(send func(assist.Progress) error) error { return s.assist.Drafts(ctx, req.Actor, in, send) })
}

// reword streams the agent's own text in another way, or a summary of the conversation.
func (s *Server) reword(req *request) error {
	in, err := s.draftInput(req)
	if err != nil {
		return err
	}
	ctx, how := req.Request().Context(), req.FormValue("how")
	return s.streamSteps(req, func(send func(assist.Progress) error) error {
		if how == "summary" {
			return s.assist.Summarize(ctx, req.Actor, in, send)
		}
		return s.assist.Reword(ctx, req.Actor, req.FormValue("text"), how, send)
	})
}

// previewModelInput shows what would be sent to the model.
func (s *Server) previewModelInput(req *request) error {
	in, err := s.draftInput(req)
	if err != nil {
		return err
	}
	text, err := s.assist.PreviewRequest(req.Request().Context(), req.Actor, in)
	if err != nil {
		return err
	}
	return req.sendText(text)
}
