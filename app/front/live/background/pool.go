package background

import (
	"sync"

	"github.com/google/uuid"
)

// Pool does something for organizations, a few at once: a connection that was lost concerns all of them at the same moment. An
// organization that is asked for again before its turn is done once. The zero Pool is ready to use.
type Pool struct {
	mu      sync.Mutex
	pending map[uuid.UUID]Extent
	order   []uuid.UUID
	workers int
}

// Extent is how much may have changed for an organization.
type Extent int

// Extents, of which a larger one includes the smaller.
const (
	Conversations Extent = iota
	Everything           // the settings of its websites, too
)

// poolWorkers leaves most of the database's connections to people.
const poolWorkers = 3

// Request has work done for an organization, soon. Of several requests before its turn the largest extent counts.
func (p *Pool) Request(org uuid.UUID, extent Extent, doing string, work func(org uuid.UUID, extent Extent)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before, there := p.pending[org]
	if !there {
		if p.pending == nil {
			p.pending = map[uuid.UUID]Extent{}
		}
		p.order = append(p.order, org)
	}
	p.pending[org] = max(before, extent)
	if p.workers < poolWorkers {
		p.workers++
		Run(doing, func() { p.run(work) })
	}
}

func (p *Pool) run(work func(uuid.UUID, Extent)) {
	finished := false
	defer func() {
		if !finished { // work has panicked: the other workers go on
			p.mu.Lock()
			p.workers--
			p.mu.Unlock()
		}
	}()
	for {
		org, extent, more := p.next()
		if !more {
			finished = true
			return
		}
		work(org, extent)
	}
}

// next returns the organization whose turn it is. If there is none, the worker has ended.
func (p *Pool) next() (org uuid.UUID, extent Extent, more bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.order) == 0 {
		p.workers--
		return uuid.Nil, 0, false
	}
	org = p.order[0]
	p.order = p.order[1:]
	extent = p.pending[org]
	delete(p.pending, org)
	return org, extent, true
}
