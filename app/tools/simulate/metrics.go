package simulate

import (
	"math"
	"sort"
	"time"
)

const minOnline = 1800 // seconds that an agent must be online to count for fairness

// Metrics are the results of a run. Those named Pct are percentages.
type Metrics struct {
	Chats, Resolved, Lost, LostQueue, DropOuts           int
	Assignments, Overtakes, Violations                   int
	Releases, RefusedTyping, Decisions                   int
	FirstP50, FirstP90, LaterP90                         float64 // seconds
	LostPct, OvertakesPct, MovedPct, MovedByPolicyPct    float64
	ResolvedPerHour, Utilization, Gini, DecisionMicrosec float64

	first, later []float64
	decideTime   time.Duration
}

func (m *Metrics) addReply(c *chat, wait float64) {
	if c.first {
		m.first = append(m.first, wait)
	} else {
		m.later = append(m.later, wait)
	}
}

func (m *Metrics) finish(s *simulation) {
	m.FirstP50, m.FirstP90 = quantile(m.first, 0.5), quantile(m.first, 0.9)
	m.LaterP90 = quantile(m.later, 0.9)
	m.LostPct = percent(m.Lost, m.Chats)
	m.OvertakesPct = percent(m.Overtakes, m.Assignments)
	moved, byPolicy := 0, 0
	for _, c := range s.chats {
		if c.moved {
			moved++
		}
		if c.movedByPolicy {
			byPolicy++
		}
	}
	m.MovedPct, m.MovedByPolicyPct = percent(moved, len(m.first)), percent(byPolicy, len(m.first))
	busy, online := 0.0, 0.0
	var shares []float64
	for _, a := range s.agents {
		s.stopWriting(a)
		s.countOnline(a)
		busy += a.busy
		online += a.online
		if a.online >= minOnline {
			shares = append(shares, a.busy/a.online)
		}
	}
	m.Utilization = busy / online
	m.ResolvedPerHour = float64(m.Resolved) / online * 3600
	m.Gini = gini(shares)
	if m.Decisions > 0 {
		m.DecisionMicrosec = float64(m.decideTime.Microseconds()) / float64(m.Decisions)
	}
	m.first, m.later = nil, nil
}

func percent(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

// quantile returns the q-quantile (0 to 1) of some numbers; 0 if there is none. It sorts x.
func quantile(x []float64, q float64) float64 {
	if len(x) == 0 {
		return 0
	}
	sort.Float64s(x)
	return x[int(math.Ceil(q*float64(len(x))))-1]
}

// gini returns the Gini coefficient of some shares: 0 when all are equal. It sorts x.
func gini(x []float64) float64 {
	sort.Float64s(x)
	sum, weighted := 0.0, 0.0
	for i, v := range x {
		sum += v
		weighted += float64(i+1) * v
	}
	n := float64(len(x))
	if sum == 0 {
		return 0
	}
	return 2*weighted/(n*sum) - (n+1)/n
}
