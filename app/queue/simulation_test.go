package queue_test

import (
	"math"
	"testing"
	"time"

	"parley/app/queue"
	"parley/app/queue/sim"
)

// In a simulation with fast and slow agents, slow typists and visitors who drop out, the rule beats fewest open chats and round
// robin, and breaks no rule.
func TestRuleBeatsCounting(t *testing.T) {
	t.Parallel()
	const seeds = 2
	type sums struct{ first, later, lost, resolved float64 }
	total := map[string]sums{}
	for _, op := range sim.Operations {
		op.Hours = 4
		for seed := range uint64(seeds) {
			play := func(p sim.Policy) sim.Metrics {
				t.Helper()
				m, err := sim.Run(op, seed, p)
				if err == nil {
					err = p.Close()
				}
				if err != nil {
					t.Fatalf("%s: %v", op.Name, err)
				}
				return m
			}
			rule := play(sim.Behind(queue.Drive))
			if rule.Violations+rule.Overtakes > 0 {
				t.Errorf("%s: %d decisions break a rule, %d overtake", op.Name, rule.Violations, rule.Overtakes)
			}
			if most := map[bool]float64{true: 10, false: 3}[op.Name == "vanish"]; rule.MovedByPolicyPct > most {
				t.Errorf("%s: %.1f %% were moved after their first reply", op.Name, rule.MovedByPolicyPct)
			}
			for _, other := range []string{"fewest", "roundrobin"} {
				m := play(sim.Baselines[other]())
				x := total[other]
				x.first += rule.FirstP90 / m.FirstP90
				x.later += rule.LaterP90 / m.LaterP90
				x.lost += rule.LostPct / m.LostPct
				x.resolved += rule.ResolvedPerHour / m.ResolvedPerHour
				total[other] = x
			}
		}
	}
	n := float64(len(sim.Operations) * seeds)
	for other, x := range total {
		t.Logf("by %s: first reply %.2f, later replies %.2f, lost %.2f, resolved an hour %.2f", other, x.first/n, x.later/n, x.lost/n, x.resolved/n)
		if x.first/n > 0.85 || x.later/n > 1 || x.lost/n > 0.85 || x.resolved/n < 1.03 {
			t.Errorf("against %s that is less than it was", other)
		}
	}
}

// teller tells every visitor in line what to expect, and sees what comes.
type teller struct {
	sim.Policy
	agents         map[int]*told
	line           []*waiter
	began          map[int]float64
	talk, talks    float64
	asked, correct int
	width          float64
}

type told struct {
	online bool
	cap    int
	groups []int
	open   map[int]bool
}

type waiter struct {
	chat, group int
	since       float64
	least, most time.Duration
	said        bool
}

func (w *teller) Event(e *sim.Event) error {
	switch e.Ev {
	case "agent_state":
		if w.agents[e.Agent] == nil {
			w.agents[e.Agent] = &told{open: map[int]bool{}}
		}
		a := w.agents[e.Agent]
		a.online, a.cap, a.groups = e.Status == "online", e.Cap, e.Groups
	case "chat_queued":
		w.expect(e)
	case "chat_assigned":
		w.leave(e.Chat, e.T, true)
		w.agents[e.Agent].open[e.Chat] = true
		w.began[e.Chat] = e.T
	case "chat_unassigned":
		delete(w.agents[e.Agent].open, e.Chat)
	case "chat_closed":
		w.leave(e.Chat, e.T, false)
		if e.Agent >= 0 {
			delete(w.agents[e.Agent].open, e.Chat)
			w.talks = math.Min(w.talks, 100)
			w.talk += (e.T - w.began[e.Chat] - w.talk) / (w.talks + 1)
			w.talks++
		}
	}
	return w.Policy.Event(e)
}

func (w *teller) expect(e *sim.Event) {
	k, free, talks := 1, 0, 0
	for _, x := range w.line {
		if x.group == e.Group {
			k++
		}
	}
	for _, a := range w.agents {
		for _, g := range a.groups {
			if g == e.Group && a.online {
				talks += len(a.open)
				free += max(0, a.cap-len(a.open))
			}
		}
	}
	x := &waiter{chat: e.Chat, group: e.Group, since: e.T, said: free == 0 && !e.Requeued}
	x.least, x.most = queue.ExpectedWait(k, free, talks, w.talk)
	w.line = append(w.line, x)
}

func (w *teller) leave(chat int, now float64, served bool) {
	for i, x := range w.line {
		if x.chat != chat {
			continue
		}
		w.line = append(w.line[:i], w.line[i+1:]...)
		if served && x.said && x.most > 0 {
			w.asked++
			w.width += (x.most - x.least).Minutes()
			if wait := now - x.since; wait >= x.least.Seconds() && wait <= x.most.Seconds() {
				w.correct++
			}
		}
		return
	}
}

// The wait that a visitor in line is told holds what comes in at least four cases of five.
func TestExpectedWaitHolds(t *testing.T) {
	t.Parallel()
	asked, correct, width := 0, 0, 0.0
	for _, op := range sim.Operations {
		if op.Name != "overload" && op.Name != "bursts" && op.Name != "small" {
			continue
		}
		for seed := range uint64(3) {
			op.Cap = [2]int{3, 4} // lines
			w := &teller{Policy: sim.Behind(queue.Drive), agents: map[int]*told{}, began: map[int]float64{}, talk: 480, talks: 5}
			if _, err := sim.Run(op, seed, w); err != nil {
				t.Fatal(err)
			}
			t.Logf("%s: %d told, %.0f %% right, ranges %.1f min wide", op.Name, w.asked, 100*float64(w.correct)/float64(w.asked), w.width/float64(w.asked))
			asked, correct, width = asked+w.asked, correct+w.correct, width+w.width
		}
	}
	if share := float64(correct) / float64(asked); asked < 500 || share < 0.8 {
		t.Errorf("of %d who waited, %.1f %% were told right", asked, 100*share)
	} else {
		t.Logf("of %d who waited, %.1f %% were told right, ranges %.1f min wide", asked, 100*share, width/float64(asked))
	}
}
