package live

import (
	"sync"

	"github.com/google/uuid"
)

// resyncPool does something for organizations, a few at once: a lost listener concerns all of them in the same moment. An organization that
// is asked for again before its turn is done once.
type resyncPool struct {
	mu      sync.Mutex
	pending map[uuid.UUID]bool // with whether everything of it may have changed
	order   []uuid.UUID
	workers int
}

// resyncWorkers leaves most of the database's connections to people.
const resyncWorkers = 3

// request has do called for an organization, soon.
func (p *resyncPool) request(org uuid.UUID, everything bool, do func(org uuid.UUID, everything bool)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before, there := p.pending[org]
	if !there {
		if p.pending == nil {
			p.pending = map[uuid.UUID]bool{}
		}
		p.order = append(p.order, org)
	}
	p.pending[org] = before || everything
	if p.workers < resyncWorkers {
		p.workers++
		runInBackground("look for what was missed", func() { p.work(do) })
	}
}

func (p *resyncPool) work(do func(uuid.UUID, bool)) {
	finished := false
	defer func() {
		if !finished { // do has panicked: the others go on
			p.mu.Lock()
			p.workers--
			p.mu.Unlock()
		}
	}()
	for {
		p.mu.Lock()
		if len(p.order) == 0 {
			p.workers--
			finished = true
			p.mu.Unlock()
			return
		}
		org := p.order[0]
		p.order = p.order[1:]
		everything := p.pending[org]
		delete(p.pending, org)
		p.mu.Unlock()
		do(org, everything)
	}
}
