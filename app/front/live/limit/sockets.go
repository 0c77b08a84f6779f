package limit

import (
	"sync"
	"time"

	"github.com/google/uuid"
)

// openSockets counts the open sockets of visitors.
type openSockets struct {
	mu        sync.Mutex
	byAddress map[string]int
	byWebsite map[uuid.UUID]int
	total     int
}

func newOpenSockets() openSockets {
	return openSockets{byAddress: map[string]int{}, byWebsite: map[uuid.UUID]int{}}
}

// AcquireSocket counts one more open socket of a visitor, or returns why it may not be opened. ReleaseSocket is called when it is closed.
func (l *Limiter) AcquireSocket(address string, website uuid.UUID) error {
	o, limits := &l.open, l.limits
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case limits.AllSockets > 0 && o.total >= limits.AllSockets:
		return l.refuse(allSockets, retryFull, "The chat is full at the moment. It will open as soon as there is room.")
	case limits.WebsiteSockets > 0 && o.byWebsite[website] >= limits.WebsiteSockets:
		return l.refuse(websiteSockets, retryFull,
			"The chat of this website is full at the moment. It will open as soon as there is room.")
	case limits.AddressSockets > 0 && isLimited(address) && o.byAddress[address] >= limits.AddressSockets:
		return l.refuse(addressSockets, retryFull,
			"Too many chats are open from your network. This one will open as soon as another is closed.")
	}
	o.total++
	o.byWebsite[website]++
	o.byAddress[address]++
	return nil
}

// retryFull is when to try again to open a socket.
const retryFull = 20 * time.Second

// ReleaseSocket no longer counts a socket that AcquireSocket has counted.
func (l *Limiter) ReleaseSocket(address string, website uuid.UUID) {
	o := &l.open
	o.mu.Lock()
	defer o.mu.Unlock()
	o.total--
	if o.byWebsite[website]--; o.byWebsite[website] <= 0 {
		delete(o.byWebsite, website)
	}
	if o.byAddress[address]--; o.byAddress[address] <= 0 {
		delete(o.byAddress, address)
	}
}
