package errorpage

// Resend is a request that can be sent again.
type Resend struct {
	Address string // path and query
	Form    bool   // it was a form, with Fields
	Fields  []FormField
	Back    bool // it was a form whose fields must not be in a page
}

// FormField is one value of a form.
type FormField struct{ Name, Value string }
