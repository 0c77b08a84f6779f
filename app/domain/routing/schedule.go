package routing

import (
	"log/slog"
	"time"

	"github.com/google/uuid"
)

// schedule says when this process decides for an organization next. It is guarded by Service.mu.
type schedule struct {
	running      bool        // a round is under way
	again        bool        // another round was asked for meanwhile
	waiting      bool        // a conversation waits, as far as this process knows
	longWait     bool        // the timer runs for long: until a group opens or an offer ends
	longWaitOver bool        // such a timer has run out
	timer        *time.Timer // starts the next round; nil: there is none
	due          time.Time   // when it runs out
}

const (
	maxSchedules  = 10000            // organizations that are remembered beyond those that need it
	retryInterval = 3 * time.Second  // between rounds while a queue has conversations that nobody could get
	maxErrorDelay = 10 * time.Second // before a round that has failed is tried again
)

// trigger says why a round is started.
type trigger int

const (
	byEvent trigger = iota
	byTimer         // nothing has happened but that time has passed
)

// scheduleOf returns the schedule of an organization; the service is locked.
func (s *Service) scheduleOf(org uuid.UUID) *schedule {
	a := s.schedules[org]
	if a == nil {
		a = &schedule{}
		s.schedules[org] = a
	}
	return a
}

func (s *Service) setWaiting(org uuid.UUID, waiting bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scheduleOf(org).waiting = waiting
}

// mayHaveWaiting reports whether a conversation of the organization waits; it may if that is not known here.
func (s *Service) mayHaveWaiting(org uuid.UUID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.schedules[org]
	return a == nil || a.waiting
}

// runWithin has a round start after a time, unless one is due earlier.
func (s *Service) runWithin(org uuid.UUID, within time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	a, due := s.scheduleOf(org), time.Now().Add(within)
	if a.timer != nil && !a.due.After(due) {
		return
	}
	if a.timer != nil {
		a.timer.Stop()
	}
	a.due, a.longWait = due, within > 2*retryInterval
	a.timer = time.AfterFunc(within, func() { s.startRounds(org, byTimer) })
}

// Trigger has a round start at once, in the background. While one is running, one more follows it.
func (s *Service) Trigger(org uuid.UUID) { s.startRounds(org, byEvent) }

func (s *Service) startRounds(org uuid.UUID, by trigger) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	a := s.scheduleOf(org)
	if a.timer != nil {
		a.timer.Stop()
		a.timer = nil
	}
	a.longWaitOver = a.longWaitOver || by == byTimer && a.longWait
	a.longWait = false
	if a.running {
		a.again = true
		return
	}
	a.running = true
	s.rounds.Add(1)
	go s.runRounds(org, a, by)
}

// runRounds runs rounds until no other is asked for.
func (s *Service) runRounds(org uuid.UUID, a *schedule, by trigger) {
	defer s.rounds.Done()
	for failures := 0; ; {
		next, waiting, err := s.roundWithRetries(org, by)
		s.mu.Lock()
		if err != nil && !s.stopped {
			failures++
			slog.Warn("routing", "organization", org, "error", err)
			next = min(time.Duration(failures)*time.Second, maxErrorDelay)
		} else {
			a.waiting = waiting
		}
		if a.again && !s.stopped && err == nil {
			a.again = false
			s.mu.Unlock()
			by = byEvent
			continue
		}
		longWaitOver := s.endRounds(a)
		s.mu.Unlock()
		if longWaitOver && waiting { // a group may have opened
			s.publishQueueChanged(org)
		}
		if next > 0 {
			s.runWithin(org, next)
		}
		return
	}
}

// endRounds notes that no round is running, and reports whether a long wait was over; the service is locked.
func (s *Service) endRounds(a *schedule) (longWaitOver bool) {
	longWaitOver = a.longWaitOver
	a.running, a.again, a.longWaitOver = false, false, false
	if len(s.schedules) > maxSchedules {
		for id, o := range s.schedules {
			if !o.running && o.timer == nil {
				delete(s.schedules, id)
			}
		}
	}
	return longWaitOver
}
