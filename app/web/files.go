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

	"parley/app/access"
	"parley/app/bidi"
	"parley/app/chat"
	"parley/app/fail"
	"parley/app/files"
	"parley/app/forms"
	"parley/app/live"
	"parley/app/org"
)

// uploadPath is where visitors' files come in.
const uploadPath = "/widget/v1/files"

// letAsk answers a browser that asks before it sends a file.
func (s *Server) letAsk(c echo.Context) error {
	letRead(c)
	h := c.Response().Header()
	h.Set("Access-Control-Allow-Methods", "POST")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	h.Set("Access-Control-Max-Age", "600")
	h.Set("Vary", "Origin")
	return c.NoContent(http.StatusNoContent)
}

// receive takes a file that comes as the body of a request, in one of the slots that the keys have. What comes too slowly is given up.
func (s *Server) receive(c echo.Context, who access.Actor, in files.New, keys map[string]int) (files.File, error) {
	b := bodyOf(c)
	if b == nil {
		return files.File{}, fail.New(fail.Invalid, "“%s” is empty.", bidi.Isolate(in.Name)).Because("empty")
	}
	if b.length > int64(in.Most) {
		b.header.Set("Connection", "close")
		return files.File{}, files.TooLarge(in.Name, in.Most)
	}
	release, err := s.slots.take(keys)
	if err != nil {
		b.header.Set("Connection", "close")
		return files.File{}, err
	}
	defer release()
	if err := b.allow(int64(in.Most) + 1); err != nil {
		return files.File{}, err
	}
	b.paced(s.slots, who.Org())
	in.Content, in.Size = b, max(0, b.length)
	f, err := s.files.Put(c.Request().Context(), who, in)
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil || fail.As(err) != nil:
	case errors.As(err, &tooLarge):
		err = files.TooLarge(in.Name, in.Most)
	case b.cut:
		err = fail.New(fail.Invalid, "The file did not arrive as a whole. Please send it again.").Because("damaged")
	}
	return f, err
}

// drop removes a file whose message was refused. Where it may still be said, or is on its way a second time, it stays until then.
func (s *Server) drop(c echo.Context, who access.Actor, f files.File, refused error) {
	if kind := fail.KindOf(refused); kind != fail.Busy && kind != fail.Internal {
		s.files.Drop(forms.Beside(c.Request().Context()), who, f)
	}
}

// widgetUpload takes a visitor's file and says it in the conversation.
func (s *Server) widgetUpload(c echo.Context, site *org.Site) error {
	letRead(c)
	h := c.Response().Header()
	h.Set("Vary", "Origin")
	h.Set("Cache-Control", "no-store")
	ctx := c.Request().Context()
	token, _ := strings.CutPrefix(c.Request().Header.Get("Authorization"), "Bearer ")
	visitor, _, err := s.tokens.Check(token, site.Org, site.ID, time.Now())
	if err != nil {
		return err
	}
	id, err := uuid.Parse(c.QueryParam("id"))
	if err != nil {
		return fail.New(fail.Invalid, "The file has no id.")
	}
	rules, name := site.Settings.Files, c.QueryParam("name")
	if rules.Off {
		return fail.New(fail.Forbidden, "Files cannot be sent here.").Because("kind")
	}
	conversation, _ := uuid.Parse(c.QueryParam("conversation"))
	subject, _ := uuid.Parse(c.QueryParam("subject"))
	address, err := s.live.Admit(ctx, site, visitor.ID(), c.RealIP(), conversation == uuid.Nil)
	if err != nil {
		return err
	}
	if err := s.chat.MayAttach(ctx, visitor, conversation, id); err != nil { // before the first byte is read
		return err
	}
	if err := s.live.AdmitBytes(visitor.ID(), address, min(max(0, c.Request().ContentLength), int64(rules.Most()))); err != nil {
		return err
	}
	f, err := s.receive(c, visitor, files.New{ID: id, Use: files.OfMessage, Visitor: visitor.ID(), Name: name, Allowed: sorts(rules.Allowed()), Most: rules.Most()},
		share(map[string]int{site.Org.String(): slotsOfOrg}, address))
	if err != nil {
		return err
	}
	a := attachment(f)
	receipt, err := s.chat.SayAsVisitor(ctx, visitor, chat.FromVisitor{ID: id, Conversation: conversation, After: conversation, File: &a, Customer: site.CustomerID,
		Group: site.Answers(subject), Page: live.PageOf(c.Request(), address, c.QueryParam("page"), c.QueryParam("title"))})
	if err != nil {
		s.drop(c, visitor, f, err)
		return err
	}
	if err := s.files.Said(ctx, visitor, id, receipt.Conversation); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"type": "ack", "id": id, "conversation": receipt.Conversation, "seq": receipt.Seq, "at": receipt.At, "text": f.Name,
		"file": map[string]any{"kind": f.Kind, "size": f.Size, "width": f.Width, "height": f.Height, "url": s.links.Path(site.Org, f.ID, f.Name, time.Now())}})
}

