package org

import "parley/app/cache"

// Bound gives the room another bound on what it remembers of websites.
func (r *Room) Bound(bytes int) {
	r.sites.most = bytes
	r.sites.byKey = cache.New[string, *cachedSite](bytes)
	r.sites.byKey.OnDrop(func(_ string, c *cachedSite) { r.sites.shared.release(c.parts) })
}
