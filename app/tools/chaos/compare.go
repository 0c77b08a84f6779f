package chaos

import (
	"context"
	"fmt"
	"html"
	"io"
	"maps"
	"slices"
	"time"
)

// comparison is what everybody has sent and been shown beside what is stored.
type comparison struct {
	stored    map[string][]Message  // by conversation
	positions map[string][]position // text to where it is stored
	visitors  []*visitor
	agents    []*agent
	wrong     *failures

	messages, gaps, doubled, lost         int
	acknowledged, answers                 int           // of visitors' messages, of agents'
	longestAcknowledgement, longestAnswer time.Duration // that a visitor waited for
}

// stuck is a wait that no reconnection explains, not even two silent connections one after another. Below it, waits are figures:
// how long they are depends on the machine.
const stuck = 2*silence + 5*time.Second

// compare compares what every screen has received with what is stored. Screens get a moment to catch up first.
func compare(
	ctx context.Context, fixture *Fixture, visitors []*visitor, agents []*agent, wrong *failures,
	goal time.Duration, out io.Writer,
) error {
	c := &comparison{stored: map[string][]Message{}, positions: map[string][]position{}, visitors: visitors, agents: agents, wrong: wrong}
	if err := c.load(ctx, fixture); err != nil {
		return err
	}
	until(ctx, silence+10*time.Second, func() bool { return missing(c.stored, visitors, agents) == 0 })
	c.checkStored()
	for _, v := range visitors {
		c.checkVisitor(v)
	}
	for _, a := range agents {
		c.checkAgent(a)
	}
	unseen := missing(c.stored, visitors, agents)
	report(c.stored, visitors, agents, wrong)
	fmt.Fprintf(out, "  kept %d messages in %d conversations; acknowledged to visitors %d, to agents %d\n", c.messages,
		len(c.stored), c.acknowledged, c.answers)
	longest, missed := max(c.longestAcknowledgement, c.longestAnswer), ""
	if longest > goal {
		missed = ": missed"
	}
	fmt.Fprintf(out,
		"  lost %d, doubled %d, gaps in numbers %d, not on a screen that should show it %d; longest wait of a visitor "+
			"for an acknowledgement %v, for an answer %v (goal: under %v%s)\n",
		c.lost, c.doubled, c.gaps, unseen, c.longestAcknowledgement.Round(time.Millisecond),
		c.longestAnswer.Round(time.Millisecond), goal, missed)
	if longest > stuck {
		wrong.add("a visitor waited %v", longest)
	}
	return wrong.print(out)
}

// load reads what is stored, and tells the agents which conversations are theirs: what was requeued is not on the desk any more, and
// what is assigned must be there.
func (c *comparison) load(ctx context.Context, fixture *Fixture) error {
	for i, o := range fixture.Organizations {
		conversations, err := fixture.StoredMessages(ctx, o)
		if err != nil {
			return err
		}
		maps.Copy(c.stored, conversations)
		open, err := fixture.OpenConversations(ctx, o)
		if err != nil {
			return err
		}
		c.agents[i].mu.Lock()
		c.agents[i].open = open
		c.agents[i].mu.Unlock()
	}
	return nil
}

// checkStored checks that numbers have no gaps and that nothing is stored twice.
func (c *comparison) checkStored() {
	for conversation, list := range c.stored {
		ids := map[string]bool{}
		for i, m := range list {
			c.messages++
			if m.Seq != i+1 {
				c.gaps++
				c.wrong.add("%s: number %d is followed by %d", conversation, i, m.Seq)
			}
			if ids[m.ID] {
				c.doubled++
				c.wrong.add("%s: message %s is kept twice", conversation, m.ID)
			}
			ids[m.ID] = true
			if m.Kind != "system" {
				c.positions[m.Text] = append(c.positions[m.Text], position{conversation, m.Seq})
			}
		}
	}
	for text, places := range c.positions {
		if len(places) > 1 {
			c.doubled++
			c.wrong.add("%q is kept %d times", text, len(places))
		}
	}
}

// checkVisitor checks that what was acknowledged to a visitor is stored there, and that nothing is unacknowledged.
func (c *comparison) checkVisitor(v *visitor) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for text, at := range v.acked {
		c.acknowledged++
		if !slices.Contains(c.positions[text], at) {
			c.lost++
			c.wrong.add("%s: %q was acknowledged as %v, and is kept as %v", v.name, text, at, c.positions[text])
		}
	}
	for _, m := range v.pending {
		c.wrong.add("%s: %q was never acknowledged", v.name, m.text)
	}
	c.longestAcknowledgement = max(c.longestAcknowledgement, v.longest)
}

// checkAgent checks that what was acknowledged to an agent is stored once, and measures how late visitors saw it.
func (c *comparison) checkAgent(a *agent) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for text := range a.acked {
		c.answers++
		for _, v := range c.visitors {
			if at, shown := v.screen.firstShownAt(text); shown {
				c.longestAnswer = max(c.longestAnswer, at.Sub(a.sentAt[text]))
			}
		}
		if len(c.positions[text]) != 1 {
			c.lost++
			c.wrong.add("%s: %q was acknowledged and is kept %d times", a.name, text, len(c.positions[text]))
		}
	}
}

// screens calls f for each screen and each message that it should show.
func screens(stored map[string][]Message, visitors []*visitor, agents []*agent, f func(s *screen, at position, m Message)) {
	for _, v := range visitors {
		v.mu.Lock()
		mine := map[string]bool{}
		for _, at := range v.acked {
			mine[at.conversation] = true
		}
		v.mu.Unlock()
		for c := range mine {
			for _, m := range stored[c] {
				if m.Kind != "note" {
					f(v.screen, position{c, m.Seq}, m)
				}
			}
		}
	}
	for _, a := range agents {
		a.mu.Lock()
		var own []string
		for c := range a.open {
			own = append(own, c)
		}
		a.mu.Unlock()
		for _, c := range own {
			for _, m := range stored[c] {
				f(a.screen, position{c, m.Seq}, m)
			}
		}
	}
}

func (s *screen) isShowing(at position, m Message) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, there := s.shown[at]
	return there && (m.Kind == "system" || html.UnescapeString(text) == m.Text)
}

func missing(stored map[string][]Message, visitors []*visitor, agents []*agent) (n int) {
	screens(stored, visitors, agents, func(s *screen, at position, m Message) {
		if !s.isShowing(at, m) {
			n++
		}
	})
	return n
}

func report(stored map[string][]Message, visitors []*visitor, agents []*agent, wrong *failures) {
	screens(stored, visitors, agents, func(s *screen, at position, m Message) {
		if !s.isShowing(at, m) {
			wrong.add("%s is not shown %v %q", s.name, at, m.Text)
		}
	})
}
