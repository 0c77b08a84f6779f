package settings

import "parley/app/platform/fail"

// Invitation is the section of the greeting that is shown beside the launcher by itself.
type Invitation struct {
	Text          string `json:"text,omitempty"`   // empty: it never is
	AfterSeconds  int    `json:"after,omitempty"`  // on the page; within InvitationAfter
	ScrollPercent int    `json:"scroll,omitempty"` // of the page; within InvitationScroll
	OnExit        bool   `json:"exit,omitempty"`   // the pointer leaves the page
	Page          string `json:"page,omitempty"`   // as in Greeting
	RepeatHours   int    `json:"every,omitempty"`  // until it may come again; within InvitationRepeat
	OnlyOnline    bool   `json:"online,omitempty"` // only while an agent has capacity
}

// When an invitation can be shown.
var (
	InvitationAfter  = Range{0, 3600} // seconds
	InvitationScroll = Range{0, 100}  // percent
	InvitationRepeat = Range{0, 8760} // hours
)

func (i *Invitation) check(c *fail.Checks) {
	checkText(c, "invite", "the invitation", &i.Text, 300)
	c.AddError("invite", rejectPlaceholders("the invitation", i.Text))
	checkPage(c, "invite_page", &i.Page)
	InvitationAfter.check(c, "after", "seconds", i.AfterSeconds)
	InvitationScroll.check(c, "scroll", "percent", i.ScrollPercent)
	InvitationRepeat.check(c, "every", "hours", i.RepeatHours)
	if i.Text == "" && *i != (Invitation{}) {
		c.Add("invite", "Enter a text. If you do not want an invitation, clear the fields below.")
	}
}
