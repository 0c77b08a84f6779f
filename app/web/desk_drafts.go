package web

import (
	"encoding/json"
	"net/http"

	"parley/app/assist"
	"parley/app/assist/compose"
)

// setting is what drafts need to know of a conversation.
func (s *Server) setting(v *visit) (assist.Setting, error) {
	c, err := s.ownTalk(v)
	if err != nil {
		return assist.Setting{}, err
	}
	ctx := v.Request().Context()
	in := assist.Setting{Conversation: c, Agent: c.AgentName, Hour: s.queue.LocalTime(ctx, v.Actor, c.Group).Hour(), Visitor: compose.Name(c.VisitorName)}
	if c.Agent != v.ID() {
		in.Agent = v.Name
	}
	return in, nil
}

// stream answers with a line of JSON for each step, as it comes. What goes wrong before the first one is an error like any.
func (s *Server) stream(v *visit, do func(tell func(assist.Step) error) error) error {
	res := v.Response()
	begun := false
	return do(func(step assist.Step) error {
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

// drafts streams drafts for a conversation; the agent reads, edits and sends.
func (s *Server) drafts(v *visit) error {
	in, err := s.setting(v)
	if err != nil {
		return err
	}
	ctx := v.Request().Context()
	return s.stream(v, func(tell func(assist.Step) error) error { return s.assist.Drafts(ctx, v.Actor, in, tell) })
}

// reword streams the agent's own text in another way, or a summary of the conversation.
func (s *Server) reword(v *visit) error {
	in, err := s.setting(v)
	if err != nil {
		return err
	}
	ctx, how := v.Request().Context(), v.FormValue("how")
	return s.stream(v, func(tell func(assist.Step) error) error {
		if how == "summary" {
			return s.assist.Summarize(ctx, v.Actor, in, tell)
		}
		return s.assist.Reword(ctx, v.Actor, v.FormValue("text"), how, tell)
	})
}

// sent shows what would be sent to the model.
func (s *Server) sent(v *visit) error {
	in, err := s.setting(v)
	if err != nil {
		return err
	}
	text, err := s.assist.Sent(v.Request().Context(), v.Actor, in)
	if err != nil {
		return err
	}
	return v.plain(text)
}
