package live

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"parley/app/chat"
	"parley/app/org"
)

const (
	aboutGap  = 700 * time.Millisecond // what a panel tells of itself is taken so often; it tells it once a second
	trailMost = 30
	dataMost  = 30
)

// about takes what a panel tells of its page and its visitor, for the running conversation. It is a hint: what is too much or
// too often is left out.
func (p *panel) about(ctx context.Context, in frameIn) {
	p.mu.Lock()
	now := time.Since(started)
	quick := p.toldAt > 0 && now-p.toldAt < aboutGap
	conversation := p.conversation
	if !quick {
		p.toldAt = now
	}
	p.mu.Unlock()
	if quick || in.Conversation != conversation {
		return
	}
	told := chat.Told{Trail: p.steps(in.Trail), Data: in.Data.words(), Zone: clip(in.Zone, 64), Country: p.country.Value(), Address: p.address}
	if err := p.hub.chat.Tell(ctx, p.who(), conversation, told); err != nil {
		slog.Warn("keep what a panel tells", "error", err)
	}
}

// steps is those pages that the browser vouches for: an agent may click them.
func (p *panel) steps(in []stepIn) (list []chat.Step) {
	if len(in) > trailMost {
		in = in[len(in)-trailMost:]
	}
	host := org.OriginHost(p.origin.Value())
	for _, s := range in {
		if org.OriginHost(s.URL) == host && host != "" {
			list = append(list, chat.Step{URL: clip(org.PageAddress(s.URL), 500), Title: clip(s.Title, 200), At: s.At})
		}
	}
	return list
}

// words is the data as texts, short ones.
func (d dataIn) words() map[string]string {
	out := map[string]string{}
	for name, value := range d {
		if len(out) == dataMost {
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

// countryOf is where an address is, if that is known here.
func (h *Hub) countryOf(address string) string {
	if h.Country == nil {
		return ""
	}
	return h.Country(address)
}

// PageOf is where a visitor is that says something by a request.
func PageOf(r *http.Request, address, page, title string) chat.Page {
	if org.OriginHost(page) != org.OriginHost(r.Header.Get("Origin")) { // as in hello
		page = ""
	}
	language, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",") // a hello says what the widget speaks; a file that begins a conversation comes without
	language, _, _ = strings.Cut(language, ";")
	return chat.Page{URL: clip(org.PageAddress(page), 2000), Title: clip(title, 300), UserAgent: clip(r.UserAgent(), 400), Language: clip(strings.TrimSpace(language), 35), Address: address}
}
