package visitor

import (
	"context"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/visitor/internal/visitordb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// Block keeps a visitor, or everybody from a range of network addresses, out of an organization's chats.
type Block struct {
	ID          uuid.UUID
	Visitor     uuid.UUID // zero: it is a range
	VisitorName string
	Network     string // such as 203.0.113.0/24; empty: it is a visitor
	Reason      string
	ByName      string
	At          time.Time
	ExpiresAt   time.Time // zero: never
}

// ListBlocks returns the organization's blocks that have not expired, the newest first. fail.Forbidden unless the actor may monitor.
func (s *Service) ListBlocks(ctx context.Context, actor access.Actor) ([]Block, error) {
	t, err := s.db.Authorize(actor, access.BlockRead)
	if err != nil {
		return nil, err
	}
	rows, err := visitordb.New(t).ListBlocks(ctx)
	list := make([]Block, len(rows))
	for i, b := range rows {
		list[i] = Block{ID: b.ID, VisitorName: b.VisitorName, Network: b.Network, Reason: b.Reason, ByName: b.ByName, At: b.CreatedAt}
		if b.VisitorID != nil {
			list[i].Visitor = *b.VisitorID
		}
		if b.Until != nil {
			list[i].ExpiresAt = *b.Until
		}
	}
	return list, err
}

// IsBlocked reports whether a visitor itself is blocked; a range of addresses that it comes from does not count. fail.Forbidden unless the
// actor may monitor.
func (s *Service) IsBlocked(ctx context.Context, actor access.Actor, visitor uuid.UUID) (bool, error) {
	t, err := s.db.Authorize(actor, access.BlockRead)
	if err != nil {
		return false, err
	}
	return visitordb.New(t).IsBlocked(ctx, &visitor)
}

// MaxBlockDays is the longest time in days for which somebody can be blocked, other than for ever.
const MaxBlockDays = 3650

// AddBlock blocks a visitor or a range of addresses, and publishes it, so that sockets of the blocked close at once. A block of the
// same visitor or range is replaced. fail.Invalid with field days for more than MaxBlockDays; fail.NotFound if there is no such
// visitor; fail.Forbidden for a range if the actor is limited to some customers.
func (s *Service) AddBlock(ctx context.Context, actor access.Actor, b Block) error {
	t, err := s.db.Authorize(actor, access.BlockCreate)
	if err != nil {
		return err
	}
	var checks fail.Checks
	b.Reason, err = validate.OptionalLine("the reason", b.Reason, 500)
	checks.AddError("reason", err)
	p := visitordb.SaveBlockParams{
		ID:        uuid.Must(uuid.NewV7()),
		VisitorID: optional(b.Visitor),
		Reason:    b.Reason,
		ByID:      optional(actor.ID()),
	}
	if b.Visitor == uuid.Nil {
		if actor.IsLimited() {
			return fail.New(fail.Forbidden,
				"An IP address range is blocked for the whole organization, but you only have access to some of its "+
					"customers. Block the visitor instead, or ask a supervisor with access to all customers.")
		}
		n, err := parseNetwork(b.Network)
		checks.AddError("network", err)
		text := n.String()
		p.Network = &text
	}
	if !b.ExpiresAt.IsZero() {
		p.Until = &b.ExpiresAt
	}
	if b.ExpiresAt.After(time.Now().AddDate(0, 0, MaxBlockDays+1)) {
		checks.Add("days", "Enter a number of days from 1 to %d, or leave the field empty to block permanently.", MaxBlockDays)
	}
	if err := checks.Result(); err != nil {
		return err
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		row, err := visitordb.New(tx).SaveBlock(ctx, p)
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, actor, blockAdded(p, row))
	})
	if pg.IsMissingReference(err) || pg.IsDenied(err) {
		return fail.Missing("visitor")
	}
	if err == nil {
		s.bus.Publish(bus.Event{Kind: bus.Blocks, Org: actor.Org()})
	}
	return err
}

// parseNetwork reads a range or one address. It refuses one wider than /8 (IPv4) or /24 (IPv6), which can only be a mistake.
func parseNetwork(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return p, fail.New(fail.Invalid, "Enter an IP address such as 203.0.113.7 or a range such as 203.0.113.0/24.")
		}
		p = netip.PrefixFrom(a, a.BitLen())
	}
	if p.Addr().Is4In6() {
		p = netip.PrefixFrom(p.Addr().Unmap(), max(0, p.Bits()-96))
	}
	if p.Addr().Is6() && p.Bits() > 64 { // one customer has all of a /64
		p = netip.PrefixFrom(p.Addr(), 64)
	}
	if minBits := map[bool]int{true: 8, false: 24}[p.Addr().Is4()]; p.Bits() < minBits {
		return p, fail.New(fail.Invalid, "This range is too wide. Use /%d or narrower.", minBits)
	}
	return p.Masked(), nil
}

// RemoveBlock deletes a block. fail.NotFound if there is none with this id.
func (s *Service) RemoveBlock(ctx context.Context, actor access.Actor, id uuid.UUID) error {
	t, err := s.db.Authorize(actor, access.BlockRemove)
	if err != nil {
		return err
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		row, err := visitordb.New(tx).DeleteBlock(ctx, id)
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, actor, blockRemoved(id, row))
	})
	if pg.IsNoRows(err) {
		return fail.Missing("block")
	}
	if err == nil {
		s.bus.Publish(bus.Event{Kind: bus.Blocks, Org: actor.Org()})
	}
	return err
}
