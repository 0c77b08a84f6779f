package chat

import (
	"context"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/chat/internal/chatdb"
	"parley/app/fail"
	"parley/app/pg"
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
	Until       time.Time // zero: for ever
}

// Blocks returns an organization's, the newest first.
func (r *Room) Blocks(ctx context.Context, who access.Actor) ([]Block, error) {
	t, err := r.db.For(who, access.Watch)
	if err != nil {
		return nil, err
	}
	rows, err := chatdb.New(t).Blocks(ctx)
	list := make([]Block, len(rows))
	for i, b := range rows {
		list[i] = Block{ID: b.ID, VisitorName: b.VisitorName, Network: b.Network, Reason: b.Reason, ByName: b.ByName, At: b.CreatedAt}
		if b.VisitorID != nil {
			list[i].Visitor = *b.VisitorID
		}
		if b.Until != nil {
			list[i].Until = *b.Until
		}
	}
	return list, err
}

// AddBlock keeps one, a visitor's or a range's. What it keeps out is cut off at once.
func (r *Room) AddBlock(ctx context.Context, who access.Actor, b Block) error {
	t, err := r.db.For(who, access.Watch)
	if err != nil {
		return err
	}
	var checks fail.Checks
	b.Reason, err = fail.OptionalLine("the reason", b.Reason, 500)
	checks.Err("reason", err)
	p := chatdb.AddBlockParams{ID: uuid.Must(uuid.NewV7()), VisitorID: optional(b.Visitor), Reason: b.Reason, ByID: optional(who.ID())}
	if b.Visitor == uuid.Nil {
		if who.Limited() {
			return fail.New(fail.Forbidden, "A range of addresses is blocked for the whole organization, and you are limited to some of its customers. Block the visitor, or ask a supervisor who is not.")
		}
		n, err := network(b.Network)
		checks.Err("network", err)
		text := n.String()
		p.Network = &text
	}
	if !b.Until.IsZero() {
		p.Until = &b.Until
	}
	if err := checks.Result(); err != nil {
		return err
	}
	err = chatdb.New(t).AddBlock(ctx, p)
	if pg.Missing(err) || pg.Denied(err) {
		return fail.Missing("visitor")
	}
	if err == nil {
		r.bus.Publish(bus.Event{Kind: bus.Block, Org: who.Org()})
	}
	return err
}

// network reads a range or one address; one that is very wide is refused, because it is a slip.
func network(s string) (netip.Prefix, error) {
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
	if least := map[bool]int{true: 8, false: 24}[p.Addr().Is4()]; p.Bits() < least {
		return p, fail.New(fail.Invalid, "This range is very wide. Take /%d at least.", least)
	}
	return p.Masked(), nil
}

// DropBlock takes one back.
func (r *Room) DropBlock(ctx context.Context, who access.Actor, id uuid.UUID) error {
	t, err := r.db.For(who, access.Watch)
	if err != nil {
		return err
	}
	n, err := chatdb.New(t).DropBlock(ctx, id)
	if err == nil && n == 0 {
		return fail.Missing("block")
	}
	if err == nil {
		r.bus.Publish(bus.Event{Kind: bus.Block, Org: who.Org()})
	}
	return err
}
