package measure

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"parley/app/domain/faq/suggest"
)

// quality is how well messages found their entries.
type quality struct {
	at1, at3, at5 float64 // the part of answerable messages with a right entry among the first 1, 3, 5
	mrr           float64 // the mean of 1/rank of the first right entry among 10
	// how often the surer of two messages, one with an answer and one without, is the one with it; NaN if all have one
	auroc float64
}

// trainingPlan is how an engine is taught: up to so many choices of every entry, drawn by the seed; of them the part wrong name any entry.
type trainingPlan struct {
	perEntry      int
	wrong         float64
	grouped       bool // by entry; or else in the order drawn
	beforeRetrain bool // asked before the engine settled
}

func (d dataset) train(how trainingPlan, seed uint64) (*suggest.Engine, []time.Duration) {
	random := rand.New(rand.NewPCG(seed, 1))
	had := map[string]int{}
	var choices []suggest.Choice
	for _, i := range random.Perm(len(d.accepted)) {
		a := d.accepted[i]
		if len(a.Relevant) == 0 || had[a.Relevant[0]] >= how.perEntry {
			continue
		}
		id := a.Relevant[0]
		had[id]++
		if random.Float64() < how.wrong {
			id = d.entries[random.IntN(len(d.entries))].ID
		}
		choices = append(choices, suggest.Choice{Entry: id, Query: a.Query, Language: a.Language, Kind: suggest.Accepted})
	}
	if how.grouped {
		slices.SortStableFunc(choices, func(a, b suggest.Choice) int { return cmp.Compare(a.Entry, b.Entry) })
	}
	e := suggest.New(d.entries)
	var took []time.Duration
	for _, c := range choices {
		start := time.Now()
		e.Learn(c)
		took = append(took, time.Since(start))
	}
	if !how.beforeRetrain {
		e.Retrain()
	}
	return e, took
}

// evaluate asks every message of the folder.
func (d dataset) evaluate(e *suggest.Engine) (q quality, took []time.Duration) {
	var with, without []float64
	for _, m := range d.queries {
		start := time.Now()
		found := e.Suggest(suggest.Query{Text: m.Query, Language: m.Language, K: 10})
		took = append(took, time.Since(start))
		sure := 0.0
		if len(found) > 0 {
			sure = found[0].Confidence
		}
		if len(m.Relevant) == 0 {
			without = append(without, sure)
			continue
		}
		with = append(with, sure)
		rank := slices.IndexFunc(found, func(s suggest.Suggestion) bool { return slices.Contains(m.Relevant, s.Entry) })
		if rank < 0 {
			continue
		}
		q.mrr += 1 / float64(rank+1)
		for limit, n := range map[int]*float64{1: &q.at1, 3: &q.at3, 5: &q.at5} {
			if rank < limit {
				*n++
			}
		}
	}
	n := float64(max(len(with), 1))
	return quality{q.at1 / n, q.at3 / n, q.at5 / n, q.mrr / n, auroc(with, without)}, took
}

// auroc is the part of pairs of one of above and one of below in which the former is greater; equal ones count half.
func auroc(above, below []float64) float64 {
	type sample struct {
		value float64
		above bool
	}
	var all []sample
	for _, v := range above {
		all = append(all, sample{v, true})
	}
	for _, v := range below {
		all = append(all, sample{v, false})
	}
	slices.SortFunc(all, func(a, b sample) int { return cmp.Compare(a.value, b.value) })
	wins, passed := 0.0, 0.0
	for i := 0; i < len(all); {
		up, down, j := 0.0, 0.0, i
		for ; j < len(all) && all[j].value == all[i].value; j++ {
			if all[j].above {
				up++
			} else {
				down++
			}
		}
		wins += up * (passed + down/2)
		passed += down
		i = j
	}
	return wins / (float64(len(above)) * float64(len(below)))
}
