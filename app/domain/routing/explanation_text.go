package routing

import (
	"fmt"
	"math"
	"strings"

	"github.com/google/uuid"
)

// Sentences returns the explanation in sentences for a manager. names are the team members' names; one who is not there is
// "somebody".
func (e Explanation) Sentences(names map[uuid.UUID]string) []string {
	name := func(id uuid.UUID) string {
		if n := names[id]; n != "" {
			return n
		}
		return "somebody"
	}
	t := e.Winner
	winner := name(t.Agent)
	list := []string{
		fmt.Sprintf("It had waited %s. %s was expected to answer it within %s: %s for what waited already, and %s for this message.",
			formatSeconds(e.Waited), winner, formatSeconds(t.Backlog+t.Work), formatSeconds(t.Backlog), formatSeconds(t.Work)),
		fmt.Sprintf("%s had %s (%.1f of them still going), takes %.2f times as long for a message as the group on average, "+
			"and had been busy %.0f %% of the last hour or so (the group: %.0f %%). "+
			"The answers to the others were expected to come %s later, taken together.",
			winner, plural(t.Open, "other open conversation"), t.Live, t.Speed,
			100*t.Occupancy, 100*t.GroupOccupancy, formatSeconds(t.AddedDelay/addedDelayWeight)),
	}
	if t.FormerAgent {
		list = append(list, winner+" had it, or its visitor, before: that counted for a minute.")
	}
	if next := e.RunnerUp; next != nil {
		list = append(list, fmt.Sprintf(
			"Next best of %d who could take it: %s, %s worse in all (expected to answer within %s; busy %.0f %%).",
			e.Candidates, name(next.Agent), formatSeconds(next.Score-t.Score), formatSeconds(next.Backlog+next.Work),
			100*next.Occupancy))
	} else {
		list = append(list, "Nobody else could take it.")
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

// formatSeconds returns seconds as people say them; a negative number is 0.
func formatSeconds(s float64) string {
	s = math.Round(math.Max(0, s))
	if s < 120 {
		return fmt.Sprintf("%.0f s", s)
	}
	return fmt.Sprintf("%.0f min", s/60)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
