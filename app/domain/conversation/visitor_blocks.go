package conversation

import (
	"context"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// Block keeps a visitor, or everybody from a range of addresses, out of an organization's chats.
type Block struct {
	ID          uuid.UUID
	Visitor     uuid.UUID // zero: it is a range
	VisitorName string
	Network     string // such as 203.0.113.0/24; empty: it is a visitor
	Reason      string
	ByName      string
	At          time.Time
	ExpiresAt   time.Time // zero: for ever
}

// ListBlocks returns an organization's, the newest first.
func (s *Service) ListBlocks(ctx context.Context, who access.Actor) ([]Block, error) {
	t, err := s.db.Authorize(who, access.Monitor)
	if err != nil {
		return nil, err
	}
	rows, err := conversationdb.New(t).ListBlocks(ctx)
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

// AddBlock keeps one, a visitor's or a range's. What it keeps out is cut off at once.
func (s *Service) AddBlock(ctx context.Context, who access.Actor, b Block) error {
	t, err := s.db.Authorize(who, access.Monitor)
	if err != nil {
		return err
	}
	var checks fail.Checks
	b.Reason, err = validate.OptionalLine("the reason", b.Reason, 500)
	checks.AddError("reason", err)
	p := conversationdb.SaveBlockParams{ID: uuid.Must(uuid.NewV7()), VisitorID: optional(b.Visitor), Reason: b.Reason, ByID: optional(who.ID())}
	if b.Visitor == uuid.Nil {
		if who.IsLimited() {
			return fail.New(fail.Forbidden, "A range of addresses is blocked for the whole organization, and you are limited to some of its customers. Block the visitor, or ask a supervisor who is not.")
		}
		n, err := parseNetwork(b.Network)
		checks.AddError("network", err)
		text := n.String()
		p.Network = &text
	}
	if !b.ExpiresAt.IsZero() {
		p.Until = &b.ExpiresAt
	}
	if err := checks.Result(); err != nil {
		return err
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		row, err := conversationdb.New(tx).SaveBlock(ctx, p)
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, who, blockAdded(p, row))
	})
	if pg.IsMissingReference(err) || pg.IsDenied(err) {
		return fail.Missing("visitor")
	}
	if err == nil {
		s.bus.Publish(bus.Event{Kind: bus.Blocks, Org: who.Org()})
	}
	return err
}

// parseNetwork reads a range or one address; one that is very wide is refused, because it is a slip.
func parseNetwork(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return p, fail.New(fail.Invalid, "Please write an address such as 203.0.113.7, or a range such as 203.0.113.0/24.")
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
		return p, fail.New(fail.Invalid, "This range is very wide. Take /%d at least.", minBits)
	}
	return p.Masked(), nil
}

// RemoveBlock takes one back.
func (s *Service) RemoveBlock(ctx context.Context, who access.Actor, id uuid.UUID) error {
	t, err := s.db.Authorize(who, access.Monitor)
	if err != nil {
		return err
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		row, err := conversationdb.New(tx).DeleteBlock(ctx, id)
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, who, blockRemoved(id, row))
	})
	if pg.IsNoRows(err) {
		return fail.Missing("block")
	}
	if err == nil {
		s.bus.Publish(bus.Event{Kind: bus.Blocks, Org: who.Org()})
	}
	return err
}