func sorts(names []string) []files.Sort {
	list := make([]files.Sort, len(names))
	for i, n := range names {
		list[i] = files.Sort(n)
	}
	return list
}

func attachment(f files.File) chat.Attachment {
	return chat.Attachment{Name: f.Name, Kind: f.Kind, Size: f.Size, Width: f.Width, Height: f.Height}
}

// agentsMost is the largest file that an agent can send.
const agentsMost = 25 << 20

// deskUpload takes an agent's file and says it in its conversation.
func (s *Server) deskUpload(v *visit) error {
	c, err := s.ownTalk(v)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(v.QueryParam("id"))
	if err != nil {
		return fail.New(fail.Invalid, "The file has no id. Please reload the page.")
	}
	if snippet := v.QueryParam("snippet"); snippet != "" {
		return s.sayAttached(v, c, id, snippet)
	}
	if c.State == chat.Closed {
		return chat.ErrClosed
	}
	f, err := s.receive(v, v.Actor, files.New{ID: id, Use: files.OfMessage, Visitor: c.Visitor, Website: c.Website, Name: v.QueryParam("name"), Allowed: files.Sorts, Most: agentsMost},
		map[string]int{v.Actor.Org().String(): slotsOfOrg, v.ID().String(): slotsOfOne})
	if err != nil {
		return err
	}
	return s.sayFile(v, c.ID, f)
}

// sayAttached says the file that a snippet brings along.
func (s *Server) sayAttached(v *visit, c chat.Conversation, id uuid.UUID, snippet string) error {
	which, err := uuid.Parse(snippet)
	if err != nil {
		return fail.Missing("snippet")
	}
	ctx := v.Request().Context()
	lines, err := s.queue.Lines(ctx, v.Actor)
	if err != nil {
		return err
	}
	of := v.groupsOf(lines)
	of.Customer = c.Customer
	from, err := s.faq.Attachment(ctx, v.Actor, which, of)
	if err != nil {
		return err
	}
	f, err := s.files.Copy(ctx, v.Actor, from, id, c.Visitor)
	if err != nil {
		return err
	}
	return s.sayFile(v, c.ID, f)
}

// attach stores the file of a form that was read as a whole, if it has one; the zero file: it has none.
func (s *Server) attach(v *visit, field string, use files.Use, allowed []files.Sort, most int) (files.File, error) {
	from, there := v.sent[field]
	if !there {
		return files.File{}, nil // none was chosen
	}
	if from.size > int64(most) {
		return files.File{}, files.TooLarge(from.name, most)
	}
	return s.files.Put(forms.Beside(v.Request().Context()), v.Actor, files.New{ID: uuid.Must(uuid.NewV7()), Use: use, Name: from.name, Content: from, Size: from.size, Allowed: allowed, Most: most})
}

// sayFile says a file that is kept, as the agent.
func (s *Server) sayFile(v *visit, conversation uuid.UUID, f files.File) error {
	ctx := v.Request().Context()
	_, err := s.chat.SayFileAsAgent(ctx, v.Actor, conversation, f.ID, attachment(f))
	if err != nil {
		s.drop(v, v.Actor, f, err)
		return err
	}
	if err := s.files.Said(ctx, v.Actor, f.ID, conversation); err != nil {
		return err
	}
	return v.NoContent(http.StatusNoContent) // it comes to the page as every message does
}

// file hands out a file to staff, and to a reviewer those of its customer's conversations.
func (s *Server) file(v *visit) error {
	id, err := v.id("id", "file")
	if err != nil {
		return err
	}
	return s.hand(v, v.Actor, id)
}

// linkedFile hands out a file to whoever has a link that was signed for it.
func (s *Server) linkedFile(c echo.Context) error {
	org, id, err := s.links.Check(c.Param("link"), time.Now())
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	return s.hand(c, access.System(org, "hand out a file to who has a link"), id)
}

// hand hands out a file so that no browser runs anything of it: what is no image is for saving, and an image stands alone.
func (s *Server) hand(c echo.Context, who access.Actor, id uuid.UUID) error {
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
	if files.Shown(f.Kind) {
		how, kind = "inline", f.Kind
	}
	h.Set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": f.Name}))
	if err := http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(uploadIn)); err != nil {
		return fmt.Errorf("hand out a file: %w", err)
	}
	return c.Stream(http.StatusOK, kind, content)
}
