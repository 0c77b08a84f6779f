package sim

import (
	"container/heap"
	"math"
)

const drainTime = 3600 // seconds after the last arrival

// world is one run of an operation under a policy.
type world struct {
	op     *Operation
	plan   *plan
	seed   uint64
	policy Policy
	now    float64
	timers timers
	nTimer int
	agents []*agent
	chats  []*chat
	queue  []*chat
	open   int
	seq    int
	ticks  int
	err    error
	m      Metrics
}

// Run simulates one operation. Equal seeds give all policies the same luck.
func Run(op Operation, seed uint64, policy Policy) (Metrics, error) {
	w := &world{op: &op, plan: newPlan(&op, seed), seed: seed, policy: policy}
	w.emit(Event{Ev: "init", NGroups: op.Groups, Customers: op.Customers, Seed: seed})
	for i, p := range w.plan.people {
		w.addAgent(i, p)
	}
	w.nextArrival(0)
	w.at(tickEvery, w.tick)
	for len(w.timers) > 0 && w.err == nil {
		next := heap.Pop(&w.timers).(timer)
		if next.t > w.plan.end && w.open == 0 || next.t > w.plan.end+drainTime {
			break
		}
		w.now = next.t
		next.run()
		if len(w.queue) > 0 {
			w.decide()
		}
	}
	w.m.finish(w)
	return w.m, w.err
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

func (w *world) at(t float64, run func()) {
	w.nTimer++
	heap.Push(&w.timers, timer{milli(math.Max(t, w.now)), w.nTimer, run})
}

func (w *world) after(seconds float64, run func()) { w.at(w.now+seconds, run) }

func (w *world) emit(e Event) {
	e.T = w.now
	if w.err == nil {
		w.err = w.policy.Event(&e)
	}
}
