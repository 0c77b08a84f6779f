package public

// Again is a request that can be sent again.
type Again struct {
	Address string // path and query
	Form    bool   // it was a form, with Fields
	Fields  []AgainField
	Back    bool // it was a form whose fields must not be in a page
}

// AgainField is one value of a form.
type AgainField struct{ Name, Value string }
