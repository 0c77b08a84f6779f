package settings

import "parley/app/platform/fail"

// LanguageModel is the section of an organization's language model. It is backed by columns of the table language_models: its key
// is sealed there, and the statement that takes tokens out of the month's budget reads them. Package assist stores it, and checks
// that the address can be asked.
type LanguageModel struct {
	BaseURL   string
	Model     string // as its server calls it
	Enabled   bool
	Automatic bool // drafts without being asked, where no FAQ entry is sure
	Mask      bool // addresses and numbers of persons do not leave the installation
	Budget    int  // tokens a month; within ModelBudget
}

// ModelBudget is what the budget of a language model can be, in tokens a month.
var ModelBudget = Range{0, 1_000_000_000_000}

// DefaultLanguageModel is what an organization begins with that sets one up.
func DefaultLanguageModel() LanguageModel {
	return LanguageModel{Enabled: true, Mask: true, Budget: 1_000_000}
}

// Check refuses values out of range; fields are named as the form names them.
func (m LanguageModel) Check() error {
	var c fail.Checks
	if m.Budget < ModelBudget.Min || m.Budget > ModelBudget.Max {
		c.Add("budget", "Enter a number of tokens, 0 or more.")
	}
	return c.Result()
}
