package routing

import "math"

const (
	shortHalfLife  = 10 * 60.  // seconds after which an arrival counts half in the present rate
	longHalfLife   = 2 * 3600. // the same in the usual rate
	arrivalsWarmUp = 30 * 60.  // seconds after a customer's first arrival in which nothing is concluded
	minWeight      = 1. / 3
)

// Arrivals are fading counts of a customer's new conversations, as of At. First is when the first one arrived; 0: none.
type Arrivals struct{ Short, Long, At, First float64 }

func (a *Arrivals) add(now float64) {
	if a.First == 0 {
		a.First, a.At = now, now
	}
	*a = a.asOf(now)
	a.Short++
	a.Long++
}

func (a Arrivals) asOf(now float64) Arrivals {
	if d := now - a.At; d > 0 {
		a.Short *= math.Exp2(-d / shortHalfLife)
		a.Long *= math.Exp2(-d / longHalfLife)
		a.At = now
	}
	return a
}

// weight returns what a wait of the customer's visitors counts for: the usual rate of arrivals by the present one, from 1/3 to
// 1, so that one customer's rush does not make the others wait.
//
// A fading count at a steady rate is rate x half-life / ln 2. The long count of a young customer has not gathered all of that.
func (a Arrivals) weight(now float64) float64 {
	if a.First == 0 || now-a.First < arrivalsWarmUp {
		return 1
	}
	a = a.asOf(now)
	usual := a.Long / (longHalfLife * (1 - math.Exp2(-(now-a.First)/longHalfLife)))
	present := a.Short / shortHalfLife
	if present <= usual {
		return 1
	}
	return math.Max(minWeight, usual/present)
}
