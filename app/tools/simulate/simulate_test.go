package simulate

import (
	"reflect"
	"testing"
)

func run(t *testing.T, op Operation, p Policy) Metrics {
	t.Helper()
	op.Hours = 2
	m, err := Run(op, 7, p)
	if err != nil {
		t.Fatal(err)
	}
	m.DecisionMicrosec, m.decideTime = 0, 0
	return m
}

func TestSameSeedSameRun(t *testing.T) {
	for _, op := range Operations {
		a, b := run(t, op, Baselines["fewest"]()), run(t, op, Baselines["fewest"]())
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s: %+v and %+v", op.Name, a, b)
		}
		if a.Violations+a.Overtakes+a.RefusedTyping != 0 {
			t.Errorf("%s: fewest broke a rule: %+v", op.Name, a)
		}
		if a.Chats < 100 || a.Resolved+a.Lost+a.DropOuts > a.Chats {
			t.Errorf("%s: chats do not add up: %+v", op.Name, a)
		}
	}
}

// newestFirst assigns the youngest chat first, to whomever fewest would choose.
type newestFirst struct{ *tracker }

func (y newestFirst) Decide(t float64, seq int) (Decision, error) {
	for _, c := range y.queued {
		c.since = -c.since
	}
	d, err := y.tracker.Decide(t, seq)
	for _, c := range y.queued {
		c.since = -c.since
	}
	return d, err
}

func TestOvertakingIsCounted(t *testing.T) {
	m := run(t, Operations[3], newestFirst{newTracker(fewestOpen)})
	if m.Overtakes == 0 {
		t.Error("no overtaking counted")
	}
}

// ruleBreaker assigns without looking at caps, groups or presence, and takes
// back whatever it finds.
type ruleBreaker struct{ *tracker }

func (c ruleBreaker) Decide(_ float64, seq int) (Decision, error) {
	d := Decision{Seq: seq, Assign: []Move{{Chat: 999999, Agent: 0}}}
	for _, q := range c.queued {
		d.Assign = append(d.Assign, Move{Chat: q.id, Agent: 0})
	}
	if seq%50 == 0 {
		for id := range c.agents[0].open {
			d.Release = append(d.Release, Move{Chat: id, Agent: 0})
		}
	}
	return d, nil
}

func TestBrokenRulesAreCounted(t *testing.T) {
	op := Operations[0]
	op.Cap = [2]int{3, 3}
	m := run(t, op, ruleBreaker{newTracker(fewestOpen)})
	if m.Violations == 0 || m.RefusedTyping == 0 || m.Releases == 0 {
		t.Errorf("%+v", m)
	}
}

// eventChecker checks the stream of events as a router would see it.
type eventChecker struct {
	*tracker
	t *testing.T
	T float64
}

func (w *eventChecker) Event(e *Event) error {
	if e.T < w.T {
		w.t.Errorf("time runs backwards: %+v", e)
	}
	w.T = e.T
	c := w.chats[e.Chat]
	switch e.Ev {
	case "visitor_message", "agent_reply", "chat_closed", "chat_unassigned", "chat_assigned":
		if c == nil {
			w.t.Fatalf("unknown chat: %+v", e)
		}
		if e.Ev == "chat_assigned" {
			break
		}
		if e.Agent != Nobody && !w.agents[e.Agent].open[e.Chat] {
			w.t.Errorf("not this agent's chat: %+v", e)
		}
	}
	if e.Ev == "agent_reply" && !c.waiting {
		w.t.Errorf("reply to nobody: %+v", e)
	}
	err := w.tracker.Event(e)
	for _, a := range w.agents {
		if len(a.open) > a.cap {
			w.t.Errorf("agent %d above its cap", a.id)
		}
	}
	return err
}

func TestEventsAreConsistent(t *testing.T) {
	for _, op := range Operations {
		run(t, op, &eventChecker{tracker: newTracker(fewestOpen), t: t})
	}
}
