package live

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/cache"
	"parley/app/chat"
	"parley/app/fail"
	"parley/app/live/wire"
)

// blockedLists is who may not write, by organization.
type blockedLists = cache.Cache[uuid.UUID, []chat.Block]

// A list is believed for a minute at most: changes are told, but an event can be lost.
const (
	blocksKept  = time.Minute
	blocksBytes = 16 << 20
)

var errBlocked = fail.New(fail.Forbidden, "This chat is not available to you.").Because("blocked")

// mayWrite reports whether nobody has blocked a visitor or the address it comes from.
func (h *Hub) mayWrite(ctx context.Context, org, visitor uuid.UUID, address string) bool {
	now := time.Now()
	age := time.Duration(0)
	if !h.bus.Up() { // changes are not heard
		age = time.Second
	}
	known, found := h.blocked.GetWithin(org, age)
	if !found {
		mark := h.blocked.Now()
		list, err := h.chat.Blocks(ctx, access.System(org, "know who is blocked"))
		if err != nil {
			slog.Warn("know who is blocked", "error", err)
			return true
		}
		known = list
		h.blocked.Put(org, list, cache.SizeOf(list), blocksKept, mark)
	}
	from, _ := netip.ParseAddr(address)
	if p, err := netip.ParsePrefix(address); err == nil { // IPv6 counts as its /64
		from = p.Addr()
	}
	for _, b := range known {
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

// forgetBlocks has an organization's list (the zero id: every one) read anew when it is next used.
func (h *Hub) forgetBlocks(org uuid.UUID) {
	if org == uuid.Nil {
		h.blocked.Clear()
		return
	}
	h.blocked.Drop(org)
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
