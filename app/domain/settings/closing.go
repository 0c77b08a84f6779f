package settings

import (
	"strconv"

	"parley/app/platform/fail"
)

// Closing is the section of how a conversation ends.
type Closing struct {
	Rating
	MailDisabled     bool `json:"no_mail,omitempty"`    // no transcript by mail, no answers by mail
	WarnAfterMinutes int  `json:"warn_after,omitempty"` // of the visitor's silence; 0: never; within IdleMinutes
	EndAfterMinutes  int  `json:"end_after,omitempty"`  // after the warning; 0: never; without a warning it never ends; within IdleMinutes
}

// Rating says how the visitor is asked for a rating.
type Rating struct {
	Disabled bool     `json:"off,omitempty"`
	Thumbs   bool     `json:"thumbs,omitempty"` // instead of stars
	Reasons  []string `json:"reasons,omitempty"`
}

// IdleMinutes is how long a visitor may be silent: up to a week.
var IdleMinutes = Range{0, 10080}

const maxReasons = 12

// check cleans and checks the section; an end without a warning passes if it is as it was before.
func (s *Closing) check(c *fail.Checks, before *Closing) {
	if len(s.Reasons) > maxReasons {
		c.Add("reasons", "Too many reasons: the limit is %d, but there are %d. Remove some.", maxReasons, len(s.Reasons))
	}
	for i := range s.Reasons {
		checkLine(c, "reasons", "the reason in line "+strconv.Itoa(i+1), &s.Reasons[i], 60)
	}
	if !IdleMinutes.has(s.WarnAfterMinutes) {
		c.Add("warn_after", "Enter at most %d minutes (one week).", IdleMinutes.Max)
	}
	if !IdleMinutes.has(s.EndAfterMinutes) {
		c.Add("end_after", "Enter at most %d minutes (one week).", IdleMinutes.Max)
	} else if s.EndAfterMinutes > 0 && s.WarnAfterMinutes == 0 &&
		(s.EndAfterMinutes != before.EndAfterMinutes || s.WarnAfterMinutes != before.WarnAfterMinutes) {
		c.Add("warn_after", "Enter the minutes until the reminder, too. A conversation is closed after the reminder.")
	}
}
