package routing

import (
	"bytes"
	"cmp"
	"math"
	"slices"
)

// effectiveWait returns how many seconds a conversation has waited, as its position in the queue counts them.
func (s *State) effectiveWait(t *Conversation) float64 {
	wait := s.Now - t.WaitingSince
	if t.LostAgent {
		wait += lostAgentBonus
	}
	return wait
}

// queueOrder returns the indexes of State.Queue in the order in which the conversations are to be assigned: first those that
// have waited beyond strictOrderAfter, by age, then the others by their weighted wait.
func (s *State) queueOrder() []int {
	type key struct {
		old  bool
		wait float64
	}
	weights := make([]float64, len(s.Customers))
	for i := range s.Customers {
		weights[i] = s.Customers[i].weight(s.Now)
	}
	keys, order := make([]key, len(s.Queue)), make([]int, len(s.Queue))
	for i := range s.Queue {
		t := &s.Queue[i]
		k := key{wait: s.effectiveWait(t)}
		if k.old = k.wait > strictOrderAfter; !k.old {
			k.wait *= math.Exp2(float64(t.Priority))
			if t.Customer >= 0 {
				k.wait *= weights[t.Customer]
			}
		}
		keys[i], order[i] = k, i
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := keys[a], keys[b]
		switch {
		case x.old && !y.old:
			return -1
		case y.old && !x.old:
			return 1
		}
		return cmp.Or(cmp.Compare(y.wait, x.wait), bytes.Compare(s.Queue[a].ID[:], s.Queue[b].ID[:]))
	})
	return order
}
