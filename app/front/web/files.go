package web

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"parley/app/domain/conversation"
	"parley/app/domain/files"
	"parley/app/domain/org"
	"parley/app/front/live"
	"parley/app/platform/access"
	"parley/app/platform/bidi"
	"parley/app/platform/fail"
	"parley/app/platform/forms"
)

// uploadPath is where visitors' files come in.
const uploadPath = "/widget/v1/files"

// uploadPreflight answers a browser that asks before it sends a file.
func (s *Server) uploadPreflight(c echo.Context) error {
	allowOrigin(c)
	h := c.Response().Header()
	h.Set("Access-Control-Allow-Methods", "POST")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	h.Set("Access-Control-Max-Age", "600")
	h.Set("Vary", "Origin")
	return c.NoContent(http.StatusNoContent)
}

// receiveFile passes a file that comes as the body of a request on to send, in one of the slots that the keys have. What comes too slowly
// is given up.
func (s *Server) receiveFile(c echo.Context, actor access.Actor, in files.Upload, keys map[string]int, send func(files.Upload) error) error {
	b := bodyOf(c)
	if b == nil {
		return fail.New(fail.Invalid, "“%s” is empty.", bidi.Isolate(in.Name)).WithReason("empty")
	}
	if b.length > int64(in.MaxBytes) {
		b.header.Set("Connection", "close")
		return files.TooLarge(in.Name, in.MaxBytes)
	}
	release, err := s.uploadSlots.acquire(keys)
	if err != nil {
		b.header.Set("Connection", "close")
		return err
	}
	defer release()
	if err := b.raiseLimit(int64(in.MaxBytes) + 1); err != nil {
		return err
	}
	b.limitSpeed(s.uploadSlots, actor.Org())
	in.Content, in.Size = b, max(0, b.length)
	err = send(in)
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil || fail.As(err) != nil:
	case errors.As(err, &tooLarge):
		err = files.TooLarge(in.Name, in.MaxBytes)
	case b.truncated:
		err = fail.New(fail.Invalid, "The file did not arrive as a whole. Please send it again.").WithReason("damaged")
	}
	return err
}

// discardFile removes a file whose message was refused. Where it may still be said, or is on its way a second time, it stays until then.
func (s *Server) discardFile(c echo.Context, who access.Actor, f files.File, refused error) {
	if kind := fail.KindOf(refused); kind != fail.Busy && kind != fail.Internal {
		s.files.Discard(forms.WithoutSubmission(c.Request().Context()), who, f)
	}
}

// widgetUpload takes a visitor's file and says it in the conversation.
func (s *Server) widgetUpload(c echo.Context, site *org.WidgetWebsite) error {
	allowOrigin(c)
	h := c.Response().Header()
	h.Set("Vary", "Origin")
	h.Set("Cache-Control", "no-store")
	ctx := c.Request().Context()
	token, _ := strings.CutPrefix(c.Request().Header.Get("Authorization"), "Bearer ")
	visitor, _, err := s.tokens.Verify(token, site.Org, site.ID, time.Now())
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
	address, err := s.live.Admit(ctx, site, visitor.ID(), c.RealIP(), conversationID == uuid.Nil)
	if err != nil {
		return err
	}
	if err := s.live.AdmitBytes(visitor.ID(), address, min(max(0, c.Request().ContentLength), int64(rules.MaxBytes()))); err != nil {
		return err
	}
	message := conversation.VisitorMessage{ID: id, Conversation: conversationID, PreviousConversation: conversationID, Customer: site.CustomerID,
		Group: site.GroupFor(subject), Page: live.PageFromRequest(c.Request(), address, c.QueryParam("page"), c.QueryParam("title"))}
	var f files.File
	var receipt conversation.Receipt
	err = s.receiveFile(c, visitor, files.Upload{Name: name, Allowed: fileTypes(rules.AllowedTypes()), MaxBytes: rules.MaxBytes()},
		withNetworkLimit(map[string]int{site.Org.String(): maxUploadsPerOrg}, address), func(in files.Upload) (err error) {
			f, receipt, err = s.attachments.SendAsVisitor(ctx, visitor, message, in)
			return err
		})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"type": "ack", "id": id, "conversation": receipt.Conversation, "seq": receipt.Seq, "at": receipt.At, "text": f.Name,
		"file": map[string]any{"kind": f.MediaType, "size": f.Size, "width": f.Width, "height": f.Height, "url": s.links.Path(site.Org, f.ID, f.Name, time.Now())}})
}

