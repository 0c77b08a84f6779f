package bus

import (
	"time"

	"github.com/google/uuid"
)

// openScreens is how many screens of an organization are open here.
type openScreens struct {
	screens int
	linger  *time.Timer // runs while there is none
}

// lingerTime is how long the bus listens for an organization after its last screen has closed; most come back.
const lingerTime = time.Minute

// ScreenOpened says that a screen of an organization has opened in this process. Its events are received from soon on, and Resync says
// when. ScreenClosed says that the screen has closed.
func (b *Bus) ScreenOpened(org uuid.UUID) {
	if b.driver == nil {
		return
	}
	b.screensMu.Lock()
	defer b.screensMu.Unlock()
	i := b.screens[org]
	if i == nil {
		i = &openScreens{}
		b.screens[org] = i
		b.driver.Listen(orgChannel(org))
	}
	i.screens++
	if i.linger != nil {
		i.linger.Stop()
		i.linger = nil
	}
}

// ScreenClosed undoes one ScreenOpened.
func (b *Bus) ScreenClosed(org uuid.UUID) {
	if b.driver == nil {
		return
	}
	b.screensMu.Lock()
	defer b.screensMu.Unlock()
	i := b.screens[org]
	if i == nil {
		return
	}
	if i.screens--; i.screens > 0 {
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(lingerTime, func() {
		b.screensMu.Lock()
		defer b.screensMu.Unlock()
		if i.linger == timer {
			delete(b.screens, org)
			b.driver.Unlisten(orgChannel(org))
		}
	})
	i.linger = timer
}
