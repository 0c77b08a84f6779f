package queue

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/queue/internal/queuedb"
)

// Standing is a waiting conversation's place in line, as its visitor is told.
type Standing struct {
	Position int           // 1 is the next
	Least    time.Duration // the wait still to be expected is between
	Most     time.Duration // these two, in four cases of five; Most 0: not known
	Nobody   bool          // nobody is there who could answer, nor will be taken over from elsewhere
	Opens    time.Time     // when somebody will be; zero: not known
}

// Standings returns the places of everybody in the organization's lines, by conversation.
func (r *Room) Standings(ctx context.Context, org uuid.UUID) (map[uuid.UUID]Standing, error) {
	q := queuedb.New(r.db.As(access.System(org, "tell visitors their place in line")))
	line, err := q.LineOf(ctx)
	if err != nil || len(line) == 0 {
		return nil, err
	}
	l, err := readState(ctx, q, queuedb.RouteSettingsRow{Now: time.Now()})
	if err != nil {
		return nil, err
	}
	type key struct{ group, customer int }
	lines, before := map[key]*lineAhead{}, map[int]int{} // conversations counted so far, by group
	w := newWork(&l.State)
	anyLimited := slices.ContainsFunc(l.Agents, func(a Agent) bool { return a.Limited })
	standings := make(map[uuid.UUID]Standing, len(line))
	for _, c := range line {
		at := key{placeIn(l.groupAt, &c.GroupID), -1}
		if at.group < 0 {
			continue
		}
		if anyLimited { // else everybody serves every customer
			at.customer = l.customer(c.CustomerID)
		}
		g := lines[at]
		if g == nil {
			g = l.ahead(w, at.group, at.customer)
			lines[at] = g
		}
		s := Standing{Position: 1}
		if !c.Offered {
			before[at.group]++
			s.Position = before[at.group]
		}
		if s.Nobody = g.nobody; s.Nobody {
			s.Opens = g.opens
		} else {
			s.Least, s.Most = ExpectedWait(s.Position, g.free, g.talks, g.talk)
		}
		standings[c.ID] = s
	}
	return standings, nil
}

// lineAhead is what a group's queue has before it, for one customer's conversations.
type lineAhead struct {
	free   int // that its agents could take now
	talks  int // that they have
	talk   float64
	nobody bool
	opens  time.Time
}

func (l *loaded) ahead(w *work, group, customer int) *lineAhead {
	a := &lineAhead{talk: l.groups[group].Talk}
	now := time.Now()
	there := func(g int) bool {
		return l.hours[g].Open(now) && slices.ContainsFunc(w.groups[g].online, func(s seat) bool { return l.Agents[s.agent].serves(customer) })
	}
	for _, s := range w.groups[group].online {
		if l.Agents[s.agent].Suspect || !l.Agents[s.agent].serves(customer) {
			continue
		}
		a.talks += w.agents[s.agent].open
		if w.mayTake(s, anyOf(customer)) == "" && l.groups[group].Automatic {
			a.free += l.Agents[s.agent].Cap - w.agents[s.agent].open
		}
	}
	over := l.Groups[group].Overflow
	if a.nobody = !there(group) && (over < 0 || !there(over)); a.nobody && !l.hours[group].Open(now) {
		a.opens = l.hours[group].Next(now)
	}
	return a
}

// ExpectedWait is the wait of the k-th in line, as a range that holds it in some four cases of five: of the talks
// that run, each ends after talk seconds on average, whatever it has lasted, so the k-th ends after a gamma-distributed time (Wilson and
// Hilferty's approximation of its quantiles). The range is a little wider than that, because neither figure is certain. Most
// is 0 when nothing runs that could end.
func ExpectedWait(k, free, talks int, talk float64) (least, most time.Duration) {
	if k <= free {
		return 0, time.Minute
	}
	if talks == 0 {
		return 0, 0
	}
	k -= free
	n := float64(k)
	mean := n * talk / float64(talks)
	quantile := func(z float64) float64 {
		return mean * math.Pow(math.Max(0, 1-1/(9*n)+z/(3*math.Sqrt(n))), 3)
	}
	low, high := quantile(-1.5), quantile(1.5)
	return round(low, math.Floor), max(time.Minute, round(high, math.Ceil))
}

