package live

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"parley/app/domain/conversation"
	"parley/app/domain/org"
)

const (
	visitorContextInterval = 700 * time.Millisecond // what a panel tells of itself is taken so often; it tells it once a second
	maxPageViews           = 30
	maxVisitorData         = 30
)

// handleAbout takes what a panel tells of its page and its visitor, for the running conversation. It is a hint: what is too much or
// too often is left out.
func (p *panel) handleAbout(ctx context.Context, in frameIn) {
	p.mu.Lock()
	now := time.Since(processStart)
	tooSoon := p.lastContextAt > 0 && now-p.lastContextAt < visitorContextInterval
	conversationID := p.conversation
	if !tooSoon {
		p.lastContextAt = now
	}
	p.mu.Unlock()
	if tooSoon || in.Conversation != conversationID {
		return
	}
	visitorContext := conversation.VisitorContext{PageViews: p.trustedPageViews(in.PageViews), Data: in.Data.texts(), TimeZone: clip(in.TimeZone, 64), Country: p.country.Value(), Address: p.address}
	if err := p.hub.conversations.UpdateVisitorContext(ctx, p.viewer(), conversationID, visitorContext); err != nil {
		slog.Warn("keep what a panel tells", "error", err)
	}
}

// trustedPageViews is those pages that the browser vouches for: an agent may click them.
func (p *panel) trustedPageViews(in []pageViewIn) (list []conversation.PageView) {
	if len(in) > maxPageViews {
		in = in[len(in)-maxPageViews:]
	}
	host := org.OriginHost(p.origin.Value())
	for _, s := range in {
		if org.OriginHost(s.URL) == host && host != "" {
			list = append(list, conversation.PageView{URL: clip(org.RedactAddress(s.URL), 500), Title: clip(s.Title, 200), At: s.At})
		}
	}
	return list
}

// texts is the data as texts, short ones.
func (d dataIn) texts() map[string]string {
	out := map[string]string{}
	for name, value := range d {
		if len(out) == maxVisitorData {
			break
		}
		name = clip(name, 60)
		switch v := value.(type) {
		case string:
			out[name] = clip(v, 300)
		case bool:
			out[name] = map[bool]string{true: "yes", false: "no"}[v]
		case float64:
			out[name] = strconv.FormatFloat(v, 'f', -1, 64)
		case json.Number:
			out[name] = v.String()
		}
		if name == "" || out[name] == "" {
			delete(out, name)
		}
	}
	return out
}

// PageFromRequest is where a visitor is that says something by a request.
func PageFromRequest(r *http.Request, address, page, title string) conversation.Page {
	if org.OriginHost(page) != org.OriginHost(r.Header.Get("Origin")) { // as in hello
		page = ""
	}
	language, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",") // a hello says what the widget speaks; a file that begins a conversation comes without
	language, _, _ = strings.Cut(language, ";")
	return conversation.Page{URL: clip(org.RedactAddress(page), 2000), Title: clip(title, 300), UserAgent: clip(r.UserAgent(), 400), Language: clip(strings.TrimSpace(language), 35), Address: address}
}
