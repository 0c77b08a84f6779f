package desk

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/front/web/page"
	"parley/app/platform/fail"
	view "parley/templates/desk"
)

// Decline declines a conversation that was offered to the agent.
func (h *Handlers) Decline(req *page.Request) error {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	if err := h.conversations.DeclineOffer(req.Request().Context(), req.Actor, req.Name, id); err != nil {
		return err
	}
	return req.NoContent(http.StatusNoContent)
}

// TransferForm shows to whom a conversation can be transferred.
func (h *Handlers) TransferForm(req *page.Request) error {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	return h.renderTransfer(req, id, view.TransferView{}, http.StatusOK)
}

func (h *Handlers) renderTransfer(req *page.Request, id uuid.UUID, p view.TransferView, status int) (err error) {
	if p.TransferTargets, err = h.screens.LoadTransferTargets(req.Request().Context(), req.Actor, id); err != nil {
		return err
	}
	return req.Respond(status, view.TransferForm(p))
}

// renderTransferError shows the form with why it was refused, and what was typed.
func (h *Handlers) renderTransferError(req *page.Request, id uuid.UUID, err error) error {
	e := fail.As(err)
	if e == nil || e.Kind != fail.Invalid && e.Kind != fail.Conflict {
		return err
	}
	return h.renderTransfer(req, id, view.TransferView{Error: e.Message,
		Comment: strings.ToValidUTF8(req.FormValue("comment"), ""), To: req.FormValue("to")}, page.StatusOf(e.Kind))
}

// transferTarget reads whom the form names: a group or a team member; both are zero if it names nobody.
func transferTarget(req *page.Request) (group, person uuid.UUID) {
	kind, text, _ := strings.Cut(req.FormValue("to"), ":")
	id, err := uuid.Parse(text)
	switch {
	case err != nil:
	case kind == "group":
		group = id
	case kind == "person":
		person = id
	}
	return group, person
}

// Transfer transfers a conversation to a group or a team member.
func (h *Handlers) Transfer(req *page.Request) error {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	group, person := transferTarget(req)
	if err := h.routing.Transfer(req.Request().Context(), req.Actor, req.Name, id, group, person,
		req.FormValue("comment")); err != nil {
		return h.renderTransferError(req, id, err)
	}
	return req.Respond(http.StatusOK, view.TransferDone(id))
}

// Consult invites a team member into a conversation.
func (h *Handlers) Consult(req *page.Request) error {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	_, person := transferTarget(req)
	err = h.routing.Consult(req.Request().Context(), req.Actor, req.Name, conversation.Invitation{
		Conversation: id,
		Participant:  person,
		CanReply:     req.FormValue("may_write") == "on",
		Comment:      req.FormValue("comment"),
	})
	if err != nil {
		return h.renderTransferError(req, id, err)
	}
	return req.Respond(http.StatusOK, view.TransferDone(id))
}

// RemoveParticipant ends a team member's participation in a conversation.
func (h *Handlers) RemoveParticipant(req *page.Request) error {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	participant, err := req.ParamID("user", "participant")
	if err != nil {
		return err
	}
	if err := h.conversations.RemoveParticipant(req.Request().Context(), req.Actor, req.Name, id, participant); err != nil {
		return err
	}
	return req.NoContent(http.StatusNoContent)
}
