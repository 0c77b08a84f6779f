package routing

import (
	"fmt"
	"math"
	"strings"

	"github.com/google/uuid"
)

// Sentences returns the explanation in sentences for a manager. names are the team members' names; one who is not there is
// "a former team member".
func (e Explanation) Sentences(names map[uuid.UUID]string) []string {
	name := func(id uuid.UUID) string {
		if n := names[id]; n != "" {
			return n
		}
		return "a former team member"
	}
	t := e.Winner
	winner := name(t.Agent)
	list := []string{
		fmt.Sprintf("It had waited %s. %s was expected to reply within %s: %s for messages that waited already, and %s for this one.",
			formatSeconds(e.Waited), winner, formatSeconds(t.Backlog+t.Work), formatSeconds(t.Backlog), formatSeconds(t.Work)),
		fmt.Sprintf("%s had %s (%.1f of them active), takes %.2f times the group's average time for a reply, "+
			"and was busy for %.0f %% of about the last hour (group average: %.0f %%). "+
			"Replies to the other conversations were expected to be delayed by %s in total.",
			winner, plural(t.Open, "other open conversation"), t.Live, t.Speed,
			100*t.Occupancy, 100*t.GroupOccupancy, formatSeconds(t.AddedDelay/addedDelayWeight)),
	}
	if t.FormerAgent {
		list = append(list, winner+" had this conversation or its visitor before, which improved the score by one minute.")
	}
	if next := e.RunnerUp; next != nil {
		list = append(list, fmt.Sprintf(
			"Second of %d agents who could take it: %s, with a score %s worse (expected reply within %s, busy for %.0f %%).",
			e.Candidates, name(next.Agent), formatSeconds(next.Score-t.Score), formatSeconds(next.Backlog+next.Work),
			100*next.Occupancy))
	} else {
		list = append(list, "No other agent could take it.")
	}
	if len(e.PassedOver) > 0 {
		parts := make([]string, len(e.PassedOver))
		for i, p := range e.PassedOver {
			parts[i] = name(p.Agent) + " (" + p.Reason + ")"
		}
		list = append(list, "Passed over: "+strings.Join(parts, ", ")+".")
	}
	return list
}

// formatSeconds returns seconds as people say them: 42 s, 1 min 24 s, from ten minutes on without seconds; a negative number is 0.
func formatSeconds(s float64) string {
	s = math.Round(math.Max(0, s))
	minutes, rest := math.Floor(s/60), math.Mod(s, 60)
	switch {
	case s < 60:
		return fmt.Sprintf("%.0f s", s)
	case s >= 600:
		return fmt.Sprintf("%.0f min", s/60)
	case rest == 0:
		return fmt.Sprintf("%.0f min", minutes)
	}
	return fmt.Sprintf("%.0f min %.0f s", minutes, rest)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
