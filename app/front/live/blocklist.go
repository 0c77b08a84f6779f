package live

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/visitor"
	"parley/app/front/live/wire"
	"parley/app/platform/access"
	"parley/app/platform/cache"
	"parley/app/platform/fail"
)

// blockLists are the blocked visitors and networks, by organization.
type blockLists = cache.Cache[uuid.UUID, []visitor.Block]

// A list is used for a minute at most: changes are events, and an event can be lost.
const (
	blockListTTL        = time.Minute
	blockListCacheBytes = 16 << 20
)

var errBlocked = fail.New(fail.Forbidden, "This chat is not available.").WithReason("blocked")

// canWrite reports whether neither a visitor nor the address it comes from is blocked. If that cannot be read, it is not.
func (h *Hub) canWrite(ctx context.Context, org, visitor uuid.UUID, address string) bool {
	now := time.Now()
	age := time.Duration(0)
	if !h.bus.IsConnected() { // changes on other servers come late
		age = time.Second
	}
	blocks, found := h.blockLists.GetWithin(org, age)
	if !found {
		mark := h.blockLists.Mark()
		list, err := h.visitors.ListBlocks(ctx, access.System(org, "find who is blocked"))
		if err != nil {
			slog.Warn("find who is blocked", "error", err)
			return true
		}
		blocks = list
		h.blockLists.Put(org, list, cache.SizeOf(list), blockListTTL, mark)
	}
	from, _ := netip.ParseAddr(address)
	if p, err := netip.ParsePrefix(address); err == nil { // IPv6 counts as its /64
		from = p.Addr()
	}
	for _, b := range blocks {
		if !b.ExpiresAt.IsZero() && now.After(b.ExpiresAt) {
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

// invalidateBlockList has an organization's list (zero id: every list) read again when it is next used.
func (h *Hub) invalidateBlockList(org uuid.UUID) {
	if org == uuid.Nil {
		h.blockLists.Clear()
		return
	}
	h.blockLists.Drop(org)
}

// disconnectBlocked closes the panels of an organization's blocked visitors.
func (h *Hub) disconnectBlocked(org uuid.UUID) {
	for _, p := range h.panelsWhere(func(p *panel) bool { return p.site.Org == org }) {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		if !h.canWrite(ctx, org, p.Viewer().ID(), p.address) {
			p.socket.Close(wire.Gone, "blocked")
		}
		cancel()
	}
}
