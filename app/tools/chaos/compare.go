package chaos

import (
	"context"
	"fmt"
	"html"
	"io"
	"slices"
	"time"
)

// compare compares what every screen has received with what is stored. Screens get a moment to catch up first.
func compare(ctx context.Context, fixture *Fixture, visitors []*visitor, agents []*agent, wrong *failures, tolerable time.Duration, out io.Writer) error {
	stored := map[string][]Message{}
	for _, f := range fixture.Organizations {
		conversations, err := fixture.StoredMessages(ctx, f)
		if err != nil {
			return err
		}
		for c, list := range conversations {
			stored[c] = list
		}
	}
	for i, f := range fixture.Organizations { // what was requeued is not on the desk any more, and what is assigned must be there
		open, err := fixture.OpenConversations(ctx, f)
		if err != nil {
			return err
		}
		agents[i].mu.Lock()
		agents[i].open = open
		agents[i].mu.Unlock()
	}
	until(ctx, silence+10*time.Second, func() bool { return missing(stored, visitors, agents) == 0 })

	messages, gaps, doubled := 0, 0, 0
	positions := map[string][]position{} // text to where it is stored
	for c, list := range stored {
		ids := map[string]bool{}
		for i, m := range list {
			messages++
			if m.Seq != i+1 {
				gaps++
				wrong.add("%s: number %d is followed by %d", c, i, m.Seq)
			}
			if ids[m.ID] {
				doubled++
				wrong.add("%s: message %s is kept twice", c, m.ID)
			}
			ids[m.ID] = true
			if m.Kind != "system" {
				positions[m.Text] = append(positions[m.Text], position{c, m.Seq})
			}
		}
	}
	for text, places := range positions {
		if len(places) > 1 {
			doubled++
			wrong.add("%q is kept %d times", text, len(places))
		}
	}
	acknowledged, lost := 0, 0
	var longest time.Duration
	for _, v := range visitors {
		v.mu.Lock()
		for text, at := range v.acked {
			acknowledged++
			if !slices.Contains(positions[text], at) {
				lost++
				wrong.add("%s: %q was acknowledged as %v, and is kept as %v", v.name, text, at, positions[text])
			}
		}
		for _, m := range v.pending {
			wrong.add("%s: %q was never acknowledged", v.name, m.text)
		}
		longest = max(longest, v.longest)
		v.mu.Unlock()
	}
	answers := 0
	var slowest time.Duration // from an agent's sending to the visitor's screen
	for _, a := range agents {
		a.mu.Lock()
		for text := range a.acked {
			answers++
			for _, v := range visitors {
				if at, shown := v.screen.firstShownAt(text); shown {
					slowest = max(slowest, at.Sub(a.sentAt[text]))
				}
			}
			if len(positions[text]) != 1 {
				lost++
				wrong.add("%s: %q was acknowledged and is kept %d times", a.name, text, len(positions[text]))
			}
		}
		a.mu.Unlock()
	}
	unseen := missing(stored, visitors, agents)
	report(stored, visitors, agents, wrong)
	fmt.Fprintf(out, "  kept %d messages in %d conversations; acknowledged to visitors %d, to agents %d\n", messages, len(stored), acknowledged, answers)
	fmt.Fprintf(out, "  lost %d, doubled %d, gaps in numbers %d, not on a screen that should show it %d; longest wait of a visitor for an acknowledgement %v, for an answer %v (goal: under %v)\n",
		lost, doubled, gaps, unseen, longest.Round(time.Millisecond), slowest.Round(time.Millisecond), tolerable)
	if max(longest, slowest) > tolerable {
		wrong.add("a visitor waited %v", max(longest, slowest))
	}
	wrong.mu.Lock()
	defer wrong.mu.Unlock()
	if len(wrong.list) == 0 {
		fmt.Fprintln(out, "  no fault")
		return nil
	}
	for i, w := range wrong.list {
		if i == 20 {
			fmt.Fprintf(out, "  … and %d more\n", len(wrong.list)-20)
			break
		}
		fmt.Fprintln(out, "  fault:", w)
	}
	return fmt.Errorf("%d faults", len(wrong.list))
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
