package live

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/chat"
	"parley/app/fail"
	"parley/app/live/wire"
)

// blocked remembers who may not write, by organization.
type blocked struct {
	mu sync.Mutex
	of map[uuid.UUID]blockedList
}

type blockedList struct {
	list  []chat.Block
	until time.Time
}

// blocksKept is how long a list is believed: changes are told, but a bell can be lost.
const blocksKept = time.Minute

var errBlocked = fail.New(fail.Forbidden, "This chat is not available to you.").Because("blocked")

// mayWrite reports whether nobody has blocked a visitor or the address it comes from.
func (h *Hub) mayWrite(ctx context.Context, org, visitor uuid.UUID, address string) bool {
	h.blocked.mu.Lock()
	known, there := h.blocked.of[org]
	h.blocked.mu.Unlock()
	now := time.Now()
	if !there || now.After(known.until) {
		list, err := h.chat.Blocks(ctx, access.System(org, "know who is blocked"))
		if err != nil {
			slog.Warn("know who is blocked", "error", err)
			return true
		}
		known = blockedList{list, now.Add(blocksKept)}
		h.blocked.mu.Lock()
		if h.blocked.of == nil || len(h.blocked.of) > 10_000 {
			h.blocked.of = map[uuid.UUID]blockedList{}
		}
		h.blocked.of[org] = known
		h.blocked.mu.Unlock()
	}
	from, _ := netip.ParseAddr(address)
	if p, err := netip.ParsePrefix(address); err == nil { // IPv6 counts as its /64
		from = p.Addr()
	}
	for _, b := range known.list {
		if !b.Until.IsZero() && now.After(b.Until) {
			continue
		}
		if b.Visitor == visitor && visitor != uuid.Nil {
			return false
		}
		if n, err := netip.ParsePrefix(b.Network); err == nil && from.IsValid() && n.Contains(from.Unmap()) {
			return false
		}
	}
	return true
}

// forgetBlocks has an organization's list read anew.
func (h *Hub) forgetBlocks(org uuid.UUID) {
	h.blocked.mu.Lock()
	defer h.blocked.mu.Unlock()
	delete(h.blocked.of, org)
}

// blocksChanged cuts those off who may not write any more.
func (h *Hub) blocksChanged(org uuid.UUID) {
	for _, p := range h.allPanels(func(p *panel) bool { return p.site.Org == org }) {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		if !h.mayWrite(ctx, org, p.who().ID(), p.address) {
			p.socket.Close(wire.Gone, "blocked")
		}
		cancel()
	}
}
