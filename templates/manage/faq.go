package manage

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"parley/app/domain/faq"
	"parley/app/domain/group"
	"parley/app/domain/org"
	"parley/templates/ui"
)

// FAQPage lists FAQ entries.
type FAQPage struct {
	Viewer
	Filter     faq.Filter
	List       []faq.ListItem
	Total      int
	Counts     map[faq.State]int
	Categories []string
	Scopes     ScopeChoices
	CanEdit    bool
	Notice     string // what has just been done
	Fit        faq.MemoryFit
}

// memoryWarning says what an organization can do whose entries do not fit into the memory of its suggestions.
func (p FAQPage) memoryWarning() string {
	const megabyte = 1 << 20
	return fmt.Sprintf("Suggestions for these entries need about %d MB of memory, and your organization has %d MB. "+
		"Only the entries that were changed last are suggested. Search finds all entries. "+
		"To have all entries suggested, move those that are not needed to draft, or shorten long answers.", p.Fit.Needed/megabyte+1, p.Fit.Budget/megabyte)
}

// ScopeChoices is what a scope can be chosen from.
type ScopeChoices struct {
	Customers []org.Customer
	Websites  []org.Website
	Groups    []group.Ref
}

// FAQEntryPage shows one entry, or a new one.
type FAQEntryPage struct {
	Viewer
	Entry      faq.Entry
	Examples   []faq.Example
	Versions   []faq.Revision
	Usage      faq.Usage
	Categories []string
	Scopes     ScopeChoices
	CanEdit    bool
	Form       ui.Form
}

// ImportPage takes a file of entries.
type ImportPage struct {
	Viewer
	Form ui.Form
}

// ImportResultPage is what an import does with each row of a file.
type ImportResultPage struct {
	Rows   []faq.ImportResult
	Notes  []string // on how the file was read
	Digest string   // of the file; the import must be of the same
	Done   bool     // it has been done
	Form   ui.Form
}

func (p ImportResultPage) count(what string) (n int) {
	for _, f := range p.Rows {
		if f.Outcome == what {
			n++
		}
	}
	return n
}

// visibleRows is the results that are listed: errors first, each kind in the order of the rows.
func (p ImportResultPage) visibleRows() []faq.ImportResult {
	var list []faq.ImportResult
	for _, kind := range [][]string{{faq.ImportInvalid, faq.ImportDuplicate}, {faq.ImportChanged}, {faq.ImportNew}, {faq.ImportUnchanged}} {
		begin := len(list)
		for _, f := range p.Rows {
			if slices.Contains(kind, f.Outcome) {
				list = append(list, f)
			}
		}
		slices.SortStableFunc(list[begin:], func(a, b faq.ImportResult) int { return cmp.Compare(a.Row, b.Row) })
	}
	return list[:min(len(list), maxRowsShown)]
}

// outcomeText says what becomes of a row, and why.
func outcomeText(f faq.ImportResult) string {
	if f.Reason == "" {
		return outcomeLabels[f.Outcome]
	}
	return outcomeLabels[f.Outcome] + ": "
}

// maxRowsShown is how many rows a page lists.
const maxRowsShown = 1000

var outcomeLabels = map[string]string{faq.ImportNew: "New", faq.ImportChanged: "Changed", faq.ImportUnchanged: "Unchanged", faq.ImportDuplicate: "Skipped", faq.ImportInvalid: "Skipped"}

var stateLabels = map[faq.State]string{faq.Published: "Published", faq.InReview: "In review", faq.Draft: "Draft"}

// stateLabel is how a state of an entry is shown.
func stateLabel(s faq.State) string { return cmp.Or(stateLabels[s], string(s)) }

func stateOptions() []ui.Option {
	return []ui.Option{{Value: "live", Label: "Published – suggested to agents"}, {Value: "review", Label: "In review – waiting for a manager"}, {Value: "draft", Label: "Draft – not suggested"}}
}

func customerChoices(p ScopeChoices) []ui.Option {
	list := []ui.Option{{Value: "", Label: "All customers"}}
	for _, c := range p.Customers {
		list = append(list, ui.Option{Value: c.ID.String(), Label: c.Name})
	}
	return list
}

func websiteChoices(p ScopeChoices) []ui.Option {
	list := []ui.Option{{Value: "", Label: "All websites"}}
	for _, w := range p.Websites {
		list = append(list, ui.Option{Value: w.ID.String(), Label: w.CustomerName + ": " + w.Name})
	}
	return list
}

func groupChoices(p ScopeChoices) []ui.Option {
	list := []ui.Option{{Value: "", Label: "All groups"}}
	for _, g := range p.Groups {
		list = append(list, ui.Option{Value: g.ID.String(), Label: g.Name})
	}
	return list
}

func idText(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}

// pageAddress is the address of another page of the same list.
func (p FAQPage) pageAddress(n int) string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("q", p.Filter.Query)
	set("state", string(p.Filter.State))
	set("language", p.Filter.Language)
	if p.Filter.HasCategory {
		q.Set("category", "="+p.Filter.Category)
	}
	set("customer", idText(p.Filter.Scope.Customer))
	set("website", idText(p.Filter.Scope.Website))
	set("group", idText(p.Filter.Scope.Group))
	if n > 0 {
		set("page", strconv.Itoa(n+1))
	}
	return "/faq?" + q.Encode()
}

func (p FAQPage) pages() int { return (p.Total + faq.PageSize - 1) / faq.PageSize }

// countText is a number with its noun.
func countText(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

var choiceLabels = map[faq.ChoiceKind]string{faq.Accepted: "answered with the suggestion", faq.Edited: "answered with the edited suggestion", faq.Picked: "answered from search", faq.AsExample: "saved as an example"}

// first is the text that a new entry's form begins with.
func (p FAQEntryPage) first() faq.Text {
	if len(p.Entry.Texts) > 0 {
		return p.Entry.Texts[0]
	}
	return faq.Text{Language: "en"}
}

func (p FAQEntryPage) rest() []faq.Text {
	if len(p.Entry.Texts) > 1 {
		return p.Entry.Texts[1:]
	}
	return nil
}
