package live

import (
	"context"
	"time"

	"parley/app/domain/org"
	"parley/app/platform/clientnet"
)

// RedeemReturnCode uses up the code of a mailed link, as visitor.Service.RedeemReturnCode does, and returns the token of the visitor whose conversations it
// leads to. fail.Busy if too much comes from the address.
func (h *Hub) RedeemReturnCode(ctx context.Context, site *org.WidgetWebsite, address, code string) (string, error) {
	if err := h.limiter.allowRequest(clientnet.Of(address)); err != nil {
		return "", err
	}
	visitor, err := h.visitors.RedeemReturnCode(ctx, site.Org, site.ID, code)
	if err != nil {
		return "", err
	}
	return h.tokens.Sign(visitor, time.Now()), nil
}
