package errorpage

// Changes is what somebody has changed since a form was shown.
type Changes struct {
	By      Author // who changed something last
	Deletes bool   // the form deletes what was changed
	Fields  []Change
}

// Author is who changed something, and when; the zero value: that is not known.
type Author struct{ Name, When string }

func (a Author) describe(what string) string { return a.Name + " " + what + " " + a.When + "." }

// Change is one field that was changed.
type Change struct {
	Field         string // its name; empty: it is not of this form
	Label         string
	Before, After string
	By            Author
	Edited        bool // it was typed into, too
}
