package simulate

import (
	"container/heap"
	"math"
)

const drainTime = 3600 // seconds after the last arrival

// simulation is one run of an operation under a policy.
type simulation struct {
	operation  *Operation
	scenario   *scenario
	seed       uint64
	policy     Policy
	now        float64
	timers     timers
	timerCount int
	agents     []*agent
	chats      []*chat
	queue      []*chat
	open       int
	seq        int
	ticks      int
	err        error
	metrics    Metrics
}

// Run simulates one operation under a policy and returns its figures. The same seed gives every policy the same visitors, agents and
// difficulties. It returns the first error of the policy.
func Run(op Operation, seed uint64, policy Policy) (Metrics, error) {
	s := &simulation{operation: &op, scenario: newScenario(&op, seed), seed: seed, policy: policy}
	s.emit(Event{Ev: "init", NGroups: op.Groups, Customers: op.Customers, Seed: seed})
	for i, p := range s.scenario.profiles {
		s.addAgent(i, p)
	}
	s.nextArrival(0)
	s.at(tickEvery, s.tick)
	for len(s.timers) > 0 && s.err == nil {
		next := heap.Pop(&s.timers).(timer)
		if next.t > s.scenario.end && s.open == 0 || next.t > s.scenario.end+drainTime {
			break
		}
		s.now = next.t
		next.run()
		if len(s.queue) > 0 {
			s.decide()
		}
	}
	s.metrics.finish(s)
	return s.metrics, s.err
}

type timer struct {
	t   float64
	n   int
	run func()
}

type timers []timer

func (h timers) Len() int { return len(h) }
func (h timers) Less(i, j int) bool {
	return h[i].t < h[j].t || h[i].t == h[j].t && h[i].n < h[j].n
}
func (h timers) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *timers) Push(x any)   { *h = append(*h, x.(timer)) }
func (h *timers) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

func (s *simulation) at(t float64, run func()) {
	s.timerCount++
	heap.Push(&s.timers, timer{milli(math.Max(t, s.now)), s.timerCount, run})
}

func (s *simulation) after(seconds float64, run func()) { s.at(s.now+seconds, run) }

func (s *simulation) emit(e Event) {
	e.T = s.now
	if s.err == nil {
		s.err = s.policy.Event(&e)
	}
}
