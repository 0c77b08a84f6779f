package live

import (
	"context"
	"time"

	"parley/app/domain/org"
	"parley/app/platform/clientnet"
)

// RedeemReturnCode uses up the code of a mailed link and returns the token of the visitor whose conversations it leads
// to. The errors are those of visitor.Service.RedeemReturnCode, and fail.Busy if too many requests come from the
// address.
func (h *Hub) RedeemReturnCode(ctx context.Context, site *org.WidgetWebsite, address, code string) (string, error) {
	if err := h.limiter.AllowRequest(clientnet.Of(address)); err != nil {
		return "", err
	}
	visitor, err := h.visitors.RedeemReturnCode(ctx, site.Org, site.ID, code)
	if err != nil {
		return "", err
	}
	return h.tokens.Sign(visitor, time.Now()), nil
}
