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
	visitorContextInterval = 700 * time.Millisecond // what a panel tells of itself is taken so often; it tells it once a second
	maxPageViews           = 30
)

// handleAbout takes what a panel tells of its page and its visitor, for the running conversation. It is a hint: what is too much or
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
	visitorContext := conversation.VisitorContext{PageViews: p.trustedPageViews(in.PageViews), Data: in.Data, TimeZone: frames.Clip(in.TimeZone, 64), Country: p.country.Value(), Address: p.address}
	if err := p.hub.conversations.UpdateVisitorContext(ctx, p.Viewer(), conversationID, visitorContext); err != nil {
		slog.Warn("keep what a panel tells", "error", err)
	}
}

// trustedPageViews is those pages that the browser vouches for: an agent may click them.
func (p *panel) trustedPageViews(in []frames.PageView) (list []conversation.PageView) {
	if len(in) > maxPageViews {
		in = in[len(in)-maxPageViews:]
	}
	host := org.OriginHost(p.origin.Value())
	for _, s := range in {
		if org.OriginHost(s.URL) == host && host != "" {
			list = append(list, conversation.PageView{URL: frames.Clip(org.RedactAddress(s.URL), 500), Title: frames.Clip(s.Title, 200), At: s.At})
		}
	}
	return list
}

// PageFromRequest is where a visitor is that says something by a request.
func PageFromRequest(r *http.Request, address, page, title string) conversation.Page {
	if org.OriginHost(page) != org.OriginHost(r.Header.Get("Origin")) { // as in hello
		page = ""
	}
	language, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",") // a hello says what the widget speaks; a file that begins a conversation comes without
	language, _, _ = strings.Cut(language, ";")
	return conversation.Page{URL: frames.Clip(org.RedactAddress(page), 2000), Title: frames.Clip(title, 300), UserAgent: frames.Clip(r.UserAgent(), 400), Language: frames.Clip(strings.TrimSpace(language), 35), Address: address}
}
