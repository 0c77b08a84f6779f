package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"parley/app/access"
	"parley/app/chat"
	"parley/app/fail"
	"parley/app/files"
	"parley/app/live"
	"parley/app/org"
)

// uploadPath is where visitors' files come in.
const uploadPath = "/widget/v1/files"

// uploadIn is how long a file may take to come: at 50 MB some 170 kB a second.
const uploadIn = 5 * time.Minute

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

// uploads is how many files come in, or are looked at and kept: each is held in memory meanwhile. Few at once from one
// organization or network, so that nobody keeps the others out.
var uploads = struct {
	mu  sync.Mutex
	all int
	of  map[string]int
}{of: map[string]int{}}

const (
	uploadsMost    = 24
	uploadsOfOne   = 3                // of a network
	uploadsOfOrg   = 8                // of an organization
	uploadPiece    = 64 << 10         // bytes that must come
	uploadPieceIn  = 15 * time.Second // in this time
	multipartBytes = 8 << 20          // of a form that are held in memory
)

// slot takes one of the places for files; the returned function gives it back.
func slot(keys map[string]int) (release func(), err error) {
	uploads.mu.Lock()
	defer uploads.mu.Unlock()
	full := uploads.all >= uploadsMost
	for key, most := range keys {
		full = full || uploads.of[key] >= most
	}
	if full {
		return nil, &fail.Error{Kind: fail.Busy, RetryAfter: 3 * time.Second, Message: "Very many files are being sent just now. Please try again in a moment."}
	}
	uploads.all++
	for key := range keys {
		uploads.of[key]++
	}
	return func() {
		uploads.mu.Lock()
		defer uploads.mu.Unlock()
		uploads.all--
		for key := range keys {
			if uploads.of[key]--; uploads.of[key] <= 0 {
				delete(uploads.of, key)
			}
		}
	}, nil
}

// body reads a file that comes as the body of a request. What comes too slowly is given up.
func body(c echo.Context, name string, most int) ([]byte, error) {
	if n := c.Request().ContentLength; n > int64(most) {
		return nil, files.TooLarge(name, most)
	}
	control := http.NewResponseController(c.Response())
	end := time.Now().Add(uploadIn)
	if err := control.SetWriteDeadline(end.Add(2 * time.Minute)); err != nil {
		return nil, err
	}
	var all bytes.Buffer
	for {
		if err := control.SetReadDeadline(time.Now().Add(uploadPieceIn)); err != nil {
			return nil, err
		}
		n, err := io.CopyN(&all, c.Request().Body, uploadPiece)
		switch {
		case all.Len() > most:
			return nil, files.TooLarge(name, most)
		case err == io.EOF: //nolint:errorlint // io's own value
			return all.Bytes(), nil
		case err != nil || n == 0 || time.Now().After(end):
			return nil, fail.New(fail.Invalid, "The file did not arrive as a whole. Please send it again.").Because("damaged")
		}
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
	release, err := slot(map[string]int{site.Org.String(): uploadsOfOrg, address: uploadsOfOne})
	if err != nil {
		return err
	}
	defer release()
	b, err := body(c, name, rules.Most())
	if err != nil {
		return err
	}
	f, err := s.files.Put(ctx, visitor, files.New{ID: id, Use: files.OfMessage, Visitor: visitor.ID(), Name: name, Bytes: b, Allowed: sorts(rules.Allowed()), Most: rules.Most()})
	if err != nil {
		return err
	}
	a := attachment(f)
	receipt, err := s.chat.SayAsVisitor(ctx, visitor, chat.FromVisitor{ID: id, Conversation: conversation, After: conversation, File: &a, Customer: site.CustomerID,
		Group: site.Answers(subject), Page: live.PageOf(c.Request(), address, c.QueryParam("page"), c.QueryParam("title"))})
	if err != nil {
		return err // its row stays unsaid: the same id may be on its way a second time
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
	name := v.QueryParam("name")
	release, err := slot(map[string]int{v.Actor.Org().String(): uploadsOfOrg, v.ID().String(): uploadsOfOne})
	if err != nil {
		return err
	}
	defer release()
	b, err := body(v, name, agentsMost)
	if err != nil {
		return err
	}
	f, err := s.files.Put(v.Request().Context(), v.Actor, files.New{ID: id, Use: files.OfMessage, Visitor: c.Visitor, Name: name, Bytes: b, Allowed: files.Sorts, Most: agentsMost})
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

// whole reads a form with files; one that did not arrive as a whole changes nothing.
func (v *visit) whole() error {
	err := v.Request().ParseMultipartForm(multipartBytes)
	var tooLarge *http.MaxBytesError
	if err == nil || errors.Is(err, http.ErrNotMultipart) || errors.As(err, &tooLarge) {
		if tooLarge != nil {
			return err
		}
		return nil
	}
	return fail.New(fail.Invalid, "The form did not arrive as a whole. Nothing was changed; please send it again.")
}

// attach keeps the file of a form, if it has one; the zero id: it has none.
func (s *Server) attach(v *visit, field string, use files.Use, allowed []files.Sort, most int) (uuid.UUID, error) {
	if err := v.whole(); err != nil {
		return uuid.Nil, err
	}
	head, err := v.FormFile(field)
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) || err == nil && head.Filename == "" {
		return uuid.Nil, nil // none was chosen
	}
	if err != nil {
		return uuid.Nil, err
	}
	if head.Size > int64(most) {
		return uuid.Nil, files.TooLarge(head.Filename, most)
	}
	from, err := head.Open()
	if err != nil {
		return uuid.Nil, err
	}
	defer from.Close()
	b, err := io.ReadAll(from)
	if err != nil {
		return uuid.Nil, err
	}
	f, err := s.files.Put(v.Request().Context(), v.Actor, files.New{ID: uuid.Must(uuid.NewV7()), Use: use, Name: head.Filename, Bytes: b, Allowed: allowed, Most: most})
	return f.ID, err
}

// sayFile says a file that is kept, as the agent.
func (s *Server) sayFile(v *visit, conversation uuid.UUID, f files.File) error {
	ctx := v.Request().Context()
	_, err := s.chat.SayFileAsAgent(ctx, v.Actor, conversation, f.ID, attachment(f))
	if err != nil {
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
