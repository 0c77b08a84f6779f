package widget

import (
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"parley/app/domain/conversation"
	"parley/app/domain/files"
	"parley/app/domain/org"
	"parley/app/front/live"
	"parley/app/front/web/body"
	"parley/app/front/web/page"
	"parley/app/front/web/upload"
	"parley/app/platform/fail"
)

// UploadPath is the address for visitors' files.
const UploadPath = "/widget/v1/files"

// UploadPreflight answers a browser that asks before it sends a file.
func (h *Handlers) UploadPreflight(c echo.Context) error {
	page.AllowOrigin(c)
	header := c.Response().Header()
	header.Set("Access-Control-Allow-Methods", "POST")
	header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	header.Set("Access-Control-Max-Age", "600")
	header.Set("Vary", "Origin")
	return c.NoContent(http.StatusNoContent)
}

// Upload stores a visitor's file, and sends it in the conversation.
func (h *Handlers) Upload(c echo.Context, site *org.WidgetWebsite) error {
	page.AllowOrigin(c)
	header := c.Response().Header()
	header.Set("Vary", "Origin")
	header.Set("Cache-Control", "no-store")
	ctx := c.Request().Context()
	token, _ := strings.CutPrefix(c.Request().Header.Get("Authorization"), "Bearer ")
	visitor, _, err := h.tokens.Verify(token, site.Org, site.ID, time.Now())
	if err != nil {
		return err
	}
	id, err := uuid.Parse(c.QueryParam("id"))
	if err != nil {
		return fail.New(fail.Invalid, "The file has no id.")
	}
	rules, name := site.Settings.Files, c.QueryParam("name")
	if rules.Disabled {
		return fail.New(fail.Forbidden, "Files cannot be sent here.").WithReason("kind")
	}
	conversationID, _ := uuid.Parse(c.QueryParam("conversation"))
	subject, _ := uuid.Parse(c.QueryParam("subject"))
	address, err := h.live.Admit(ctx, site, visitor.ID(), c.RealIP(), conversationID == uuid.Nil)
	if err != nil {
		return err
	}
	if err := h.live.AdmitBytes(visitor.ID(), address, min(max(0, c.Request().ContentLength),
		int64(rules.MaxBytes()))); err != nil {
		return err
	}
	message := conversation.VisitorMessage{ID: id, Conversation: conversationID, PreviousConversation: conversationID,
		Customer: site.CustomerID, Group: site.GroupFor(subject),
		Page: live.PageFromRequest(c.Request(), address, c.QueryParam("page"), c.QueryParam("title"))}
	in := files.Upload{Name: name, Allowed: upload.Categories(rules.AllowedTypes()), MaxBytes: rules.MaxBytes()}
	var f files.File
	var receipt conversation.Receipt
	err = h.uploads.Receive(c, visitor, in, body.OfVisitor(site.Org, address), func(in files.Upload) (err error) {
		f, receipt, err = h.attachments.SendAsVisitor(ctx, visitor, message, in)
		return err
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"type": "ack", "id": id, "conversation": receipt.Conversation,
		"seq": receipt.Seq, "at": receipt.At, "text": f.Name,
		"file": map[string]any{"kind": f.MediaType, "size": f.Size, "width": f.Width, "height": f.Height,
			"url": h.links.Path(site.Org, f.ID, f.Name, time.Now())}})
}
