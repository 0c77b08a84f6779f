package live

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"parley/app/domain/conversation"
	"parley/app/domain/org"
	"parley/app/front/live/frames"
)

const (
	visitorContextInterval = 700 * time.Millisecond // about frames are taken so often; a panel sends one a second
	maxPageViews           = 30
)

// handleAbout stores what a panel says of its page and its visitor, for the running conversation. It is a hint: what is too much or
// too often is left out.
func (p *panel) handleAbout(ctx context.Context, in frames.About) {
	p.mu.Lock()
	now := sinceStart()
	tooSoon := p.lastContextAt > 0 && now-p.lastContextAt < visitorContextInterval
	conversationID := p.conversation
	if !tooSoon {
		p.lastContextAt = now
	}
	p.mu.Unlock()
	if tooSoon || in.Conversation != conversationID {
		return
	}
	visitorContext := conversation.VisitorContext{
		PageViews: p.trustedPageViews(in.PageViews),
		Data:      in.Data,
		TimeZone:  frames.Clip(in.TimeZone, 64),
		Country:   p.country.Value(),
		Address:   p.address,
	}
	if err := p.hub.conversations.UpdateVisitorContext(ctx, p.Viewer(), conversationID, visitorContext); err != nil {
		slog.Warn("store what a panel says of its visitor", "error", err)
	}
}

// trustedPageViews returns those pages that are of the origin that the browser names, because agents may click them.
func (p *panel) trustedPageViews(in []frames.PageView) (list []conversation.PageView) {
	if len(in) > maxPageViews {
		in = in[len(in)-maxPageViews:]
	}
	host := org.OriginHost(p.origin.Value())
	for _, s := range in {
		if org.OriginHost(s.URL) == host && host != "" {
			list = append(list, conversation.PageView{
				URL:   frames.Clip(org.RedactAddress(s.URL), 500),
				Title: frames.Clip(s.Title, 200),
				At:    s.At,
			})
		}
	}
	return list
}

// PageFromRequest returns the page that a visitor is on who sends something by a request.
func PageFromRequest(r *http.Request, address, page, title string) conversation.Page {
	if org.OriginHost(page) != org.OriginHost(r.Header.Get("Origin")) { // as in a hello
		page = ""
	}
	// a hello names the widget's language; a file that begins a conversation comes without
	language, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",")
	language, _, _ = strings.Cut(language, ";")
	return conversation.Page{
		URL:       frames.Clip(org.RedactAddress(page), 2000),
		Title:     frames.Clip(title, 300),
		UserAgent: frames.Clip(r.UserAgent(), 400),
		Language:  frames.Clip(strings.TrimSpace(language), 35),
		Address:   address,
	}
}
