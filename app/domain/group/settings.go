package group

import (
	"strconv"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/fail"
	"parley/app/platform/validate"
)

// Settings are what a manager sets for a group.
type Settings struct {
	Name          string
	Everyone      bool          // every agent is a member
	Automatic     bool          // conversations are assigned to agents; else agents take them from the queue
	Picking       bool          // agents may choose from the queue; else they take the next one
	Priority      int           // from -2 to 2: each step doubles what a wait counts for
	Overflow      uuid.UUID     // the group that takes over when no agent of this one can; the zero id: none
	OverflowAfter time.Duration // how long a conversation waits before it overflows, up to a day
	Hours         Hours         // a nil zone means UTC
}

const (
	maxNameLength    = 100 // characters
	minPriority      = -2
	maxPriority      = 2
	maxOverflowAfter = 24 * time.Hour
)

// Validate normalizes the name and returns fail.Invalid with what is wrong with each field of the form of group id.
func (in *Settings) Validate(id uuid.UUID) error {
	var checks fail.Checks
	name, err := validate.Name("the group's name", in.Name, maxNameLength)
	if checks.AddError("name", err); err == nil {
		in.Name = name
	}
	if in.Priority < minPriority || in.Priority > maxPriority {
		checks.Add("priority", "Choose a priority.")
	}
	if in.OverflowAfter < 0 || in.OverflowAfter > maxOverflowAfter {
		checks.Add("after", "Enter a number of seconds from 0 to 86400.")
	}
	if in.Overflow == id && id != uuid.Nil {
		checks.Add("overflow", "A group cannot overflow into itself. Choose another group.")
	}
	for day := range in.Hours.Week {
		if text := in.Hours.Overlap(day); text != "" {
			checks.Add("day"+strconv.Itoa(day), "%s", text)
		}
	}
	return checks.Result()
}
