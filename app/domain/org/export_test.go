package org

import "parley/app/platform/cache"

// SetCacheLimit gives the service another bound on what it remembers of websites.
func (s *Service) SetCacheLimit(bytes int) {
	s.cache.maxBytes = bytes
	s.cache.byKey = cache.NewWithDrop(bytes, func(_ string, c *cachedWebsite) { s.cache.shared.Release(c.parts) })
}