// round makes a wait one that a person would say.
func round(s float64, to func(float64) float64) time.Duration {
	step := 60.
	switch {
	case s > 3600:
		step = 900
	case s > 900:
		step = 300
	}
	return time.Duration(to(s/step)*step) * time.Second
}

// Whether somebody is there to answer.
const (
	Answering = "online"  // somebody has room
	Full      = "busy"    // all who are there have as many as they may
	Unstaffed = "away"    // it is open, but nobody is there
	Shut      = "offline" // it is closed
)

// Opening is whether somebody is there for a website, and, where it is closed, when it opens (zero: not known).
type Opening struct {
	State string // one of the words above
	Opens time.Time
}

// openingKept is how long an opening is remembered: every page view may ask.
const openingKept = 10 * time.Second

// Opening says whether somebody of the groups is there who serves the website's customer; of several the best counts.
func (r *Room) Opening(ctx context.Context, org, customer, website uuid.UUID, groups []uuid.UUID) (Opening, error) {
	now := time.Now()
	r.openings.mu.Lock()
	known, there := r.openings.of[website]
	changes := r.openings.changes
	r.openings.mu.Unlock()
	if there && now.Before(known.until) {
		return known.Opening, nil
	}
	q := queuedb.New(r.db.As(access.System(org, "say whether somebody is there")))
	l, err := readState(ctx, q, queuedb.RouteSettingsRow{Now: now})
	if err != nil {
		return Opening{State: Unstaffed}, err
	}
	best := Opening{State: Shut}
	rank := map[string]int{Shut: 0, Unstaffed: 1, Full: 2, Answering: 3}
	w := newWork(&l.State)
	for i, g := range l.groups {
		if !slices.Contains(groups, g.ID) {
			continue
		}
		o := l.opening(w, i, l.customer(customer), now)
		if rank[o.State] > rank[best.State] || o.State == best.State && best.Opens.IsZero() {
			best = o
		}
	}
	r.openings.mu.Lock()
	defer r.openings.mu.Unlock()
	if r.openings.of == nil || len(r.openings.of) > 20_000 {
		r.openings.of = map[uuid.UUID]keptOpening{}
	}
	if r.openings.changes == changes { // else it may have been read before the change
		r.openings.of[website] = keptOpening{best, org, now.Add(openingKept)}
	}
	return best, nil
}

type openings struct {
	mu      sync.Mutex
	of      map[uuid.UUID]keptOpening // by website
	changes int
}

// forget has the openings of an organization (the zero id: all of them) read anew when they are next asked for.
func (o *openings) forget(org uuid.UUID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.changes++
	for website, known := range o.of {
		if org == uuid.Nil || known.org == org {
			delete(o.of, website)
		}
	}
}

type keptOpening struct {
	Opening
	org   uuid.UUID
	until time.Time
}

func (l *loaded) opening(w *work, group, customer int, now time.Time) Opening {
	a := l.ahead(w, group, customer)
	switch {
	case a.nobody && !l.hours[group].Open(now):
		return Opening{Shut, a.opens}
	case a.nobody:
		return Opening{State: Unstaffed}
	}
	for _, g := range []int{group, l.Groups[group].Overflow} {
		if g < 0 {
			continue
		}
		for _, s := range w.groups[g].online {
			if x := &l.Agents[s.agent]; !x.Suspect && x.serves(customer) && w.agents[s.agent].open < x.Cap {
				return Opening{State: Answering}
			}
		}
	}
	return Opening{State: Full}
}
