package live

import (
	"sync"

	"github.com/google/uuid"
)

// indexAdd adds a screen under a key.
func indexAdd[K comparable, S comparable](mu *sync.RWMutex, index map[K]map[S]struct{}, key K, s S) {
	mu.Lock()
	defer mu.Unlock()
	if index[key] == nil {
		index[key] = map[S]struct{}{}
	}
	index[key][s] = struct{}{}
}

// indexRemove removes a screen from under a key.
func indexRemove[K comparable, S comparable](mu *sync.RWMutex, index map[K]map[S]struct{}, key K, s S) {
	mu.Lock()
	defer mu.Unlock()
	delete(index[key], s)
	if len(index[key]) == 0 {
		delete(index, key)
	}
}

// indexCopy returns the screens under a key.
func indexCopy[K comparable, S comparable](mu *sync.RWMutex, index map[K]map[S]struct{}, key K) map[S]struct{} {
	mu.RLock()
	defer mu.RUnlock()
	if len(index[key]) == 0 {
		return nil
	}
	set := make(map[S]struct{}, len(index[key]))
	for s := range index[key] {
		set[s] = struct{}{}
	}
	return set
}

// maxPanelsPerVisitor is how many panels one visitor may have open here.
const maxPanelsPerVisitor = 20

// addPanel adds a panel of a visitor. If the visitor has more than maxPanelsPerVisitor, the oldest is removed and
// returned; else nil. The panels of a visitor, most of whom have one, are a list linked by nextPanel.
func (h *Hub) addPanel(visitor uuid.UUID, p *panel) (oldest *panel) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p.nextPanel = h.panels[visitor]
	h.panels[visitor] = p
	n, last := 1, p
	for ; last.nextPanel != nil; n++ {
		if n == maxPanelsPerVisitor {
			oldest, last.nextPanel = last.nextPanel, nil
			return oldest
		}
		last = last.nextPanel
	}
	return nil
}

// removePanel removes a panel of a visitor.
func (h *Hub) removePanel(visitor uuid.UUID, p *panel) {
	h.mu.Lock()
	defer h.mu.Unlock()
	first := h.panels[visitor]
	if first == p {
		if p.nextPanel == nil {
			delete(h.panels, visitor)
		} else {
			h.panels[visitor] = p.nextPanel
		}
		return
	}
	for x := first; x != nil; x = x.nextPanel {
		if x.nextPanel == p {
			x.nextPanel = p.nextPanel
			return
		}
	}
}

// panelsOf returns a visitor's panels in this process.
func (h *Hub) panelsOf(visitor uuid.UUID) (list []*panel) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for p := h.panels[visitor]; p != nil; p = p.nextPanel {
		list = append(list, p)
	}
	return list
}

// panelsWhere returns the panels for which a condition holds. It is called under Hub.mu.
func (h *Hub) panelsWhere(condition func(*panel) bool) (list []*panel) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, p := range h.panels {
		for ; p != nil; p = p.nextPanel {
			if condition(p) {
				list = append(list, p)
			}
		}
	}
	return list
}

// allStaffScreens returns the desks and pages of all team members.
func (h *Hub) allStaffScreens() (list []staffScreen) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, set := range h.staffScreens {
		for s := range set {
			list = append(list, s)
		}
	}
	return list
}

// desksOf returns the desks of an organization, or nil if none is open here.
func (h *Hub) desksOf(org uuid.UUID) *orgDesks {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.orgDesks[org]
}
