package routing_test

import (
	"math"
	"testing"
	"time"

	"parley/app/domain/routing"
	"parley/app/tools/simulate"
)

// In a simulation with fast and slow agents, slow typists and visitors who drop out, the rule beats fewest open chats and round
// robin, and breaks no rule.
func TestRuleBeatsBaselines(t *testing.T) {
	t.Parallel()
	const seeds = 2
	type sums struct{ first, later, lost, resolved float64 }
	total := map[string]sums{}
	for _, op := range simulate.Operations {
		op.Hours = 4
		for seed := range uint64(seeds) {
			play := func(p simulate.Policy) simulate.Metrics {
				t.Helper()
				m, err := simulate.Run(op, seed, p)
				if err == nil {
					err = p.Close()
				}
				if err != nil {
					t.Fatalf("%s: %v", op.Name, err)
				}
				return m
			}
			rule := play(simulate.PipeFunc(routing.Drive))
			if rule.Violations+rule.Overtakes > 0 {
				t.Errorf("%s: %d decisions break a rule, %d overtake", op.Name, rule.Violations, rule.Overtakes)
			}
			if most := map[bool]float64{true: 10, false: 3}[op.Name == "vanish"]; rule.MovedByPolicyPct > most {
				t.Errorf("%s: %.1f %% were moved after their first reply", op.Name, rule.MovedByPolicyPct)
			}
			for _, other := range []string{"fewest", "roundrobin"} {
				m := play(simulate.Baselines[other]())
				x := total[other]
				x.first += rule.FirstP90 / m.FirstP90
				x.later += rule.LaterP90 / m.LaterP90
				x.lost += rule.LostPct / m.LostPct
				x.resolved += rule.ResolvedPerHour / m.ResolvedPerHour
				total[other] = x
			}
		}
	}
	n := float64(len(simulate.Operations) * seeds)
	for other, x := range total {
		t.Logf("by %s: first reply %.2f, later replies %.2f, lost %.2f, resolved an hour %.2f", other, x.first/n,
			x.later/n, x.lost/n, x.resolved/n)
		if x.first/n > 0.85 || x.later/n > 1 || x.lost/n > 0.85 || x.resolved/n < 1.03 {
			t.Errorf("against %s that is less than it was", other)
		}
	}
}

// waitForecaster computes the expected wait of every visitor in the queue, and compares it with the real one.
type waitForecaster struct {
	simulate.Policy
	agents              map[int]*observedAgent
	queue               []*queuedChat
	assignedAt          map[int]float64
	duration, durations float64
	forecasts, correct  int
	width               float64
}

type observedAgent struct {
	online bool
	cap    int
	groups []int
	open   map[int]bool
}

type queuedChat struct {
	chat, group      int
	since            float64
	minWait, maxWait time.Duration
	measured         bool
}

func (w *waitForecaster) Event(e *simulate.Event) error {
	switch e.Ev {
	case "agent_state":
		if w.agents[e.Agent] == nil {
			w.agents[e.Agent] = &observedAgent{open: map[int]bool{}}
		}
		a := w.agents[e.Agent]
		a.online, a.cap, a.groups = e.Status == "online", e.Cap, e.Groups
	case "chat_queued":
		w.expect(e)
	case "chat_assigned":
		w.leave(e.Chat, e.T, true)
		w.agents[e.Agent].open[e.Chat] = true
		w.assignedAt[e.Chat] = e.T
	case "chat_unassigned":
		delete(w.agents[e.Agent].open, e.Chat)
	case "chat_closed":
		w.leave(e.Chat, e.T, false)
		if e.Agent >= 0 {
			delete(w.agents[e.Agent].open, e.Chat)
			w.durations = math.Min(w.durations, 100)
			w.duration += (e.T - w.assignedAt[e.Chat] - w.duration) / (w.durations + 1)
			w.durations++
		}
	}
	return w.Policy.Event(e)
}

func (w *waitForecaster) expect(e *simulate.Event) {
	k, free, talks := 1, 0, 0
	for _, x := range w.queue {
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
	x := &queuedChat{chat: e.Chat, group: e.Group, since: e.T, measured: free == 0 && !e.Requeued}
	x.minWait, x.maxWait = routing.ExpectedWait(k, free, talks, w.duration)
	w.queue = append(w.queue, x)
}

func (w *waitForecaster) leave(chat int, now float64, served bool) {
	for i, x := range w.queue {
		if x.chat != chat {
			continue
		}
		w.queue = append(w.queue[:i], w.queue[i+1:]...)
		if served && x.measured && x.maxWait > 0 {
			w.forecasts++
			w.width += (x.maxWait - x.minWait).Minutes()
			if wait := now - x.since; wait >= x.minWait.Seconds() && wait <= x.maxWait.Seconds() {
				w.correct++
			}
		}
		return
	}
}

// The real wait of a visitor in the queue is within the expected range in at least four cases of five.
func TestExpectedWaitRangesHold(t *testing.T) {
	t.Parallel()
	asked, correct, width := 0, 0, 0.0
	for _, op := range simulate.Operations {
		if op.Name != "overload" && op.Name != "bursts" && op.Name != "small" {
			continue
		}
		for seed := range uint64(3) {
			op.Cap = [2]int{3, 4} // lines
			w := &waitForecaster{
				Policy:     simulate.PipeFunc(routing.Drive),
				agents:     map[int]*observedAgent{},
				assignedAt: map[int]float64{},
				duration:   480,
				durations:  5,
			}
			if _, err := simulate.Run(op, seed, w); err != nil {
				t.Fatal(err)
			}
			t.Logf("%s: %d told, %.0f %% right, ranges %.1f min wide", op.Name, w.forecasts,
				100*float64(w.correct)/float64(w.forecasts), w.width/float64(w.forecasts))
			asked, correct, width = asked+w.forecasts, correct+w.correct, width+w.width
		}
	}
	if share := float64(correct) / float64(asked); asked < 500 || share < 0.8 {
		t.Errorf("of %d who waited, %.1f %% were told right", asked, 100*share)
	} else {
		t.Logf("of %d who waited, %.1f %% were told right, ranges %.1f min wide", asked, 100*share, width/float64(asked))
	}
}
