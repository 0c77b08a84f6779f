package live

import (
	"context"
	"time"

	"parley/app/org"
	"parley/app/outside"
)

// Return uses up the code of a mailed link, as chat.Room.Return does, and returns the token of the visitor whose conversations it
// leads to. fail.Busy if too much comes from the address.
func (h *Hub) Return(ctx context.Context, site *org.Site, address, code string) (string, error) {
	if err := h.gauges.request(outside.Network(address)); err != nil {
		return "", err
	}
	visitor, err := h.chat.Return(ctx, site.Org, site.ID, code)
	if err != nil {
		return "", err
	}
	return h.tokens.Sign(visitor, time.Now()), nil
}