func fileTypes(names []string) []files.Category {
	list := make([]files.Category, len(names))
	for i, n := range names {
		list[i] = files.Category(n)
	}
	return list
}

// maxAgentFileBytes is the largest file that an agent can send.
const maxAgentFileBytes = 25 << 20

// deskUpload takes an agent's file, or the file of a snippet, and posts it in its conversation. It comes to the page as every message does.
func (s *Server) deskUpload(req *request) error {
	c, err := s.loadConversation(req)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(req.QueryParam("id"))
	if err != nil {
		return fail.New(fail.Invalid, "The file has no id. Please reload the page.")
	}
	if snippet := req.QueryParam("snippet"); snippet != "" {
		err = s.sendSnippetFile(req, c, id, snippet)
	} else {
		err = s.receiveFile(req, req.Actor, files.Upload{ID: id, Name: req.QueryParam("name"), Allowed: files.Categories, MaxBytes: maxAgentFileBytes},
			map[string]int{req.Actor.Org().String(): maxUploadsPerOrg, req.ID().String(): maxUploadsPerSender}, func(in files.Upload) error {
				return s.attachments.SendAsAgent(req.Request().Context(), req.Actor, c.ID, in)
			})
	}
	if err != nil {
		return err
	}
	return req.NoContent(http.StatusNoContent)
}

// sendSnippetFile posts the file of a snippet.
func (s *Server) sendSnippetFile(req *request, c conversation.Conversation, id uuid.UUID, snippet string) error {
	which, err := uuid.Parse(snippet)
	if err != nil {
		return fail.Missing("snippet")
	}
	ctx := req.Request().Context()
	queues, err := s.routing.VisibleQueues(ctx, req.Actor)
	if err != nil {
		return err
	}
	of := req.snippetGroups(queues)
	of.Customer = c.Customer
	from, err := s.faq.GetSnippetFile(ctx, req.Actor, which, of)
	if err != nil {
		return err
	}
	return s.attachments.SendCopy(ctx, req.Actor, c.ID, id, from)
}

// storeFormFile stores the file of a form that was read as a whole, if it has one; the zero file: it has none.
func (s *Server) storeFormFile(req *request, field string, use files.Purpose, allowed []files.Category, most int) (files.File, error) {
	from, there := req.files[field]
	if !there {
		return files.File{}, nil // none was chosen
	}
	if from.size > int64(most) {
		return files.File{}, files.TooLarge(from.name, most)
	}
	return s.files.Put(forms.WithoutSubmission(req.Request().Context()), req.Actor, files.Upload{ID: uuid.Must(uuid.NewV7()), Purpose: use, Name: from.name, Content: from, Size: from.size, Allowed: allowed, MaxBytes: most})
}

// downloadFile hands out a file to staff, and to a reviewer those of its customer's conversations.
func (s *Server) downloadFile(req *request) error {
	id, err := req.paramID("id", "file")
	if err != nil {
		return err
	}
	return s.serveFile(req, req.Actor, id)
}

// downloadLinkedFile hands out a file to whoever has a link that was signed for it.
func (s *Server) downloadLinkedFile(c echo.Context) error {
	org, id, err := s.links.Verify(c.Param("link"), time.Now())
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	return s.serveFile(c, access.System(org, "hand out a file to who has a link"), id)
}

// serveFile hands out a file so that no browser runs anything of it: what is no image is for saving, and an image stands alone.
func (s *Server) serveFile(c echo.Context, who access.Actor, id uuid.UUID) error {
	f, content, err := s.files.Open(c.Request().Context(), who, id)
	if err != nil {
		return err
	}
	defer content.Close()
	h := c.Response().Header()
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=86400, immutable")
	h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
	how, kind := "attachment", "application/octet-stream"
	if files.IsDisplayable(f.MediaType) {
		how, kind = "inline", f.MediaType
	}
	h.Set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": f.Name}))
	if err := http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(uploadTimeout)); err != nil {
		return fmt.Errorf("hand out a file: %w", err)
	}
	return c.Stream(http.StatusOK, kind, content)
}
